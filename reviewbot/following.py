"""What became of earlier findings: followed to this version, matched with what was found now, doubtful ones judged."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewbot import verifying
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench, Material, Progress
from reviewbot.control import Control
from reviewbot.core import fingerprints, holding, identity, lifecycle, suppressing
from reviewbot.core.forces import Force
from reviewbot.core.identity import Located
from reviewbot.core.threads import Opinion, Thread
from reviewbot.core.tracing import Trace
from reviewbot.core.verification import Candidate
from reviewbot.model.diff import Change, Diff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.holding import Hold
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Became, ReviewedVersion
from reviewbot.model.prompt import Usage

MOST_SPENT = 500  # fingerprints of findings that are over
_OVER = frozenset({"fixed", "outdated"})
_AT_ONCE = 6  # files that are read in one go: where git is away, a few are worth a request each
_NO_MERGE_REQUEST = MergeRequestRef(0, 0)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run knows of earlier ones and of what people said. `opinions` are of people whose word counts.

    `threads` and `opinions` by fingerprint; `withdrawn` are ids of suppressions whose sign is gone; `levels` are the
    roles of those who spoke, by user id; `holds` are the kinds of findings that the project holds back.
    `whole`: read everything, whatever was read before.
    """

    ref: MergeRequestRef = _NO_MERGE_REQUEST
    earlier: ReviewedVersion | None = None
    threads: Mapping[str, Thread] = field(default_factory=dict)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    suppressions: Sequence[Suppression] = ()
    withdrawn: tuple[int, ...] = ()
    levels: Mapping[int, int] = field(default_factory=dict)
    holds: Sequence[Hold] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """This version: its diff, the earlier one beside it, the files that were tried on all patterns, and how to look.

    `readable`: the repository can be read at all. `force` of the rules that count.
    """

    diff: Diff
    trace: Trace
    scanned: Collection[str]
    reviewed: Collection[str]
    read: Callable[[Sequence[str]], Mapping[str, str]]
    readable: bool = True
    force: Force = field(default_factory=Force)


