"""A model's suggested code to a replacement that applies: built from the file, tried in memory, else refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewbot.core import indentation, languages
from reviewbot.core.patterns import agrees
from reviewbot.model.diff import Change, FileDiff, Hunk, Kind, Line
from reviewbot.model.finding import Finding

# GitLab's limit for lines above and below the commented line (doc/user/project/merge_requests/reviews/suggestions).
REACH = 100
_LONGEST = 20_000  # characters

# Control characters besides tab, and those that turn the direction of text: never wanted in applied code.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FENCE_OF_MODEL = re.compile(r"\A\s*(`{3,}|~{3,})[^\n]*\n(.*?)\n?[ \t]*\1\s*\Z", re.DOTALL)
_TAGGED = re.compile(r"o?[0-9]+[a-z2-7]{2}\|[-+ ]")
_TELLING = re.compile(r"\w{3}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines `first`..`last` of the new file (git's numbers, 1-based, both included) become `text`.

    `text` has LF between its lines and none at its end: GitLab ends it as the last replaced line ended.
    """

    first: int
    last: int
    text: str


def verify(finding: Finding, file: FileDiff, text: str | None) -> Suggestion | None:
    """The finding's suggestion as a replacement of exactly its anchored lines, or None when it must not be applied.

    `text` is the file at the head commit, if known. Refused are: anything not on new lines of one hunk, lines that
    are not the ones quoted or not those of `text`, no change, blank text (GitLab would delete the lines), control
    and direction characters, a foreign indentation, repeated neighbour lines, more syntax errors than before, and
    ranges beyond GitLab's reach. Indentation that the model dropped is put back.
    """
    proposal = _proposal(finding.suggestion)
    if not proposal or not _suggestible(file) or (text is not None and not agrees(file, text)):
        return None
    place = _place(finding, file)
    if place is None:
        return None
    hunk, replaced = place
    first, last = replaced[0].new or 0, replaced[-1].new or 0
    around, offset = _surroundings(hunk, text)
    old = [line.text for line in replaced]
    ending = _ending(old)
    if ending is None or last - first > REACH:
        return None
    plain = [line.removesuffix("\r") for line in old]
    # GitLab puts back the ending of the last line alone: two lines in a CRLF file would end differently.
    new = indentation.fitted(plain, proposal.split("\n"), around)
    if new is None or new == plain or (ending and len(new) > 1) or len(new) - len(old) > REACH:
        return None
    start, end = first - offset, last - offset
    if _repeats(new, plain, around[:start], around[end + 1 :]):
        return None
    if _breaks(file.path, around, [*around[:start], *(line + ending for line in new), *around[end + 1 :]]):
        return None
    return Suggestion(first, last, "\n".join(new))


def apply(suggestion: Suggestion, text: str) -> str:
    """The file with the suggestion applied, as GitLab does it: the last replaced line's ending is kept."""
    lines = text.split("\n")
    ending = "\r" if lines[suggestion.last - 1].endswith("\r") else ""
    return "\n".join([*lines[: suggestion.first - 1], suggestion.text + ending, *lines[suggestion.last :]])


def block(suggestion: Suggestion, end_line: int) -> str:
    """GitLab's applicable block for a comment on new line `end_line`, one of the replaced lines.

    The fence is longer than any run of backticks inside. Raises `ValueError` when the lines are out of reach.
    """
    above, below = end_line - suggestion.first, suggestion.last - end_line
    if not (0 <= above <= REACH and 0 <= below <= REACH):
        raise ValueError(f"line {end_line} cannot carry a suggestion for {suggestion.first}-{suggestion.last}")
    runs = re.findall(r"`+", suggestion.text)
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return f"{fence}suggestion:-{above}+{below}\n{suggestion.text}\n{fence}"


def _proposal(suggested: str | None) -> str:
    """The model's code without a fence around it and blank lines at its ends; empty when it is not plain code."""
    if not suggested or len(suggested) > _LONGEST:
        return ""
    plain = suggested.replace("\r\n", "\n")
    fenced = _FENCE_OF_MODEL.match(plain)
    lines = (fenced.group(2) if fenced else plain).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    unwanted = any(_UNWANTED.search(line) or _TAGGED.match(line.lstrip()) for line in lines)
    return "" if unwanted else "\n".join(lines)


def _suggestible(file: FileDiff) -> bool:
    """GitLab applies suggestions to text diffs only, and not to notebooks."""
    textual = file.kind is Kind.TEXT and file.change is not Change.DELETED
    return textual and not file.path.lower().endswith(".ipynb")


def _place(finding: Finding, file: FileDiff) -> tuple[Hunk, list[Line]] | None:
    """The hunk and the new lines that the anchor names; both its ends must be on the new side of one hunk."""
    first, last = finding.anchor.start[1], finding.anchor.end[1]
    if first is None or last is None or first > last:
        return None
    for hunk in file.hunks:
        lines = [line for line in hunk.lines if line.new is not None and first <= line.new <= last]
        if not lines:
            continue
        whole = lines[0].key == finding.anchor.start and lines[-1].key == finding.anchor.end
        quoted = not finding.quote or lines[0].text.removesuffix("\r") == finding.quote.removesuffix("\r")
        return (hunk, lines) if whole and quoted and len(lines) == last - first + 1 else None
    return None


def _surroundings(hunk: Hunk, text: str | None) -> tuple[list[str], int]:
    """Lines to try the suggestion in, and the number of the first one: the file, or the hunk's new side."""
    if text is not None:
        return text.split("\n"), 1
    return [line.text for line in hunk.lines if line.new is not None], hunk.new_start


def _ending(old: Sequence[str]) -> str | None:
    """CR where the replaced lines end with CRLF, empty where with LF; None when mixed or with a CR inside.

    GitLab takes the first line break character of the last replaced line for its ending.
    """
    if any("\r" in line[:-1] for line in old):
        return None
    endings = {line[-1:] == "\r" for line in old}
    return None if len(endings) > 1 else "\r" * endings.pop()


def _repeats(new: Sequence[str], old: Sequence[str], before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the suggestion brings along a line that stands next to the replaced ones: it would be there twice."""

    def same(ours: str, theirs: str) -> bool:
        return bool(_TELLING.search(ours)) and ours.strip() == theirs.strip()

    above = bool(before) and not same(old[0], before[-1]) and same(new[0], before[-1])
    below = bool(after) and not same(old[-1], after[0]) and same(new[-1], after[0])
    return above or below


def _breaks(path: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the file has more syntax errors than it had; False where no tree can tell."""
    from reviewbot.core import syntax

    language = languages.language_of(path)
    if language is None:
        return False
    was, becomes = "\n".join(before), "\n".join(after)
    if not syntax.parseable(was, language):
        return False
    return not syntax.parseable(becomes, language) or syntax.broken(becomes, language) > syntax.broken(was, language)
