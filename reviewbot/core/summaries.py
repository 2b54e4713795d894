"""An examination -> the one summary note: the verdict in words, the findings, what was not read, what it cost.

Every part has a share of bytes, so that the note stays below `LIMIT` for any merge request; the rest is counted.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import quote

from reviewbot.core import backgrounds, phrases
from reviewbot.core.comments import ICONS, heading
from reviewbot.core.folds import fold, group, listed
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.model.chunk import FileCoverage
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.merge_request import DiffRefs
from reviewbot.model.outcome import Examination
from reviewbot.model.prompt import Usage

LIMIT = 100_000  # bytes of the whole note
_LIST, _FULL, _COVERAGE, _DROPPED = 20_000, 26_000, 14_000, 9_000  # bytes of each part
_NOTICES = 4_000
_LONGEST_CODE = 4_000  # characters of suggested code in the note
_LONGEST_REASON = 500
_LONGEST_LABEL = 40

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
    language: str = "English",
    labels: Sequence[str] = (),
) -> str:
    """The note, its marker last. `full` are the findings that have no inline comment and are told whole here.

    `run_url` is the run's own page, empty when there is none. `labels` are those that the bot sets.
    A clean merge request gets one line, and folds only where they hold something.
    """
    words = phrases.of(language)
    word = words(f"verdict.{examination.verdict}")
    findings = (*examination.findings, *examination.overflow)
    in_full = words("summary.in_full", findings=words.many("finding", len(full)))
    run = f"[{words('summary.run')}]({run_url})" if run_url else ""
    parts = [
        f"**{word}**{headline(examination, language).removeprefix(word)}",
        _quoted(examination.notices, words),
        listed((_entry(each, links, hosts, words) for each in findings), len(findings), _LIST, "findings", words),
        fold(in_full, _whole(full, links, hosts, language)),
        backgrounds.unmet(examination.unmet, words, hosts, before=examination.unmet_before),
        _labelled(labels, words),
        backgrounds.earlier(examination.became, words, hosts),
        backgrounds.walkthrough(examination.walkthrough, words, hosts),
        backgrounds.risk(examination.tier, examination.risk, words),
        _coverage(examination.coverage, words),
        backgrounds.consulted(examination.consulted, words),
        _unsaid(examination.dropped, hosts, words),
        fold(words("summary.cost"), _usage(examination, words), run),
        marker,
    ]
    return "\n\n".join(part for part in parts if part)


def headline(examination: Examination, language: str = "English") -> str:
    """The verdict, what was found and what is missing, in plain text.

    For example: Minor issues. 3 warnings in 2 files.
    """
    words = phrases.of(language)
    files = examination.coverage
    read = [file for file in files if file.state != "skipped"]
    findings = (*examination.findings, *examination.overflow)
    sentences = [words(f"verdict.{examination.verdict}")]
    unread = sum(not file.complete for file in files)
    if unread:
        sentences.append(words("headline.unread", unread=words.number(unread), files=words.many("file", len(files))))
    if findings:
        named = words.many("file", len({each.anchor.path for each in findings}))
        sentences.append(words("headline.found", counts=_counts(findings, words), files=named))
    elif not files:
        sentences.append(words("headline.no_file"))
    elif read:
        sentences.append(words("headline.nothing", files=words.many("file", len(read))))
    elif not unread:
        sentences.append(words("headline.left_out", files=words.many("changed_file", len(files))))
    if examination.unmet:
        criteria = words.many("criterion", len(examination.unmet))
        before = words("summary.unmet_before", criteria=criteria)
        now = words("headline.unmet", criteria=criteria)
        sentences.append(words("join.sentence", text=before) if examination.unmet_before else now)
    return " ".join(sentences)


def _counts(findings: Iterable[Finding], words: Phrases) -> str:
    """As in: 1 critical finding, 2 warnings and 1 suggestion."""
    numbers = Counter(finding.severity for finding in findings)
    return words.listed([words.many(each, numbers[each]) for each in Severity if numbers[each]])


def _labelled(labels: Sequence[str], words: Phrases) -> str:
    named = words("join.comma").join(code(label[:_LONGEST_LABEL]) for label in labels)
    return words("summary.labels", labels=named) if labels else ""


def _place(finding: Finding, links: Links | None, words: Phrases) -> str:
    first, last = finding.anchor.lines
    removed = f" ({words('summary.removed')})" if finding.anchor.side == "old" else ""
    place = code(f"{finding.anchor.path}:{first if first == last else f'{first}-{last}'}")
    return (f"[{place}]({links.line(finding)})" if links else place) + removed


def _entry(finding: Finding, links: Links | None, hosts: Collection[str], words: Phrases) -> str:
    severity = words(f"severity.{finding.severity}")
    title = sanitise_line(finding.title, hosts)
    doubt = f" ({words('summary.not_proven')})" if finding.certainty == "unproven" else ""
    return f"- {ICONS[finding.severity]} **{severity}** {_place(finding, links, words)} {title}{doubt}"


def _whole(findings: Sequence[Finding], links: Links | None, hosts: Collection[str], language: str) -> str:
    words = phrases.of(language)

    def blocks() -> Iterable[str]:
        for finding in findings:
            label, title = heading(finding, hosts, language)
            parts = [f"{label} · {_place(finding, links, words)}", title]
            parts.append(sanitise(finding.body, hosts))
            if finding.suggestion and len(finding.suggestion) <= _LONGEST_CODE:
                parts.append(fenced(finding.suggestion))
            yield "\n\n".join(part for part in parts if part)

    return listed(blocks(), len(findings), _FULL, "findings", words, between="\n\n")


def _coverage(files: Sequence[FileCoverage], words: Phrases) -> str:
    missing = [file for file in files if not file.complete]
    unread = (f"- {code(file.path)}: {_reason(file.reason, words)}" for file in missing)
    groups: dict[str, list[str]] = {}
    for file in files:
        if file.complete and (file.state != "reviewed" or file.reason):
            reason = words.reason(file.reason) or words("summary.no_reason")
            told = reason if file.state == "reviewed" else words("summary.skipped", reason=reason)
            groups.setdefault(told, []).append(file.path)
    grouped = (f"- {_reason(reason, words)}: {group(paths, words)}" for reason, paths in groups.items())
    number = len(missing) + len(groups)
    lines = listed(chain(unread, grouped), number, _COVERAGE, "kinds", words)
    whole = words.number(sum(file.state == "reviewed" for file in files))
    summary = words("summary.coverage", read=whole, files=words.many("file", len(files)))
    return fold(summary, lines, opened=bool(missing))


def _reason(reason: str, words: Phrases) -> str:
    return sanitise_line(words.reason(reason)[:_LONGEST_REASON])


def _unsaid(dropped: Sequence[Dropped], hosts: Collection[str], words: Phrases) -> str:
    told = [each for each in dropped if each.stage not in _COUNTED_ONLY]
    stages = Counter(each.stage for each in dropped)
    duplicates, floor, linter = stages["dedupe"], stages["floor"], stages["linter"]
    counted = []
    if duplicates:
        counted.append(f"- {words('summary.duplicates', duplicates=words.many('duplicate', duplicates))}")
    if floor:
        counted.append(f"- {words('summary.floor', findings=words.many('finding', floor))}")
    if linter:
        counted.append(f"- {words('summary.linter', findings=words.many('finding', linter))}")
    lines = chain(counted, (_remark(each, hosts, words) for each in told))
    number = len(told) + duplicates + floor + linter
    body = listed(lines, len(counted) + len(told), _DROPPED, "remarks", words)
    return fold(words("summary.unsaid", remarks=words.many("remark", number)), body)


def _remark(dropped: Dropped, hosts: Collection[str], words: Phrases) -> str:
    path = f"{code(dropped.path[:_LONGEST_REASON])} " if dropped.path else ""
    title = f"{sanitise_line(dropped.title, hosts)}: " if dropped.title else ""
    return f"- {path}{title}{_reason(dropped.reason, words)}"


def _usage(examination: Examination, words: Phrases) -> str:
    usage: Usage = examination.usage
    if not usage.requests:
        return ""
    requests = words.many("request", usage.requests)
    lines = [
        words("summary.requests", requests=requests, seconds=f"{usage.seconds:.0f}"),
        words(
            "summary.tokens",
            prompt=words.number(usage.prompt_tokens),
            cached=words.number(usage.cached_tokens),
            completion=words.number(usage.completion_tokens),
        ),
        words("summary.unpriced") if usage.cost_usd is None else f"{usage.cost_usd:.4f} USD",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _quoted(notices: Sequence[str], words: Phrases) -> str:
    lines = [f"> {_reason(notice, words)}" for notice in notices]
    return listed(lines, len(lines), _NOTICES, "notices", words, between="\n>\n")
