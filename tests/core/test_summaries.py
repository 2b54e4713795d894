"""The summary note: golden files for how it reads, sizes for what it must survive."""

from dataclasses import replace
from pathlib import Path

import pytest
from making_findings import REFS, finding

from reviewbot.core.summaries import LIMIT, Links, headline, render
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Category, Dropped, Severity
from reviewbot.model.outcome import Became, Examination, Risk, Verdict, Walkthrough
from reviewbot.model.prompt import Usage
from reviewbot.model.ticket import Unmet

GOLDEN = Path(__file__).parent.parent / "data" / "comments"
MARKER = "<!-- reviewbot: summary fingerprint= run=42 extra=abc mac=0 -->"
LINKS = Links("https://gitlab.example.com/group/project", REFS, {"new name.py": "old name.py"})
READ = tuple(FileCoverage(f"src/{name}.py", "reviewed") for name in ("app", "db", "web"))


def examination(verdict=Verdict.APPROVED, findings=(), coverage=READ, dropped=(), usage=None, **more):
    return Examination(verdict, Tier.FULL, tuple(findings), tuple(coverage), tuple(dropped), usage or Usage(), **more)


CRITICAL = finding(
    (None, 42), path="src/db.py", title="Name goes into the SQL text", severity=Severity.CRITICAL, fingerprint="f1"
)
REMOVED = finding((7, None), path="new name.py", title="`close()` is gone", fingerprint="f2")
MINOR = finding(
    (None, 3),
    (None, 9),
    path="src/app.py",
    title="Says @all twice",
    body="The loop could be a comprehension.",
    severity=Severity.SUGGESTION,
    category=Category.MAINTAINABILITY,
    rule="short-loops",
    suggestion="x = [y for y in z]",
    fingerprint="f3",
)
CLEAN = examination()
FULL = examination(
    Verdict.SIGNIFICANT_CONCERNS,
    (CRITICAL, REMOVED),
    (
        *READ,
        FileCoverage("web/a.lock", "skipped", "lock file"),
        *(FileCoverage(f"vendor/{n}.js", "skipped", "vendored") for n in range(7)),
        FileCoverage("src/big.py", "partly", "lines 40-90 not read: the model did not answer", complete=False),
        FileCoverage("docs/x.md", "reviewed", "unchanged since the last review"),
    ),
    (
        Dropped("anchor", "the quote does not lead to one line", "src/x.py", "Lost one"),
        Dropped("dedupe", "the same", "src/x.py", "Twice"),
        Dropped("cap", "more than 2", "src/app.py", "Says @all twice"),
    ),
    Usage(8, 92_113, 61_000, 3_120, 0.42133, 83.7),
    notices=("The configuration of @group could not be read.",),
    overflow=(MINOR,),
)
CASES = {
    "summary-clean": render(CLEAN, MARKER, links=LINKS),
    "summary-full": render(FULL, MARKER, [MINOR], LINKS),
    "summary-without-links": render(FULL, MARKER, [MINOR]),
    "summary-incomplete": render(
        examination(
            Verdict.INCOMPLETE,
            coverage=[FileCoverage("a.py", "skipped", "not read: no time left", complete=False), *READ],
            usage=Usage(1, 10, 0, 5, None, 2),
        ),
        MARKER,
    ),
}
CASES["summary-background"] = render(
    examination(
        became=(
            Became(MINOR, "open"),
            Became(CRITICAL, "fixed", "d1", "line 42 no longer builds SQL"),
            Became(REMOVED, "fixed", "d2"),
            Became(MINOR, "dismissed", "d3", "resolved by @ann"),
        ),
        walkthrough=Walkthrough(
            "Orders are priced with their discount.\n\n/close\n![x](https://evil.example/x.png) for @all",
            (("src/db.py", "`price` takes a discount"), ("src/we`ird.py", "calls <b>it</b> | #12")),
        ),
        consulted=("src/money.py:1-40", "AGENTS.md"),
        risk=Risk("path", path="src/auth/login.py"),
    ),
    MARKER,
)


@pytest.mark.parametrize("name", CASES)
def test_a_summary_is_the_golden_one(name):
    assert CASES[name] + "\n" == (GOLDEN / f"{name}.md").read_text()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (CLEAN, "Approved. Nothing found in 3 files."),
        (examination(coverage=()), "Approved. Nothing to review: no file was changed."),
        (
            examination(coverage=[FileCoverage("a.lock", "skipped", "lock file")]),
            "Approved. Nothing to review: 1 changed file of a kind that is left out.",
        ),
        (examination(Verdict.APPROVED_WITH_COMMENTS, [REMOVED]), "Approved with comments. 1 warning in 1 file."),
        (
            FULL,
            (
                "Significant concerns. 1 of 13 files could not be read completely."
                " 1 critical finding, 1 warning and 1 suggestion in 3 files."
            ),
        ),
        (
            examination(Verdict.INCOMPLETE, coverage=[FileCoverage("a", "skipped", "x", complete=False)]),
            "Incomplete. 1 of 1 file could not be read completely.",
        ),
    ],
)
def test_headline(given, expected):
    assert headline(given) == expected


