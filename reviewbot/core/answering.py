"""A question to the bot with everything that is shown for it, and the reading of what the model answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewbot.core.entries import Bad, single, text_of
from reviewbot.core.excerpts import Excerpt
from reviewbot.errors import AnswerUnusable

MAX_REPLY = 6_000  # characters
MAX_SUGGESTION = 20_000
MAX_TURNS, MAX_TURN, MAX_QUESTION = 12, 1_500, 4_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One note of a thread: who, and what was said. Both are other people's text."""

    who: str
    said: str


@dataclass(frozen=True, slots=True)
class Asked:
    """`finding` is what the thread is about, in words ("": no finding of ours), on the tagged lines `lines`."""

    title: str
    excerpt: Excerpt
    history: Sequence[Turn]
    asker: str
    question: str
    finding: str = ""
    lines: str = ""
    rule: str = ""
    language: str = "English"


@dataclass(frozen=True, slots=True)
class Told:
    """`text` empty: there is nothing to say. `concede`: the finding was wrong."""

    text: str
    concede: bool = False
    suggestion: str | None = None


def read(text: str) -> Told:
    """Read an answer to the `reply` schema. Raises `AnswerUnusable`, worded for the repair turn."""
    found = single(text, "reply")
    try:
        said = text_of(found, "reply", MAX_REPLY).strip()
        code = text_of(found, "suggestion", MAX_SUGGESTION + 1)
    except Bad as problem:
        raise AnswerUnusable(str(problem)) from problem
    concede = found.get("concede")
    if not isinstance(concede, bool):
        raise AnswerUnusable('"concede" must be true or false')
    return Told(said, concede and bool(said), code if code.strip() and len(code) <= MAX_SUGGESTION else None)
