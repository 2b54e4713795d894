"""The judge: findings are held against the code, a few of one file in a request, before anybody reads them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.bench import Bench, Material
from reviewbot.control import Control
from reviewbot.core import excerpts, verification
from reviewbot.core.excerpts import Excerpt, Spot
from reviewbot.core.prompts import About
from reviewbot.core.verification import Candidate, Checked
from reviewbot.errors import TooHard
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

if TYPE_CHECKING:
    from reviewbot.asking.toolbox import Toolbox

Batch = tuple[Candidate, ...]
Progress = Callable[[str, int, int], None]
EXCERPT_TOKENS = 3_000  # of the diff's lines in one request, and at most as many of the code around them
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
    about: About,
    policy: ReviewPolicy,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress = _SILENT,
    toolbox: "Toolbox | None" = None,
) -> Verification:
    """Ask for a verdict on each candidate, the most important ones given first; fingerprints must be filled and unique.

    A request that fails leaves its candidates out of `checked`: an outage of the judge loses no finding and proves
    none. Without a model nothing is asked. Raises only what `control` raises.
    """
    if bench.asker is None or not candidates:
        return Verification()
    batches = verification.batches(candidates)
    questions = (
        _question(batch, f"judge {number}/{len(batches)}", about, policy, bench, toolbox)
        for number, batch in enumerate(batches, 1)
    )
    progress("judge", 0, len(batches))
    replies = bench.asker.ask_all(
        questions,
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("judge", done, max(total, len(batches))),
    )
    return _gather(replies, len(candidates))


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
) -> Held:
    """Hold the models' findings on the files read now against the code. Those of patterns are no claims, and those that
    were checked before are not checked again. The order stays.
    """
    read_now = {file.path for file in material.files}
    doubtful = [one for one in findings if one.source == "model" and not one.certainty and one.anchor.path in read_now]
    if bench.asker is None or not material.policy.judge or not doubtful:
        return Held(tuple(findings))
    files = {file.path: file for file in diff.files}
    named = {rule.id: rule for rule in material.rules}
    candidates = [
        Candidate(one, files.get(one.anchor.path), material.texts.get(one.anchor.path), named.get(one.rule or ""))
        for one in doubtful
    ]
    done = verify(candidates, material.about, material.policy, bench, control, budget, progress, material.toolbox)
    asked = frozenset(one.fingerprint for one in doubtful)
    kept, refuted = verification.settle(findings, asked, done.checked)
    return Held(kept, refuted, done.usage, done.notices, done.reads)


def _question(
    batch: Batch, label: str, about: About, policy: ReviewPolicy, bench: Bench, toolbox: "Toolbox | None"
) -> Question[Mapping[str, Checked]]:
    def halves() -> Sequence[Question[Mapping[str, Checked]]]:
        middle = len(batch) // 2
        parts = (batch[:middle], batch[middle:]) if middle else ()
        return [_question(half, label, about, policy, bench, toolbox) for half in parts]

    return Question(
        prompt=bench.templates.judge(batch, _excerpt(batch, policy, bench), about.title, about.language, label),
        read=verification.reader(len(batch)),
        repair=bench.templates.repair,
        again=bench.templates.again,
        split=halves,
        subject=batch,
        toolbox=toolbox,
    )


def _excerpt(batch: Batch, policy: ReviewPolicy, bench: Bench) -> Excerpt:
    """The code of one file that its candidates need; without its syntax tree when that is too hard to parse."""
    first = batch[0]
    spots = [_spot(candidate) for candidate in batch]
    text = first.text if policy.context or first.earlier else None
    try:
        return bench.isolation.run(excerpts.excerpt, first.path, first.file, text, spots, EXCERPT_TOKENS)
    except TooHard:
        return excerpts.excerpt(first.path, first.file, None, spots, EXCERPT_TOKENS)


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


def _gather(replies: Iterable[Reply[Mapping[str, Checked]]], given: int) -> Verification:
    checked: dict[str, Checked] = {}
    usage = Usage()
    problems: list[str] = []
    reads: dict[str, None] = {}
    for reply in replies:
        usage += reply.usage
        reads |= dict.fromkeys(reply.reads)
        batch = cast("Batch", reply.question.subject)
        problems += [reply.problem] if reply.problem else []
        for number, candidate in enumerate(batch, 1):
            verdict = (reply.value or {}).get(f"F{number}")
            if verdict is not None:
                checked[candidate.finding.fingerprint] = verdict
    missing = given - len(checked)
    if not missing:
        return Verification(checked, usage, reads=tuple(reads))
    why = problems[0] if problems else "the judge gave no verdict on them"
    if given > verification.MOST and not problems:
        why = f"at most {verification.MOST} are checked in one review"
    told = "1 finding" if missing == 1 else f"{missing} findings"
    notice = f"{told} not checked against the code, so not proven: {why}"
    return Verification(checked, usage, (notice,), tuple(reads))
