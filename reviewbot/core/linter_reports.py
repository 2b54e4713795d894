"""Reports of a pipeline's linters -> what they already say about the change, and the findings that repeat it.

The reports come from a job that the merge request's author may have written: they are read within limits, and what they
say silences no critical finding, none about security and none that rests on a rule of the repository.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from reviewbot.core.claims import words
from reviewbot.model.finding import Category, Dropped, Finding, Severity

DEFAULT = ("gl-code-quality-report.json", "gl-sast-report.json", "report.sarif")
LARGEST = 5_000_000  # bytes of one report
MOST = 20_000  # issues of all reports together
NEAR = 2  # lines between an issue and a finding about the same
SHARED = 0.6  # share of the issue's telling words that the finding must have, or the other way round
_LONGEST = 500  # characters of a text

_KINDS: Mapping[Category, tuple[str, ...]] = {
    Category.PERFORMANCE: ("perf", "performance", "slow"),
    Category.DOCUMENTATION: ("documentation", "docstring", "jsdoc", "comment"),
    Category.MAINTAINABILITY: ("style", "complexity", "duplication", "clarity", "unused", "naming", "dead", "format"),
    Category.CORRECTNESS: ("bug", "undefined", "unreachable", "error-prone", "correctness"),
}


@dataclass(frozen=True, slots=True)
class Issue:
    """What a linter says of lines `first`..`last` of the new side. `check` is the name of its check, "" if unknown."""

    path: str
    first: int
    last: int
    check: str
    text: str
    kinds: frozenset[str]


def safe(path: str) -> bool:
    """Whether a path leads to a place inside of the artifacts, and nowhere else on GitLab."""
    return bool(path) and not path.startswith("/") and not set(path.split("/")) & {"", ".", ".."}


def issues(reports: Iterable[bytes], paths: frozenset[str]) -> tuple[Issue, ...]:
    """The issues on `paths` (of the diff) in Code Quality, SARIF 2.1 and GitLab security reports.

    What is no such report, or is too large, counts as none; an entry that is off costs that entry. Never raises.
    """
    found: list[Issue] = []
    for report in reports:
        for issue in _read(report):
            if len(found) == MOST:
                return tuple(found)
            if issue.path in paths:
                found.append(issue)
    return tuple(found)


def _read(report: bytes) -> Iterator[Issue]:
    if len(report) > LARGEST:
        return
    try:
        data = json.loads(report.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    for entry in _entries(data):
        try:
            issue = entry.issue()
        except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError):
            continue  # the entry has not the shape of its format
        if issue.first > 0:
            yield issue


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a report that says where it is by its format's rules. Shapes are the reader's hope, not checked."""

    data: Any

    def issue(self) -> Issue:
        raise NotImplementedError


class _Quality(_Entry):
    """GitLab docs, "Code Quality report format"."""

    def issue(self) -> Issue:
        where = self.data["location"]
        lines = where.get("lines") or {
            "begin": where["positions"]["begin"]["line"],
            "end": where["positions"].get("end", {}).get("line"),
        }
        kinds = (str(kind) for kind in (self.data.get("categories") or ())[:10])
        return _issue(where["path"], lines, self.data.get("check_name"), self.data["description"], kinds)


class _Security(_Entry):
    """GitLab's security report schemas: SAST."""

    def issue(self) -> Issue:
        where = self.data["location"]
        lines = {"begin": where["start_line"], "end": where.get("end_line")}
        text = self.data.get("message") or self.data.get("name") or self.data.get("description")
        return _issue(where["file"], lines, self.data.get("name"), text, ("security",))


class _Sarif(_Entry):
    """SARIF 2.1.0, 3.27 result object."""

    def issue(self) -> Issue:
        physical = self.data["locations"][0]["physicalLocation"]
        region = physical["region"]
        lines = {"begin": region["startLine"], "end": region.get("endLine")}
        uri = urlsplit(physical["artifactLocation"]["uri"])
        path = unquote(uri.path).partition("/builds/")[2].split("/", 2)[-1] if uri.scheme else unquote(uri.path)
        return _issue(path, lines, self.data.get("ruleId"), self.data["message"]["text"], ())


def _entries(data: object) -> Iterator[_Entry]:
    if isinstance(data, list):
        yield from map(_Quality, data)
    elif isinstance(data, dict):
        for run in _list(data.get("runs")):
            if isinstance(run, dict):
                yield from map(_Sarif, _list(run.get("results")))
        yield from map(_Security, _list(data.get("vulnerabilities")))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _issue(path: str, lines: Mapping[str, Any], check: object, text: object, kinds: Iterable[str]) -> Issue:
    first = int(lines["begin"])
    last = max(first, int(lines.get("end") or first))
    name = str(check or "")[:_LONGEST]
    said = frozenset(kind.casefold() for kind in (name, *kinds))
    return Issue(path.removeprefix("./"), first, last, name, str(text or "")[:_LONGEST], said)


def silence(findings: Sequence[Finding], issues: Sequence[Issue]) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Findings without those that an issue says too: on a line at most `NEAR` away in similar words, or on the very
    lines about the same kind of thing.
    """
    by_path: dict[str, list[Issue]] = {}
    for issue in issues:
        by_path.setdefault(issue.path, []).append(issue)
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    for finding in findings:
        near = by_path.get(finding.anchor.path, ()) if _may_be_silenced(finding) else ()
        twin = next((issue for issue in near if _same(issue, finding)), None)
        if twin is None:
            kept.append(finding)
        else:
            reason = f"the pipeline reports it already: {twin.check or twin.text}"
            dropped.append(Dropped("linter", reason, finding.anchor.path, finding.title))
    return tuple(kept), tuple(dropped)


def _may_be_silenced(finding: Finding) -> bool:
    grave = finding.severity is Severity.CRITICAL or finding.category is Category.SECURITY
    return finding.source == "model" and finding.rule is None and finding.anchor.side == "new" and not grave


def _same(issue: Issue, finding: Finding) -> bool:
    first, last = finding.anchor.lines
    if issue.last < first - NEAR or issue.first > last + NEAR:
        return False
    told, said = words(issue.text), words(finding.title)
    shared = len(told & (said | words(finding.body))) >= SHARED * len(told) if len(told) > 1 else False
    if shared or (len(said) > 1 and len(said & told) >= SHARED * len(said)):
        return True
    on_it = issue.first <= last and issue.last >= first
    return on_it and any(word in kind for word in _KINDS.get(finding.category, ()) for kind in issue.kinds)