def test_a_clean_merge_request_gets_one_line():
    assert render(CLEAN, MARKER).split("\n") == ["**Approved.** Nothing found in 3 files.", "", MARKER]


def test_a_note_stays_bounded_whatever_there_is_and_tells_the_numbers():
    many = [
        finding((None, n), path=f"{'d/' * 50}{n}.py", title="é" * 200, body="b @x " * 800, fingerprint=f"{n}")
        for n in range(3_000)
    ]
    files = [
        FileCoverage(f"{'é/' * 99}{n}.py", "skipped", f"reason {n} " * 99, complete=n % 2 == 0) for n in range(3_000)
    ]
    dropped = [Dropped("parse", "r" * 5_000, "p" * 5_000, "t" * 200) for _ in range(3_000)]
    exam = examination(
        Verdict.MINOR_ISSUES,
        many,
        files,
        dropped,
        notices=["n" * 900] * 99,
        became=[Became(each, "fixed", note="<" * 300) for each in many],
        walkthrough=Walkthrough("<" * 1_200, tuple((each.anchor.path, "<" * 240) for each in many)),
        consulted=["é" * 400] * 300,
        unmet=[Unmet(f"#{n}", "é" * 200, "é" * 2_000) for n in range(300)],
    )
    note = render(exam, MARKER, many[10:], LINKS, labels=["é" * 255] * 21)
    assert len(note.encode()) < LIMIT
    assert note.endswith(MARKER)
    assert "more findings" in note
    assert "more remarks" in note


def test_criteria_that_look_unmet_are_told_and_counted():
    exam = examination(
        Verdict.APPROVED_WITH_COMMENTS, unmet=[Unmet("#12", "The export has no header", "See the list.")]
    )
    assert headline(exam) == "Approved with comments. Nothing found in 3 files. Looks unmet: 1 acceptance criterion."
    note = render(exam, MARKER)
    assert "<summary>Looks unmet: 1 acceptance criterion</summary>" in note
    assert "- `#12` The export has no header: See the list." in note
    before = replace(exam, unmet_before=True)
    assert "Nothing found in 3 files. Looked unmet when the whole change was read last: 1 acce" in headline(before)
    assert "Looked unmet when the whole change was read last: 1 acceptance criterion" in render(before, MARKER)


def test_many_files_skipped_as_expected_are_a_few_lines():
    files = [FileCoverage(f"vendor/{n}.js", "skipped", "vendored") for n in range(3_000)]
    note = render(examination(coverage=[*READ, *files]), MARKER)
    assert "- skipped, vendored: 3,000 files (`vendor/0.js`" in note
    assert "and 2,995 more)" in note
    assert len(note.splitlines()) < 12


def test_an_unknown_price_is_not_zero():
    usage = Usage(2, 10, 0, 5, None, 1)
    assert "cost unknown" in render(examination(usage=usage), MARKER)


def test_what_the_judge_refuted_is_told_with_its_reason_and_calls_nobody():
    reason = "refuted: @all see #1, /approve <img src=x> ![x](https://evil.example/p.png)"
    note = render(examination(dropped=[Dropped("judge", reason, "src/x.py", "@group Lost")]), MARKER)
    (line,) = [line for line in note.split("\n") if "refuted" in line]
    assert "`src/x.py`" in line
    for live in ("see #1", "<img", "![x]", "(https://evil"):
        assert live not in line
    assert "`@all`" in line
    assert "`@group`" in line


def test_an_unproven_finding_says_so_and_what_the_pipeline_reports_is_counted():
    doubtful = finding(title="Perhaps", certainty="unproven")
    dropped = [Dropped("linter", "reported by ruff", "a.py", "Unused")] * 2
    note = render(examination(Verdict.APPROVED_WITH_COMMENTS, [doubtful], dropped=dropped), MARKER)
    assert "Perhaps (not proven)" in note
    assert "- 2 findings that the pipeline reports already" in note


def test_what_was_read_beside_the_diff_is_folded_and_cannot_break_out():
    note = render(examination(consulted=("shop.py:1-20", "search '`</details>@all'")), MARKER)
    assert "<details><summary>Read beside the diff: 2 places</summary>" in note
    assert "- `shop.py:1-20`" in note
    assert note.count("</details>") == note.count("<details>") + 1  # the one in code
    assert "Read beside" not in render(examination(), MARKER)
