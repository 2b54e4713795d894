"""What a model says about a place (path, line tags, quote) -> a line that is really in the diff, or no place at all.

Two witnesses name the line: the tag (number and check, copied from the prompt) and the quote (text of the line). In
order of strength:

1. the tag's check holds and the quote is that line, is empty, or is too short to tell lines apart: the tag's line
2. the check holds and the quote is another line within the range start..end: the tag's line
3. the check fails and the quote is the line with the tag's number: that line
4. the quote is a line of the same file: the nearest such line to the tag's number
5. the check holds and the quote resembles the line (retold, clipped): the tag's line
6. the quote is exactly one line of the files that were asked about, else of the whole diff; several such lines are
   told apart by the check if they can be
7. nothing holds: `Dropped`. A path that was not asked about counts as no path, so it never lands on a line by number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reviewbot.core import quotes, tags
from reviewbot.core.answers import RawFinding
from reviewbot.core.shown import shown
from reviewbot.model.diff import Diff, FileDiff, Line
from reviewbot.model.finding import Anchor, Dropped, Finding, Side

MAX_RANGE = 100  # lines of one finding, GitLab's own limit for what a suggestion may replace on one side


@dataclass(frozen=True, slots=True)
class _Place:
    """One line of the diff: its file, its index there, its hunk, and its number on either side (the next one's where
    the line itself is not on that side).
    """

    file: "_File"
    index: int
    hunk: int
    old_at: int
    new_at: int
    line: Line


class _File:
    """The lines of one file. What is shown of them is worked out when first asked for: most findings need no search."""

    def __init__(self, file: FileDiff) -> None:
        self.path = file.path
        self.old_path = file.old_path
        self._diff = file

    @cached_property
    def places(self) -> tuple[_Place, ...]:
        return tuple(self._walk())

    def _walk(self) -> Iterator[_Place]:
        index = 0
        for number, hunk in enumerate(self._diff.hunks):
            old, new = hunk.old_start, hunk.new_start
            for line in hunk.lines:
                old, new = line.old or old, line.new or new
                yield _Place(self, index, number, old, new, line)
                index += 1
                old, new = old + (line.old is not None), new + (line.new is not None)

    @cached_property
    def numbered(self) -> dict[tuple[Side, int], _Place]:
        """Lines by the side and number that their tags carry: removed ones by the old number, others by the new."""
        return {_numbered(place.line): place for place in self.places}

    @cached_property
    def quoted(self) -> dict[str, list[_Place]]:
        found: dict[str, list[_Place]] = {}
        for place in self.places:
            found.setdefault(quotes.plain(shown(place.line.text)), []).append(place)
        return found

    def at(self, tag: str) -> tuple[_Place | None, bool]:
        """The line with the tag's number, and whether the tag's check is the line's."""
        parsed = tags.parse(tag)
        if parsed is None:
            return None, False
        side, number, _ = parsed
        place = self.numbered.get((side, number))
        return place, place is not None and tags.parse(tags.tag(place.line)) == parsed


class Index:
    """Look-up of lines for one diff; built once, asked for each finding. Never raises for what a model wrote."""

    def __init__(self, diff: Diff) -> None:
        self._files = {file.path: _File(file) for file in diff.files}

    def anchor(self, raw: RawFinding, paths: Sequence[str]) -> Finding | Dropped:
        """Give a finding its place; `paths` are those of the chunk that was asked about.

        The range ends where its end tag says, within the hunk of its start and `MAX_RANGE` lines; it is one line when
        the end tag does not hold. A suggestion for a range that had to be changed is not applied any more: it becomes
        a code block in the body.
        """
        file = self._file(raw.path, paths)
        start, end = _bare(raw.start), _bare(raw.end)
        said = quotes.readings(raw.quote)
        place = self._witnessed(file, start, end, said) if file else None
        place = place or self._elsewhere(start, said, paths)
        if place is None:
            return Dropped("anchor", _reason(file, raw), raw.path, raw.title)
        last, sure = _last(place, start, end)
        first, last = sorted((place, last), key=lambda each: each.index)
        return _finding(raw, first, last, sure=sure)

    def _file(self, path: str, paths: Sequence[str]) -> _File | None:
        """The file the model means, if it was asked about it: by its path, with a diff's prefix, or its old path."""
        for name in (path, path.removeprefix("./").removeprefix("/"), re.sub("^[ab]/", "", path)):
            if name in paths and name in self._files:
                return self._files[name]
        renamed = [self._files[name] for name in paths if name in self._files and self._files[name].old_path == path]
        return renamed[0] if len(renamed) == 1 else None

    @staticmethod
    def _witnessed(file: _File, start: str, end: str, said: Sequence[str]) -> _Place | None:
        """Ranks 1 to 5 of the module's table."""
        place, checked = file.at(start)
        text = quotes.plain(shown(place.line.text)) if place else ""
        if place and (text in said if said else checked):
            return place
        telling = [quote for quote in said if quotes.tells(quote)]
        if place and checked and (not telling or _within(file, place, end, telling)):
            return place
        nearest = _nearest(file, start, telling or _alone(file, said))
        if nearest is not None:
            return nearest
        return place if place and checked and any(quotes.resemble(quote, text) for quote in telling) else None

    def _elsewhere(self, start: str, said: Sequence[str], paths: Sequence[str]) -> _Place | None:
        """Rank 6: the one line that is quoted, in the files that were asked about, else in the whole diff."""
        telling = [quote for quote in said if quotes.tells(quote)]
        if not telling:
            return None
        asked = [self._files[path] for path in dict.fromkeys(paths) if path in self._files]
        for files in (asked, list(self._files.values())):
            found = list({id(p): p for file in files for quote in telling for p in file.quoted.get(quote, ())}.values())
            if len(found) > 1:
                found = [p for p in found if p.file.at(start) == (p, True)]
            if found:
                return found[0] if len(found) == 1 else None
        return None


