"""The judge: findings are held against the code, a few in a request, before anybody reads them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.bench import Bench, Material
from reviewbot.control import Control
from reviewbot.core import excerpts, verification
from reviewbot.core.excerpts import Excerpt, Spot
from reviewbot.core.forces import Force
from reviewbot.core.verification import Candidate, Checked
from reviewbot.errors import TooHard
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

Batch = tuple[Candidate, ...]
Progress = Callable[[str, int, int], None]
EXCERPT_TOKENS = 6_000  # of the diff's lines in one request, and at most as many of the code around them
FILE_TOKENS = 3_000  # of these, of one file
_UNPROVEN = "not checked against the code, so not proven"
_LEFT_OUT = "of patterns not judged, so left out"
_SILENT: Progress = lambda step, done, total: None  # noqa: E731  # a default, called with the step's name


@dataclass(frozen=True, slots=True)
class Verification:
    """What the judge came to. `checked` by fingerprint: a candidate that it could not be asked about is not in it.

    `notices` are for people: which candidates were not judged, and why.
    """

    checked: Mapping[str, Checked] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


def verify(
    candidates: Sequence[Candidate],
    material: Material,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress = _SILENT,
) -> Verification:
    """Ask for a verdict on each candidate, the most important ones given first; fingerprints must be filled and unique.

    A request that fails leaves its candidates out of `checked`: an outage of the judge loses no finding and proves
    none. Without a model nothing is asked. Raises only what `control` raises.
    """
    replies = _asked(candidates, material, bench, control, budget, progress)
    return _gather(replies, [one.finding for one in candidates])


def _asked(
    candidates: Sequence[Candidate],
    material: Material,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress,
) -> Sequence[Reply[Mapping[str, Checked]]]:
    if bench.asker is None or not candidates:
        return ()
    asked = questions(candidates, material, bench)
    progress("judge", 0, len(asked))
    return bench.asker.ask_all(
        asked,
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("judge", done, total),
    )


def questions(
    candidates: Sequence[Candidate], material: Material, bench: Bench, name: str = "judge"
) -> Sequence[Question[Mapping[str, Checked]]]:
    """What is asked about the candidates. `name` is for logs."""
    batches = verification.batches(candidates)
    return [
        _question(batch, f"{name} {number}/{len(batches)}", material, bench) for number, batch in enumerate(batches, 1)
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """Findings after the judge, and those that it refuted."""

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...] = ()
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


def hold(
    findings: Sequence[Finding],
    diff: Diff,
    material: Material,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress = _SILENT,
    ahead: Sequence[Reply[Mapping[str, Checked]]] = (),
) -> Held:
    """Hold the models' findings on the files read now against the code, and candidates of patterns: of these only the
    confirmed ones stay. Other findings of patterns are no claims, and those that were checked before are not
    checked again. The order stays. `ahead` are replies to questions that were asked before about some of them.
    """
    doubted = doubtful(findings, material, bench)
    replies = sorted(ahead, key=_place)
    known = {_claim(one.finding) for reply in replies for one in _batch(reply)}
    others = [one for one in doubted if _claim(one) not in known]
    late = candidates(others[: max(0, verification.MOST - len(known))], diff, material)
    wanted = frozenset(one.fingerprint for one in doubted)
    done = _gather([*replies, *_asked(late, material, bench, control, budget, progress)], doubted)
    kept, refuted = verification.settle(findings, wanted, done.checked, _unasked(material, bench))
    return Held(kept, refuted, done.usage, done.notices, done.reads)


def doubtful(findings: Sequence[Finding], material: Material, bench: Bench) -> Sequence[Finding]:
    """Those of the findings that the judge has to be asked about: what models say of the files read now, in their
    order, then candidates of patterns on lines that are read now.
    """
    if bench.asker is None or not material.policy.judge:
        return ()
    read_now = {file.path for file in material.files}
    claims = [one for one in findings if one.source == "model" and not one.certainty and one.anchor.path in read_now]
    hits = [one for one in findings if one.candidate]
    return [*claims, *_on_new_lines(hits, material)] if hits else claims


def _on_new_lines(hits: Sequence[Finding], material: Material) -> Iterator[Finding]:
    lines = {file.path: {line.new for line in file.lines() if line.sign == "+"} for file in material.files}
    for one in hits:
        first, last = one.anchor.lines
        if not lines.get(one.anchor.path, set()).isdisjoint(range(first, last + 1)):
            yield one


def _unasked(material: Material, bench: Bench) -> str:
    """Why the judge was not asked about a candidate."""
    if bench.asker is None:
        return "no model is configured"
    return "its lines were read in an earlier run" if material.policy.judge else "the judge is switched off"


def candidates(findings: Sequence[Finding], diff: Diff, material: Material) -> Sequence[Candidate]:
    """The findings with what the judge is shown of each."""
    files = {file.path: file for file in diff.files}
    force = Force(material.rules)
    return [
        Candidate(one, files.get(one.anchor.path), material.texts.get(one.anchor.path), force.rule(one))
        for one in findings
    ]


def _batch(reply: Reply[Mapping[str, Checked]]) -> Batch:
    return cast("Batch", reply.question.subject)


def _place(reply: Reply[Mapping[str, Checked]]) -> tuple[str, int, str]:
    """What replies are sorted by that came in any order."""
    first = _batch(reply)[0].finding
    return first.anchor.path, first.anchor.lines[0], first.fingerprint


def _claim(finding: Finding) -> tuple[object, ...]:
    """What the judge was asked about, without who said it and how often."""
    return (
        finding.fingerprint,
        finding.anchor,
        finding.severity,
        finding.category,
        finding.title,
        finding.body,
        finding.rule,
    )


def _question(batch: Batch, label: str, material: Material, bench: Bench) -> Question[Mapping[str, Checked]]:
    def halves() -> Sequence[Question[Mapping[str, Checked]]]:
        middle = len(batch) // 2
        parts = (batch[:middle], batch[middle:]) if middle else ()
        return [_question(half, label, material, bench) for half in parts]

    about, excerpt = material.about, _excerpt(batch, material.policy, bench)
    return Question(
        prompt=bench.templates.judge(batch, excerpt, about.title, about.language, label),
        read=verification.reader(len(batch)),
        repair=bench.templates.repair,
        again=bench.templates.again,
        split=halves,
        subject=batch,
        toolbox=material.toolbox,
        last=True,
    )


def _excerpt(batch: Batch, policy: ReviewPolicy, bench: Bench) -> Excerpt:
    """The code that the candidates need, file by file; without the syntax tree of one that is too hard to parse."""
    by_path: dict[str, list[Candidate]] = {}
    for candidate in batch:
        by_path.setdefault(candidate.path, []).append(candidate)
    left = EXCERPT_TOKENS
    parts: list[Excerpt] = []
    for number, (path, members) in enumerate(by_path.items()):
        first, spots = members[0], [_spot(candidate) for candidate in members]
        text = first.text if policy.context or first.earlier else None
        budget = min(FILE_TOKENS, left // (len(by_path) - number))
        try:
            part = bench.isolation.run(excerpts.excerpt, path, first.file, text, spots, budget)
        except TooHard:
            part = excerpts.excerpt(path, first.file, None, spots, budget)
        left -= bench.counter.count(part.diff)
        parts.append(part)
    return excerpts.together(parts)


def _spot(candidate: Candidate) -> Spot:
    """An earlier finding's anchor counts lines of another version: where its text is now, else near its old number."""
    finding = candidate.finding
    if not candidate.earlier:
        return Spot(finding.anchor)
    then = finding.anchor.lines[0]
    if candidate.line is not None:
        return Spot(line=candidate.line)
    lines = (candidate.text or "").split("\n")
    same = [number for number, line in enumerate(lines, 1) if line == finding.quote and line.strip()]
    return Spot(line=min(same, key=lambda number: abs(number - then)) if same else min(then, len(lines)))


