"""An examination in the formats that other tools read: JSON (our contract), SARIF 2.1.0, GitLab Code Quality."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding, Severity
from reviewbot.model.outcome import Examination

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# SARIF 2.1.0, 3.27.10 level
_LEVELS = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.SUGGESTION: "note"}
# GitLab docs, "Code Quality": info, minor, major, critical, blocker
_QUALITY = {Severity.CRITICAL: "critical", Severity.WARNING: "major", Severity.SUGGESTION: "minor"}


def everything(examination: Examination) -> tuple[Finding, ...]:
    """All findings in rank order: outside GitLab there is no cap to obey."""
    return tuple(sorted((*examination.findings, *examination.overflow), key=lambda finding: finding.severity.rank))


def as_json(examination: Examination) -> dict[str, Any]:
    """The contract of `--format json`; `side` tells which numbering the lines are of."""
    usage = examination.usage
    return {
        "verdict": examination.verdict.value,
        "findings": [_finding(finding) for finding in everything(examination)],
        "coverage": [{"path": file.path, "state": file.state, "reason": file.reason} for file in examination.coverage],
        "dropped": [
            {"stage": drop.stage, "reason": drop.reason, "path": drop.path, "title": drop.title}
            for drop in examination.dropped
            if drop.stage != "cap"  # they are among the findings here
        ],
        "consulted": list(examination.consulted),
        "usage": {
            "requests": usage.requests,
            "prompt_tokens": usage.prompt_tokens,
            "cached_tokens": usage.cached_tokens,
            "completion_tokens": usage.completion_tokens,
            "cost_usd": usage.cost_usd,
            "seconds": round(usage.seconds, 3),
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    first, last = finding.anchor.lines
    return {
        "path": finding.anchor.path,
        "side": finding.anchor.side,
        "start_line": first,
        "end_line": last,
        "severity": finding.severity.value,
        "category": finding.category.value,
        "rule": finding.rule,
        "title": finding.title,
        "body": finding.body,
        "suggestion": finding.suggestion,
        "fingerprint": finding.fingerprint,
        "source": finding.source,
    }


def as_sarif(examination: Examination, diff: Diff, version: str) -> dict[str, Any]:
    """A SARIF log of one run. Removed lines are not in the new file: their results name the next line that is."""
    findings = everything(examination)
    near = _new_lines(findings, diff)
    ids = sorted({_rule_id(finding) for finding in findings})
    notifications = [
        {"level": "warning", "message": {"text": f"{file.path}: {file.state}: {file.reason}"}}
        for file in examination.coverage
        if not file.complete
    ]
    notifications += [
        {"level": "warning", "message": {"text": f"{drop.path}: {drop.reason}"}}
        for drop in examination.dropped
        if drop.stage == "rules"
    ]
    notifications += [{"level": "note", "message": {"text": notice}} for notice in examination.notices]
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "reviewbot", "version": version, "rules": [{"id": name} for name in ids]}},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
                "results": [_result(finding, near[finding.fingerprint], ids) for finding in findings],
            }
        ],
    }


def _result(finding: Finding, lines: tuple[int, int], ids: list[str]) -> dict[str, Any]:
    text = f"{finding.title}\n\n{finding.body}" if finding.body else finding.title
    return {
        "ruleId": _rule_id(finding),
        "ruleIndex": ids.index(_rule_id(finding)),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.anchor.path)},
                    "region": {"startLine": lines[0], "endLine": lines[1]},
                }
            }
        ],
        "partialFingerprints": {"reviewbot/v1": finding.fingerprint},
        "properties": {"category": finding.category.value, "source": finding.source, "side": finding.anchor.side},
    }


def as_code_quality(examination: Examination, diff: Diff) -> list[dict[str, Any]]:
    """GitLab's Code Quality report: one JSON array, relative paths, unique fingerprints."""
    findings = everything(examination)
    near = _new_lines(findings, diff)
    return [
        {
            "description": finding.title,
            "content": {"body": finding.body},
            "check_name": _rule_id(finding),
            "fingerprint": finding.fingerprint,
            "severity": _QUALITY[finding.severity],
            "location": {
                "path": finding.anchor.path,
                "lines": {"begin": near[finding.fingerprint][0], "end": near[finding.fingerprint][1]},
            },
        }
        for finding in findings
    ]


def _rule_id(finding: Finding) -> str:
    return finding.rule or f"reviewbot/{finding.category.value}"


def _new_lines(findings: tuple[Finding, ...], diff: Diff) -> Mapping[str, tuple[int, int]]:
    """Per fingerprint the line range in the new file, ≥ 1."""
    files = {file.path: file for file in diff.files}
    near = {}
    for finding in findings:
        if finding.anchor.side == "new":
            near[finding.fingerprint] = finding.anchor.lines
            continue
        passed, last = False, 1
        for line in files[finding.anchor.path].lines():
            passed = passed or line.key == finding.anchor.end
            if line.new is not None:
                last = line.new
                if passed:
                    break
        near[finding.fingerprint] = (last, last)
    return near
