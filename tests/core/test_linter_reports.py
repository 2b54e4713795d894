"""What a pipeline's linters say, and which findings that makes superfluous."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_findings import finding

from reviewbot.core.linter_reports import LARGEST, MOST, issues, safe, silence
from reviewbot.model.finding import Category, Severity

PATHS = frozenset(("a.py", "src/b c.py"))


def report(data):
    return json.dumps(data).encode()


def quality(line=4, text="Unused variable total", path="a.py", check="F841", **more):
    return {"description": text, "check_name": check, "location": {"path": path, "lines": {"begin": line}}, **more}


def sarif(uri="a.py", line=4, text="Unused variable total"):
    physical = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    result = {"ruleId": "F841", "message": {"text": text}, "locations": [{"physicalLocation": physical}]}
    return {"version": "2.1.0", "runs": [{"results": [result]}]}


SAST = {
    "vulnerabilities": [
        {"name": "Weak hash", "message": "MD5 is weak", "location": {"file": "a.py", "start_line": 7, "end_line": 8}}
    ]
}


def test_the_three_formats_are_read():
    positions = quality()
    positions["location"] = {"path": "./a.py", "positions": {"begin": {"line": 9}, "end": {"line": 10}}}
    read = issues([report([quality(), positions]), report(sarif("src/b%20c.py")), report(SAST)], PATHS)
    assert [(one.path, one.first, one.last, one.check) for one in read] == [
        ("a.py", 4, 4, "F841"),
        ("a.py", 9, 10, "F841"),
        ("src/b c.py", 4, 4, "F841"),
        ("a.py", 7, 8, "Weak hash"),
    ]


def test_an_absolute_address_of_the_job_is_understood_and_other_files_do_not_matter():
    read = issues([report(sarif("file:///builds/group/project/a.py")), report([quality(path="other.py")])], PATHS)
    assert [one.path for one in read] == ["a.py"]


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b"null",
        b"[1, null, [], {}]",
        b'[{"location": {"path": "a.py", "lines": {"begin": 1e999}}, "description": "x"}]',
        b'[{"location": {"path": 5, "lines": {"begin": 1}}, "description": "x"}]',
        b'[{"location": {"path": "a.py", "lines": {"begin": -3}}, "description": "x"}]',
        b'[{"location": {"path": "a.py", "lines": [1]}, "description": "x"}]',
        b'{"runs": {"a": 1}, "vulnerabilities": 3}',
        b'{"runs": [{"results": [{"locations": [{"physicalLocation": {"artifactLocation": {"uri": "http://["}}}]}]}]}',
        b" " * (LARGEST + 1),
    ],
    ids=str,
)
def test_what_is_no_report_costs_nothing_but_itself(hostile):
    assert [one.first for one in issues([hostile, report([quality(line=3)])], PATHS)] == [3]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["location", "path", "lines", "begin", "end", "description", "runs", "results", "positions"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_survived(data):
    issues([report(data)], PATHS)


def test_a_flood_of_issues_is_cut_off():
    assert len(issues([report([quality()] * (MOST + 5))], PATHS)) == MOST


def left(one, *entries):
    kept, dropped = silence([one], issues([report(list(entries))], PATHS))
    assert len(kept) + len(dropped) == 1
    assert {drop.stage for drop in dropped} <= {"linter"}
    return bool(kept)


def about(line, title="The variable total is unused", **more):
    return finding((None, line), title=title, **more)


def test_the_same_in_similar_words_on_or_near_the_line_is_not_said_again():
    assert not left(about(4), quality(4))
    assert not left(about(6), quality(4))
    assert left(about(7), quality(4))
    assert left(about(4, "The file stays open"), quality(4))
    assert left(about(4, path="src/b c.py"), quality(4))


def test_the_same_kind_of_thing_on_the_very_line_is_not_said_again():
    slow = about(4, "Quadratic in the orders", category=Category.PERFORMANCE)
    assert not left(slow, quality(4, "Use a set", categories=["Performance"]))
    assert left(slow, quality(5, "Use a set", categories=["Performance"]))
    assert left(slow, quality(4, "Use a set", categories=["Style"]))


def test_a_report_silences_nothing_grave():
    """Its author may be the one who wants to be spared."""
    assert left(about(4, severity=Severity.CRITICAL), quality(4))
    assert left(about(4, category=Category.SECURITY), quality(4))
    assert left(about(4, rule="no-unused"), quality(4))
    assert left(about(4, source="pattern", rule="no-unused"), quality(4))
    assert left(finding((4, None), title="The variable total is unused"), quality(4))


@pytest.mark.parametrize("path", ["", "/etc", "../x", "a/../../b", "a//b", "./a", "a/.."])
def test_a_path_out_of_the_artifacts_is_not_asked_for(path):
    assert not safe(path)


def test_a_path_in_a_folder_is_fine():
    assert safe("reports/ruff..sarif")