def _numbered(line: Line) -> tuple[Side, int]:
    return ("old", line.old or 0) if line.new is None else ("new", line.new)


def _bare(tag: str) -> str:
    """The tag alone: models copy the `|` and what follows along with it."""
    return tag.split("|", 1)[0].strip()


def _alone(file: _File, said: Sequence[str]) -> list[str]:
    """Short quotes that are a single line of the file after all."""
    return [quote for quote in said if len(file.quoted.get(quote, ())) == 1]


def _within(file: _File, place: _Place, end: str, said: Sequence[str]) -> bool:
    """Whether the quote is a line of the range: the model quoted its most telling line instead of the first."""
    last, checked = file.at(end)
    if last is None or not checked:
        return False
    low, high = sorted((place.index, last.index))
    return any(low <= each.index <= high for quote in said for each in file.quoted.get(quote, ()))


def _nearest(file: _File, start: str, said: Sequence[str]) -> _Place | None:
    """The quoted line nearest to the tag's number, changed lines before unchanged ones; without a number the only one.

    A tag of the old side looks for removed lines first, one of the new side for the others.
    """
    found = next((file.quoted[quote] for quote in said if quote in file.quoted), [])
    parsed = tags.parse(start)
    side: Side = "new"
    if parsed is not None:
        side, number = parsed[0], parsed[1]
    elif start.isdecimal() and start.isascii():
        number = int(start)
    else:
        return found[0] if len(found) == 1 else None

    def distance(place: _Place) -> tuple[bool, int, bool, int]:
        at = place.old_at if side == "old" else place.new_at
        return (_numbered(place.line)[0] != side, abs(at - number), place.line.sign == " ", place.index)

    return min(found, key=distance, default=None)


def _last(place: _Place, start: str, end: str) -> tuple[_Place, bool]:
    """The other end of the range, and whether it is the one that the model meant."""
    moved = place.file.at(start)[0] is not place
    if end == start:
        return place, True
    last, checked = place.file.at(end)
    if last is None or not checked:
        return place, False
    low, high = place.index - MAX_RANGE + 1, place.index + MAX_RANGE - 1
    clipped = min(max(last.index, low), high)
    step = 1 if clipped < place.index else -1
    while place.file.places[clipped].hunk != place.hunk:
        clipped += step
    return place.file.places[clipped], clipped == last.index and not moved


def _finding(raw: RawFinding, first: _Place, last: _Place, *, sure: bool) -> Finding:
    body, suggestion = raw.body, raw.suggestion
    if suggestion is not None and not sure:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", suggestion)), default=0))
        body, suggestion = f"{body}\n\n{fence}\n{suggestion.rstrip()}\n{fence}".strip(), None
    return Finding(
        anchor=Anchor(first.file.path, first.line.key, last.line.key),
        severity=raw.severity,
        category=raw.category,
        title=raw.title,
        body=body,
        rule=raw.rule,
        suggestion=suggestion,
        quote=first.line.text,
    )


def _reason(file: _File | None, raw: RawFinding) -> str:
    if file is None:
        return "the file is not among those that were read, and the quote does not lead to one line of the diff"
    tag = _bare(raw.start)
    if not raw.quote.strip():
        return f"no line of the diff has the tag {tag!r}, and no line was quoted"
    return f"the line with the tag {tag!r} is not the quoted one, and the quote does not lead to one line of the diff"
