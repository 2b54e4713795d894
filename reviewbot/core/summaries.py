"""An examination -> the one summary note: the verdict in words, the findings, what was not read, what it cost.

Every part has a share of bytes, so that the note stays below `LIMIT` for any merge request; the rest is counted.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import quote

from reviewbot.core import backgrounds
from reviewbot.core.comments import ICONS, heading
from reviewbot.core.folds import fold, group, listed, many
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.model.chunk import FileCoverage
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.merge_request import DiffRefs
from reviewbot.model.outcome import Examination, Verdict
from reviewbot.model.prompt import Usage

LIMIT = 100_000  # bytes of the whole note
_LIST, _FULL, _COVERAGE, _DROPPED = 20_000, 28_000, 14_000, 9_000  # bytes of each part
_NOTICES = 4_000
_LONGEST_CODE = 4_000  # characters of suggested code in the note
_LONGEST_REASON = 500

_WORDS = {
    Verdict.APPROVED: "Approved.",
    Verdict.APPROVED_WITH_COMMENTS: "Approved with comments.",
    Verdict.MINOR_ISSUES: "Minor issues.",
    Verdict.SIGNIFICANT_CONCERNS: "Significant concerns.",
    Verdict.INCOMPLETE: "Incomplete.",
}
_SEVERITY_WORDS = {
    Severity.CRITICAL: ("critical finding", "critical findings"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.SUGGESTION: ("suggestion", "suggestions"),
}
_COUNTED_ONLY = frozenset(("cap", "dedupe", "floor", "linter"))  # stages of what is said elsewhere or unwanted


@dataclass(frozen=True, slots=True)
class Links:
    """Where a line is on the web. `project_url` has no slash at its end; `old_paths` names renamed files' old paths."""

    project_url: str
    refs: DiffRefs
    old_paths: Mapping[str, str] = field(default_factory=dict)

    def line(self, finding: Finding) -> str:
        """The address of the last anchored line in the file view, of a removed line at the base commit."""
        old = finding.anchor.side == "old"
        path = self.old_paths.get(finding.anchor.path, finding.anchor.path) if old else finding.anchor.path
        sha = self.refs.base_sha if old else self.refs.head_sha
        return f"{self.project_url}/-/blob/{sha}/{quote(path, errors='replace')}#L{finding.anchor.lines[1]}"


def render(
    examination: Examination,
    marker: str,
    full: Sequence[Finding] = (),
    links: Links | None = None,
    hosts: Collection[str] = (),
    run_url: str = "",
) -> str:
    """The note, its marker last. `full` are the findings that have no inline comment and are told whole here.

    `run_url` is the run's own page, empty when there is none.
    A clean merge request gets one line, and folds only where they hold something.
    """
    word = _WORDS[examination.verdict]
    findings = (*examination.findings, *examination.overflow)
    parts = [
        f"**{word}**{headline(examination).removeprefix(word)}",
        _quoted(examination.notices),
        listed((_entry(each, links, hosts) for each in findings), len(findings), _LIST, "findings"),
        fold(f"In full: {many(len(full), 'finding')} without an inline comment", _whole(full, links, hosts)),
        backgrounds.earlier(examination.became, hosts),
        backgrounds.walkthrough(examination.walkthrough, hosts),
        backgrounds.risk(examination.tier, examination.risk),
        _coverage(examination.coverage),
        backgrounds.consulted(examination.consulted),
        _unsaid(examination.dropped, hosts),
        fold("Cost and time", _usage(examination), f"[This run]({run_url})" if run_url else ""),
        marker,
    ]
    return "\n\n".join(part for part in parts if part)


def headline(examination: Examination) -> str:
    """The verdict, what was found and what is missing, in plain text.

    For example: Minor issues. 3 warnings in 2 files.
    """
    files = examination.coverage
    read = [file for file in files if file.state != "skipped"]
    findings = (*examination.findings, *examination.overflow)
    sentences = [_WORDS[examination.verdict]]
    unread = sum(not file.complete for file in files)
    if unread:
        sentences.append(f"{unread} of {many(len(files), 'file')} could not be read completely.")
    if findings:
        sentences.append(f"{_counts(findings)} in {many(len({each.anchor.path for each in findings}), 'file')}.")
    elif not files:
        sentences.append("Nothing to review: no file was changed.")
    elif read:
        sentences.append(f"Nothing found in {many(len(read), 'file')}.")
    elif not unread:
        sentences.append(f"Nothing to review: {many(len(files), 'changed file')} of a kind that is left out.")
    return " ".join(sentences)


