"""The formats that other tools read."""

from reviewbot.core.exports import as_code_quality, as_json, as_sarif
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.diff import Change, Diff, FileDiff, Hunk, Line
from reviewbot.model.finding import Anchor, Category, Dropped, Finding, Severity
from reviewbot.model.outcome import Examination, Verdict
from reviewbot.model.prompt import Usage

LINES = (Line(" ", 1, 1, "a"), Line("-", 2, None, "b"), Line("-", 3, None, "c"), Line("+", None, 2, "d"))
DIFF = Diff((FileDiff("a b.py", "a b.py", Change.MODIFIED, hunks=(Hunk(1, 3, 1, 2, "", LINES),)),))


def finding(start, end, severity=Severity.WARNING, fingerprint="f1", **more):
    return Finding(
        Anchor("a b.py", start, end), severity, Category.CORRECTNESS, "Title", "Body", fingerprint=fingerprint, **more
    )


EXAMINATION = Examination(
    verdict=Verdict.MINOR_ISSUES,
    tier=Tier.LITE,
    findings=(finding((None, 2), (None, 2)),),
    overflow=(finding((2, None), (3, None), Severity.CRITICAL, "f2", rule="sql", source="pattern"),),
    coverage=(FileCoverage("a b.py", "reviewed"), FileCoverage("x.py", "skipped", "too large", complete=False)),
    dropped=(Dropped("anchor", "no such line", "y.py", "Lost"), Dropped("cap", "too many", "a b.py", "Title")),
    usage=Usage(1, 10, 5, 3, None, 1.23456),
    notices=("Say this.",),
)


def test_json_is_the_contract_with_the_gravest_first_and_no_cap():
    data = as_json(EXAMINATION)
    assert list(data) == ["verdict", "findings", "coverage", "dropped", "consulted", "usage"]
    assert data["findings"][0] == {
        "path": "a b.py",
        "side": "old",
        "start_line": 2,
        "end_line": 3,
        "severity": "critical",
        "category": "correctness",
        "rule": "sql",
        "title": "Title",
        "body": "Body",
        "suggestion": None,
        "fingerprint": "f2",
        "source": "pattern",
    }
    assert data["coverage"][1] == {"path": "x.py", "state": "skipped", "reason": "too large"}
    assert data["usage"]["cost_usd"] is None
    assert data["dropped"] == [{"stage": "anchor", "reason": "no such line", "path": "y.py", "title": "Lost"}]


def test_sarif_names_lines_of_the_new_file_and_tells_what_was_not_read():
    run = as_sarif(EXAMINATION, DIFF, "1.0")["runs"][0]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == ("sql", "error")
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]] == {"id": "sql"}
    assert place == {"artifactLocation": {"uri": "a%20b.py"}, "region": {"startLine": 2, "endLine": 2}}
    texts = [entry["message"]["text"] for entry in run["invocations"][0]["toolExecutionNotifications"]]
    assert texts == ["x.py: skipped: too large", "Say this."]


def test_code_quality_is_an_array_with_unique_fingerprints():
    report = as_code_quality(EXAMINATION, DIFF)
    assert [entry["severity"] for entry in report] == ["critical", "major"]
    assert len({entry["fingerprint"] for entry in report}) == 2
    assert report[1]["location"] == {"path": "a b.py", "lines": {"begin": 2, "end": 2}}
    assert report[1]["check_name"] == "reviewbot/correctness"
