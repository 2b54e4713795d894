"""Pattern rules on the files of a change, where a file that is too hard for a parser costs itself only."""

from collections.abc import Mapping, Sequence

from reviewbot.control import Control
from reviewbot.core import pattern_costs, patterns, scopes
from reviewbot.errors import TooHard
from reviewbot.model.diff import FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.rule import Rule
from reviewbot.ports import Isolation

_BATCH = 50  # files that are matched against the rules in one call
_MOST_HARD = 3  # files on whose lines as much time was spent as one may take: of others large expressions are left out
_SECONDS = 60.0  # for the lines of all such files
_Piece = tuple[FileDiff, tuple[Rule, ...], str | None]


def hits(
    files: Sequence[FileDiff],
    active: tuple[Rule, ...],
    texts: Mapping[str, str],
    isolation: Isolation,
    control: Control,
) -> tuple[list[Finding], list[Dropped]]:
    """Hits of the pattern rules, batch by batch; a file that no parser gets through keeps its line patterns, and one
    that is too long for large expressions keeps the small ones.
    """
    found: list[Finding] = []
    too_hard: list[Dropped] = []
    hard: list[_Piece] = []
    long: list[_Piece] = []
    reach = scopes.Reach(active)
    for file in files:
        control.check()
        applicable = reach.of(file.path)
        if pattern_costs.costly(file, applicable):
            long.append((file, applicable, texts.get(file.path)))
        elif patterns.needs_tree(file, applicable):
            hard.append((file, applicable, texts.get(file.path)))
        else:
            found.extend(patterns.scan_lines(file, applicable))
    for start in range(0, len(hard), _BATCH):
        control.check()
        done, beyond = _matched(hard[start : start + _BATCH], isolation, control)
        found.extend(hit for scanned in done for hit in scanned.findings)
        too_hard += beyond
    done, beyond = _ended(long, isolation, control)
    found.extend(hit for scanned in done for hit in scanned.findings)
    return found, [*too_hard, *beyond]


def _ended(
    long: Sequence[_Piece], isolation: Isolation, control: Control
) -> tuple[list[patterns.Scanned], list[Dropped]]:
    """Files on which the expressions may run for hours, where they can be ended."""
    done: list[patterns.Scanned] = []
    too_hard: list[Dropped] = []
    part = control.within(_SECONDS)
    for file, rules, text in long:
        control.check()
        why = "they took too long on other files"
        if len(too_hard) < _MOST_HARD and part.remaining() > 0:
            try:
                done.append(isolation.run(patterns.scanned, file, rules, text))
                continue
            except TooHard as error:
                why = error.message
        done.append(patterns.Scanned(patterns.scan_lines(file, pattern_costs.affordable(file, rules))))
        told = f"large expressions and syntax trees of rules were left out: {why}"
        too_hard.append(Dropped("rules", told, file.path))
    return done, too_hard


def _matched(
    batch: Sequence[_Piece], isolation: Isolation, control: Control
) -> tuple[list[patterns.Scanned], list[Dropped]]:
    """A batch in the process that parses, file by file where one of it is too hard for that."""
    too_hard: list[Dropped] = []
    try:
        done = isolation.run(patterns.scan_all, batch)
    except TooHard:
        done = []
        for one in batch:
            control.check()
            try:
                done.append(isolation.run(patterns.scanned, *one))
            except TooHard as error:
                done.append(patterns.Scanned(patterns.scan_lines(one[0], one[1])))
                too_hard.append(_treeless(one[0], error.message))
    unparsed = (one[0] for one, scanned in zip(batch, done, strict=True) if scanned.unparsed)
    too_hard += [_treeless(file, "it is too large, minified or repeats itself") for file in unparsed]
    return done, too_hard


def _treeless(file: FileDiff, why: str) -> Dropped:
    return Dropped("rules", f"the rules that need a syntax tree were left out: {why}", file.path)