@dataclass(frozen=True, slots=True)
class Followed:
    """`fresh` are new, `open` earlier ones at their present place; `dismissed` and `spent` are to be remembered.

    `unsaid` would be told, now or before, had people not dismissed them, or several of their kind.
    """

    fresh: tuple[Finding, ...]
    open: tuple[Finding, ...] = ()
    dismissed: tuple[Finding, ...] = ()
    spent: tuple[str, ...] = ()
    became: tuple[Became, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    unsaid: tuple[Finding, ...] = ()


def follow(
    found: Sequence[Finding],
    memory: Memory,
    sight: Sight,
    material: Material,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress,
) -> Followed:
    """Tell new findings from earlier ones, and what became of each of those. `found` have fingerprints.

    Raises only what `control` raises.
    """
    earlier = memory.earlier
    if earlier is None:
        return _unsuppressed(found, memory, sight)
    located = _located(earlier, sight)
    matched = identity.matches(found, located)
    again = {other: identity.taken_over(found[mine], located[other]) for mine, other in reversed(matched.items())}
    told = {number: _told(known, again.get(number), memory, sight) for number, known in enumerate(located)}
    near = {
        number
        for number in identity.near_alone(found, located, matched)
        if located[number].fingerprint not in memory.opinions
    }
    doubtful = {number: located[number] for number, fate in told.items() if fate is None or number in near}
    asked, done = _asked(doubtful, sight, material, bench, control, budget, progress)
    mended = {number for number in near if asked[number].fate == "fixed"}
    fates = {number: fate for number, fate in told.items() if fate is not None and number not in mended}
    fates = {**asked, **fates}
    gone = {number for number, one in fates.items() if one.fate in _OVER}
    matched = identity.rematched(found, located, matched, mended, gone)
    became = [replace(fates[n], discussion_id=_thread(located[n], memory)) for n in range(len(located))]
    new = fingerprints.distinct([one for mine, one in enumerate(found) if mine not in matched], _taken(earlier))
    followed = _unsuppressed(new, memory, sight)
    over = [one.finding.fingerprint for one in became if one.fate in _OVER]
    return replace(
        followed,
        unsaid=(*followed.unsaid, *_still_unsaid(earlier, found, sight)),
        open=tuple(one.finding for one in became if one.fate in {"open", "moved"}),
        dismissed=tuple(one.finding for one in became if one.fate == "dismissed"),
        spent=tuple(dict.fromkeys((*earlier.spent, *over)))[-MOST_SPENT:],
        became=tuple(became),
        dropped=(*followed.dropped, *_dismissed(became), *_echoes(found, matched, located)),
        usage=done.usage,
        notices=done.notices,
        reads=done.reads,
    )


class Known:
    """What of a part of the findings can be told before all are there."""

    def __init__(self, memory: Memory, sight: Sight) -> None:
        self._memory = memory
        self._sight = sight
        self._located = _located(memory.earlier, sight) if memory.earlier is not None else ()

    def new_for_certain(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Those that `follow` will call new whatever else is found, as it will call them."""
        earlier = self._memory.earlier
        if earlier is not None:
            unlike = [one for one in found if not identity.may_be_known(one, self._located)]
            found = fingerprints.distinct(unlike, _taken(earlier))
        return _unsuppressed(found, self._memory, self._sight).fresh


def _located(earlier: ReviewedVersion, sight: Sight) -> Sequence[Located]:
    return [identity.locate(finding, sight.trace) for finding in (*earlier.findings, *earlier.dismissed)]


def _taken(earlier: ReviewedVersion) -> Collection[str]:
    known = (finding.fingerprint for finding in (*earlier.findings, *earlier.dismissed))
    return {*known, *earlier.spent}


def _told(known: Located, again: Finding | None, memory: Memory, sight: Sight) -> Became | None:
    fate = lifecycle.told(known, again, memory.opinions.get(known.fingerprint))
    if fate is not None:
        return fate
    path = (known.now or known.earlier).anchor.path
    return lifecycle.shown(known, scanned=path in sight.scanned, reviewed=path in sight.reviewed)


def _asked(
    doubtful: Mapping[int, Located],
    sight: Sight,
    material: Material,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress,
) -> tuple[dict[int, Became], verifying.Verification]:
    """Look at the code: whether it is there still, and where it was changed, what the judge says of it."""
    paths = {_path(known, sight) for known in doubtful.values()}
    read = _texts(paths - material.texts.keys(), sight)
    certain = bool(read) or (sight.readable and not sight.diff.files)
    texts = {**material.texts, **read}
    fates: dict[int, Became] = {}
    candidates: dict[int, Candidate] = {}
    for number, known in doubtful.items():
        exists = _exists(known, texts, sight)
        if _left(known, sight, exists=exists):
            fates[number] = lifecycle.gone(known, exists or not certain, texts.get(_path(known, sight)))
        else:
            candidates[number] = _candidate(known, texts, sight, material)
    done = verifying.Verification()
    if candidates and material.policy.judge:
        done = verifying.verify(list(candidates.values()), material, bench, control, budget, progress)
    for number in candidates:
        known = doubtful[number]
        fates[number] = lifecycle.judged(known, done.checked.get(known.fingerprint))
    return fates, done


def _exists(known: Located, texts: Mapping[str, str], sight: Sight) -> bool:
    file = sight.trace.successor(known.earlier.anchor.path)
    return _path(known, sight) in texts or (file is not None and file.change is not Change.DELETED)


def _left(known: Located, sight: Sight, *, exists: bool) -> bool:
    """Whether the finding's lines were taken out of the change and not written anew."""
    traced = sight.trace.traced(known.earlier.anchor.path)
    rewritten = known.place == "gone" and exists and traced is not None and traced.renewed
    return known.place in {"reverted", "gone"} and not rewritten


def _candidate(known: Located, texts: Mapping[str, str], sight: Sight, material: Material) -> Candidate:
    return Candidate(
        known.earlier,
        sight.trace.successor(known.earlier.anchor.path),
        texts.get(_path(known, sight)),
        sight.force.rule(known.earlier),
        earlier=True,
        line=known.now.anchor.start[1] if known.now else None,
    )


def _path(known: Located, sight: Sight) -> str:
    file = sight.trace.successor(known.earlier.anchor.path)
    return file.path if file is not None else known.earlier.anchor.path


def _texts(paths: Collection[str], sight: Sight) -> Mapping[str, str]:
    """The files as they are now, a few at a time, each time with one that is surely there: without it, nothing was
    read, and what is missing says nothing.
    """
    control = next((file.path for file in sight.diff.files if file.hunks and file.change is not Change.DELETED), None)
    wanted = sorted(paths)
    texts: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        texts |= sight.read(list(dict.fromkeys((*part, *([control] if control else ())))))
    return texts


def _still_unsaid(earlier: ReviewedVersion, found: Sequence[Finding], sight: Sight) -> list[Finding]:
    """What earlier runs left unsaid and whose lines are there still, where they are now, without what is `found`.

    Lines that were changed are read anew.
    """
    located = [identity.locate(finding, sight.trace) for finding in earlier.unsaid[:MOST_SPENT]]
    again = set(identity.matches(found, located).values())
    there = [one for number, one in enumerate(located) if one.place == "there" and number not in again]
    return [one.now for one in there if one.now is not None]


def _thread(known: Located, memory: Memory) -> str:
    thread = memory.threads.get(known.fingerprint)
    return thread.discussion_id if thread else ""


def _dismissed(became: Sequence[Became]) -> list[Dropped]:
    return [
        Dropped("dismissed", one.note or "dismissed by a person", one.finding.anchor.path, one.finding.title)
        for one in became
        if one.fate == "dismissed"
    ]


def _echoes(found: Sequence[Finding], matched: Mapping[int, int], located: Sequence[Located]) -> list[Dropped]:
    """Findings of this run beyond the first that are one and the same earlier one."""
    first = {other: mine for mine, other in reversed(list(matched.items()))}
    more = [(found[mine], located[other].earlier) for mine, other in matched.items() if first[other] != mine]
    return [
        Dropped("dedupe", f"the same as “{known.title}”", finding.anchor.path, finding.title) for finding, known in more
    ]


def _unsuppressed(found: Sequence[Finding], memory: Memory, sight: Sight) -> Followed:
    """New findings without those that people have dismissed before, here or in another merge request, and without
    those of a kind of which they have dismissed several.
    """
    fresh, dropped = [], []
    files = {file.path: file for file in sight.diff.files}
    for finding in found:
        file = files.get(finding.anchor.path)
        one = suppressing.suppressed(finding, file, memory.suppressions, memory.ref)
        if one is None and finding.fingerprint not in memory.opinions:
            fresh.append(finding)
        else:
            where = f"in !{one.iid}" if one is not None and one.iid != memory.ref.iid else "in this merge request"
            dropped.append(Dropped("suppressed", f"dismissed {where}", finding.anchor.path, finding.title))
    told, held_back = holding.hold_back(fresh, memory.holds, sight.force.blocks)
    spoken = frozenset(told)
    unsaid = tuple(one for one in found if one not in spoken)
    return Followed(fresh=tuple(told), dropped=(*dropped, *held_back), unsaid=unsaid)
