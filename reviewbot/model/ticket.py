"""What was agreed before the code was written, and where the code is held against it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """An issue that a merge request closes or names. Its words are untrusted.

    `reference` is "#12", of another project "group/other#12".
    """

    reference: str
    title: str
    description: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Unmet:
    """An acceptance criterion that looks unmet and has no line of its own, in a model's words.

    `ticket` is a reference.
    """

    ticket: str
    title: str
    body: str = ""