def _counts(findings: Iterable[Finding]) -> str:
    """As in: 1 critical finding, 2 warnings and 1 suggestion."""
    numbers = Counter(finding.severity for finding in findings)
    named = [f"{numbers[each]} {_SEVERITY_WORDS[each][numbers[each] != 1]}" for each in Severity if numbers[each]]
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _place(finding: Finding, links: Links | None) -> str:
    first, last = finding.anchor.lines
    removed = " (removed)" if finding.anchor.side == "old" else ""
    place = code(f"{finding.anchor.path}:{first if first == last else f'{first}-{last}'}")
    return (f"[{place}]({links.line(finding)})" if links else place) + removed


def _entry(finding: Finding, links: Links | None, hosts: Collection[str]) -> str:
    severity = finding.severity.capitalize()
    title = sanitise_line(finding.title, hosts)
    doubt = " (not proven)" if finding.certainty == "unproven" else ""
    return f"- {ICONS[finding.severity]} **{severity}** {_place(finding, links)} {title}{doubt}"


def _whole(findings: Sequence[Finding], links: Links | None, hosts: Collection[str]) -> str:
    def blocks() -> Iterable[str]:
        for finding in findings:
            label, title = heading(finding, hosts)
            parts = [f"{label} · {_place(finding, links)}", title]
            parts.append(sanitise(finding.body, hosts))
            if finding.suggestion and len(finding.suggestion) <= _LONGEST_CODE:
                parts.append(fenced(finding.suggestion))
            yield "\n\n".join(part for part in parts if part)

    return listed(blocks(), len(findings), _FULL, "findings", between="\n\n")


def _coverage(files: Sequence[FileCoverage]) -> str:
    missing = [file for file in files if not file.complete]
    unread = (f"- {code(file.path)}: {_reason(file.reason)}" for file in missing)
    groups: dict[str, list[str]] = {}
    for file in files:
        if file.complete and (file.state != "reviewed" or file.reason):
            kind = "" if file.state == "reviewed" else "skipped, "
            groups.setdefault(f"{kind}{file.reason or 'no reason given'}", []).append(file.path)
    grouped = (f"- {_reason(reason)}: {group(paths)}" for reason, paths in groups.items())
    number = len(missing) + len(groups)
    lines = listed(chain(unread, grouped), number, _COVERAGE, "files and kinds of files")
    whole = sum(file.state == "reviewed" for file in files)
    summary = f"Coverage: {whole:,} of {many(len(files), 'file')} read"
    return fold(summary, lines, opened=bool(missing))


def _reason(reason: str) -> str:
    return sanitise_line(reason[:_LONGEST_REASON])


def _unsaid(dropped: Sequence[Dropped], hosts: Collection[str]) -> str:
    told = [each for each in dropped if each.stage not in _COUNTED_ONLY]
    stages = Counter(each.stage for each in dropped)
    counted = []
    if stages["dedupe"]:
        counted.append(f"- {many(stages['dedupe'], 'duplicate')} of other findings")
    if stages["floor"]:
        counted.append(f"- {many(stages['floor'], 'finding')} below the severity that is wanted here")
    if stages["linter"]:
        counted.append(f"- {many(stages['linter'], 'finding')} that the pipeline reports already")
    lines = chain(counted, (_remark(each, hosts) for each in told))
    number = len(told) + stages["dedupe"] + stages["floor"] + stages["linter"]
    body = listed(lines, len(counted) + len(told), _DROPPED, "remarks")
    return fold(f"Left unsaid: {many(number, 'remark')}", body)


def _remark(dropped: Dropped, hosts: Collection[str]) -> str:
    path = f"{code(dropped.path[:_LONGEST_REASON])} " if dropped.path else ""
    title = f"{sanitise_line(dropped.title, hosts)}: " if dropped.title else ""
    return f"- {path}{title}{_reason(dropped.reason)}"


def _usage(examination: Examination) -> str:
    usage: Usage = examination.usage
    if not usage.requests:
        return ""
    cost = "cost unknown: the model has no known price" if usage.cost_usd is None else f"{usage.cost_usd:.4f} USD"
    cached = f"{usage.cached_tokens:,} of them cached"
    lines = [
        f"- {many(usage.requests, 'model request')}, {usage.seconds:.0f} s of model time",
        f"- {usage.prompt_tokens:,} prompt tokens ({cached}), {usage.completion_tokens:,} completion tokens",
        f"- {cost}",
    ]
    return "\n".join(lines)


def _quoted(notices: Sequence[str]) -> str:
    lines = [f"> {sanitise_line(notice[:_LONGEST_REASON])}" for notice in notices]
    return listed(lines, len(lines), _NOTICES, "notices", between="\n>\n")
