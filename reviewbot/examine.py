"""Steps 4 to 12 of a run: a parsed diff in, everything a review knows about it out. Nothing is posted from here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from reviewbot import verifying
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench, Material, Progress
from reviewbot.control import Control
from reviewbot.core import (
    configuration,
    coverage,
    digests,
    fingerprints,
    judging,
    lifecycle,
    linter_reports,
    patterns,
    risk,
    scopes,
    selection,
    suggestions,
    verdicts,
)
from reviewbot.core.attributes import Attributes
from reviewbot.core.prompts import About
from reviewbot.errors import TooHard
from reviewbot.model.chunk import FileCoverage, Selection, Tier
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.outcome import Examination, ReviewedVersion
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Isolation, Source
from reviewbot.reading import Reading, read

NO_MODEL = "No model is configured: only the pattern rules were run, nobody read the change as a whole."
"""Said aloud wherever a review without a model is shown."""
_BATCH = 50  # files that are matched against the rules in one call
_LARGEST_TEXT = 2_000_000  # bytes of a file that is read for context and rules

Texts = Callable[[Sequence[str]], Mapping[str, str]]
"""Texts of the files of the new side, by path; those that do not exist or are no text are left out."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined. `earlier`: the last reviewed version, whose unchanged files are not read again.

    `dismissed` are fingerprints of findings that people do not want to be told again.
    """

    diff: Diff
    about: About
    policy: ReviewPolicy
    read: Texts
    attributes: Attributes | None = None
    earlier: ReviewedVersion | None = None
    dismissed: Collection[str] = ()
    notices: tuple[str, ...] = ()
    linted: tuple[linter_reports.Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """The examination, and what publishing and remembering need beside it. `version` lacks the head's SHA yet."""

    examination: Examination
    suggestions: Mapping[str, suggestions.Suggestion]
    version: ReviewedVersion


def examine(
    subject: Subject, bench: Bench, control: Control, budget: Budget, progress: Progress | None = None
) -> Examined:
    """Select, match the rules, ask the model, judge. Raises only what `control` raises besides programming errors."""
    tell = progress or (lambda step, done, total: None)
    chosen = selection.select(subject.diff, subject.policy, subject.attributes)
    tier = risk.tier(chosen.reviewed, subject.policy)
    bench = bench.of(tier)
    if bench.price is not None:
        budget.priced(bench.price)
    fresh, unchanged = _news(chosen, subject.earlier)
    control.check()
    texts = subject.read([file.path for file in fresh if file.change is not Change.DELETED]) if fresh else {}
    active = tuple(rule for rule in bench.rules if rule.id not in subject.policy.disabled_rules)
    worded = tuple(rule for rule in active if rule.pattern is None)
    tell("rules", 0, 1)
    found, too_hard = _hits(fresh, active, texts, bench.isolation, control)
    texts = {path: text for path, text in texts.items() if path not in {drop.path for drop in too_hard}}
    material = Material(fresh, texts, worded, subject.about, subject.policy, tier)
    reading = read(material, subject.diff, bench, control, budget, tell)
    kept = lifecycle.carry(subject.earlier.findings, subject.diff, unchanged) if subject.earlier else ()
    said, left_out = judging.gather(fingerprints.stamp([*found, *reading.findings], subject.diff), subject.policy)
    unheard, echoes = linter_reports.silence(said, subject.linted)
    wanted, unwanted = _undismissed([*kept, *unheard], subject.dismissed)
    held = verifying.hold(wanted, subject.diff, material, bench, control, budget, tell)
    judged = judging.judge(held.findings, subject.policy)
    covered = coverage.cover(subject.diff, chosen, reading.unread, unchanged)
    findings = (*judged.inline, *judged.overflow)
    dropped = (*too_hard, *unwanted, *reading.dropped, *left_out, *echoes, *held.dropped)
    return Examined(
        examination=_concluded(subject, bench, tier, judged, reading, held, covered, active, dropped),
        suggestions=_verified(findings, subject.diff, texts, bench.isolation),
        version=ReviewedVersion(
            head_sha="",
            digests={file.path: digests.digest(file) for file in chosen.reviewed if file.path not in reading.unread},
            findings=findings,
        ),
    )