def _gather(replies: Iterable[Reply[Mapping[str, Checked]]], doubted: Collection[Finding]) -> Verification:
    """`doubted`: the findings of all candidates, those that nothing was asked about included.

    What was asked ahead may be none of them: another remark on its place can have its fingerprint now.
    """
    wanted, claims = {one.fingerprint for one in doubted}, {_claim(one) for one in doubted}
    checked: dict[str, Checked] = {}
    usage = Usage()
    problems: list[str] = []
    reads: dict[str, None] = {}
    for reply in replies:
        usage += reply.usage
        reads |= dict.fromkeys(reply.reads)
        problems += [reply.problem] if reply.problem else []
        for number, candidate in enumerate(_batch(reply), 1):
            verdict = (reply.value or {}).get(f"F{number}")
            if verdict is not None and _claim(candidate.finding) in claims:
                checked[candidate.finding.fingerprint] = verdict
    missing = wanted - checked.keys()
    why = problems[0] if problems else "the judge gave no verdict on them"
    if len(wanted) > verification.MOST and not problems:
        why = f"at most {verification.MOST} are checked in one review"
    hits = missing & {one.fingerprint for one in doubted if one.candidate}
    told = (("finding", len(missing - hits), _UNPROVEN), ("hit", len(hits), _LEFT_OUT))
    notices = tuple(f"{number} {noun}{'s' * (number > 1)} {what}: {why}" for noun, number, what in told if number)
    return Verification(checked, usage, notices, tuple(reads))
