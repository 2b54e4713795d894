"""A Markdown file with YAML front matter, taken apart safely: plain data only, no aliases, nothing twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewbot.core import plain_yaml
from reviewbot.core.plain_yaml import Mapped
from reviewbot.errors import InvalidFile, Problem

LARGEST = 64 * 1024  # characters of a whole file
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Document:
    """`front` is the front matter with the lines of all that is in it, `body` the rest of the file."""

    front: Mapped
    body: str

    @property
    def fields(self) -> Mapping[str, object]:
        return self.front.fields

    def line(self, place: Sequence[str | int]) -> int:
        """The 1-based line in the file of a field, or of the nearest thing around it; without any the first."""
        return self.front.line(place) or 1


def read(text: str, origin: str) -> Document:
    """Take a file apart. Raises `InvalidFile` naming `origin`, the line, and the mend."""
    if len(text) > LARGEST:
        raise InvalidFile(origin, [Problem(1, f"larger than {LARGEST // 1024} kB", "keep one rule per file")])
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        mend = "begin with a line `---`, the fields, and a line `---`"
        raise InvalidFile(origin, [Problem(1, "no YAML front matter", mend)])
    ends = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if ends is None:
        raise InvalidFile(origin, [Problem(1, "the front matter does not end", "close it with a line `---`")])
    # The opening fence stays a (blank) line, so that YAML counts lines as the file has them.
    front = plain_yaml.load("\n".join(("", *lines[1:ends], "")), origin, "the front matter")
    if not front.fields:
        raise InvalidFile(origin, [Problem(2, "the front matter is not a mapping", "write `key: value` lines")])
    return Document(front, "\n".join(lines[ends + 1 :]).strip())