def _concluded(
    subject: Subject,
    bench: Bench,
    tier: Tier,
    judged: judging.Judged,
    reading: Reading,
    held: verifying.Held,
    covered: tuple[FileCoverage, ...],
    active: tuple[Rule, ...],
    dropped: Sequence[Dropped],
) -> Examination:
    blocking = {rule.id for rule in active if rule.enforcement == "block"}
    complete = all(file.complete for file in covered)
    return Examination(
        verdict=verdicts.verdict((*judged.inline, *judged.overflow), complete, blocking),
        tier=tier,
        findings=judged.inline,
        overflow=judged.overflow,
        coverage=covered,
        dropped=(*dropped, *judged.dropped),
        usage=reading.usage + held.usage,
        notices=(*subject.notices, *held.notices) if bench.asker else (*subject.notices, NO_MODEL),
    )


def _undismissed(findings: Sequence[Finding], dismissed: Collection[str]) -> tuple[list[Finding], list[Dropped]]:
    """What may be told, and what people have dismissed: that counts for nothing, not even for the verdict."""
    reason = "its comment was deleted in GitLab"
    unwanted = [each for each in findings if each.fingerprint in dismissed]
    left = [each for each in findings if each.fingerprint not in dismissed]
    return left, [Dropped("dismissed", reason, each.anchor.path, each.title) for each in unwanted]


def texts_at(source: Source, sha: str, paths: Sequence[str]) -> Mapping[str, str]:
    """UTF-8 texts at `sha`; binaries, other encodings and very large files are left out."""
    read = {path: _text(data) for path, data in source.read(sha, paths).items()}
    return {path: text for path, text in read.items() if text is not None}


def _text(data: bytes) -> str | None:
    if len(data) > _LARGEST_TEXT or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def configuration_at(source: Source, sha: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The files by which a repository's owners say how it is reviewed, and what people must be told of them."""
    data = source.read(sha, (*configuration.FILES, *configuration.GUIDANCE, ".gitattributes"))
    texts, notices = {}, []
    for path, content in data.items():
        if (text := _text(content)) is None:
            notices.append(f"{path} is no UTF-8 text or larger than 2 MB: the review went on without it.")
        else:
            texts[path] = text
    return texts, tuple(notices)


def _news(chosen: Selection, earlier: ReviewedVersion | None) -> tuple[list[FileDiff], frozenset[str]]:
    """Files to read now, and paths whose change is the one that was read already (by content, not by time)."""
    if earlier is None:
        return list(chosen.reviewed), frozenset()
    same = frozenset(file.path for file in chosen.reviewed if earlier.digests.get(file.path) == digests.digest(file))
    return [file for file in chosen.reviewed if file.path not in same], same


def _hits(
    files: Sequence[FileDiff],
    active: tuple[Rule, ...],
    texts: Mapping[str, str],
    isolation: Isolation,
    control: Control,
) -> tuple[list[Finding], list[Dropped]]:
    """Hits of the pattern rules, batch by batch; a file that no parser gets through keeps its line patterns."""
    found: list[Finding] = []
    too_hard: list[Dropped] = []
    hard: list[tuple[FileDiff, tuple[Rule, ...], str | None]] = []
    for file in files:
        applicable = scopes.applicable(active, file.path)
        if patterns.needs_tree(file, applicable):
            hard.append((file, applicable, texts.get(file.path)))
        else:
            found.extend(patterns.scan_lines(file, applicable))
    for start in range(0, len(hard), _BATCH):
        control.check()
        batch = hard[start : start + _BATCH]
        try:
            found.extend(hit for hits in isolation.run(patterns.scan_all, batch) for hit in hits)
        except TooHard:
            for one in batch:
                control.check()
                try:
                    found.extend(isolation.run(patterns.scan, *one))
                except TooHard as error:
                    found.extend(patterns.scan_lines(one[0], one[1]))
                    reason = f"the rules that need a syntax tree were left out: {error.message}"
                    too_hard.append(Dropped("rules", reason, one[0].path))
    return found, too_hard


def _verified(
    findings: Sequence[Finding], diff: Diff, texts: Mapping[str, str], isolation: Isolation
) -> Mapping[str, suggestions.Suggestion]:
    """Suggestions that really apply, by fingerprint; the others are shown as plain code."""
    files = {file.path: file for file in diff.files}
    verified = {}
    for finding in findings:
        if finding.suggestion is None:
            continue
        file = files[finding.anchor.path]
        try:
            suggestion = isolation.run(suggestions.verify, finding, file, texts.get(file.path))
        except TooHard:
            continue
        if suggestion is not None:
            verified[finding.fingerprint] = suggestion
    return verified
