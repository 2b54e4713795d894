"""What a judge's answer means for findings, and how candidates are put together for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_findings import diff_of, finding

from reviewbot.core.verification import MOST, TOGETHER, Candidate, Checked, batches, moved, reader, settle
from reviewbot.errors import AnswerUnusable
from reviewbot.model.finding import Severity

CRITICAL, WARNING, SUGGESTION = Severity


def entry(name="F1", verdict="confirmed", severity="warning", reason="Line 3 shows it."):
    return {"id": name, "verdict": verdict, "severity": severity, "reason": reason}


def answer(*entries):
    return json.dumps({"verdicts": list(entries)})


def test_each_candidate_gets_its_verdict():
    read = reader(3)(answer(entry("F1"), entry("F3", "unproven", None, ""), entry("F2", "refuted")))
    assert read == {
        "F1": Checked("confirmed", WARNING, "Line 3 shows it."),
        "F2": Checked("refuted", WARNING, "Line 3 shows it."),
        "F3": Checked("unproven", None, ""),
    }


def test_prose_fences_and_case_around_it_do_not_matter():
    text = f"Here:\n```json\n{answer(entry(' f1 ', ' Refuted', 'WARNING'))}\n```"
    assert reader(1)(text)["F1"].verdict == "refuted"


@pytest.mark.parametrize(
    "bad",
    [
        "F1",
        entry("F1", verdict="maybe"),
        entry("F1", severity="terrible"),
        entry("F1", severity=3),
        entry("F1", verdict="refuted", reason=" "),
        entry("F1", reason=["no text"]),
        entry("1"),
        entry(None),
        entry("F" + "1" * 5_000),
        {},
    ],
)
def test_one_bad_entry_costs_that_entry(bad):
    assert set(reader(2)(answer(bad, entry("F2")))) == {"F2"}
    with pytest.raises(AnswerUnusable, match=r"F1|must be objects"):
        reader(1)(answer(bad))


def test_ids_that_were_not_asked_about_are_passed_over():
    assert set(reader(2)(answer(entry("F9", "refuted"), entry("F0"), entry("F2"), entry("F001")))) == {"F2"}


def test_two_verdicts_on_one_candidate_are_none():
    twice = answer(entry("F1", "refuted"), entry("F1", "confirmed"), entry("F1", "refuted"), entry("F2"), entry("F2"))
    assert set(reader(2)(twice)) == {"F2"}


@pytest.mark.parametrize("text", ["", "All are fine.", '{"verdicts": "none"}', '{"findings": []}', '{"verdicts": []}'])
def test_an_answer_without_verdicts_is_to_be_repaired(text):
    with pytest.raises(AnswerUnusable):
        reader(2)(text)


def test_a_flood_of_entries_is_cut_off():
    flood = [entry(f"F{number}") for number in range(900, 999)] + [entry("F1")]
    with pytest.raises(AnswerUnusable):
        reader(1)(answer(*flood))


def test_an_endless_reason_is_clipped():
    reason = reader(1)(answer(entry(reason="no " * 10_000)))["F1"].reason
    assert len(reason) <= 600


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(max_size=5), st.lists).map(json.dumps))
def test_whatever_a_model_writes_is_read_or_to_be_repaired(text):
    try:
        read = reader(2)(text)
    except AnswerUnusable:
        return
    assert set(read) <= {"F1", "F2"}


def settled(verdict, **more):
    one = finding(fingerprint="f", **more)
    return settle([one], frozenset("f"), {} if verdict is None else {"f": verdict})


def test_refuted_ones_are_dropped_with_the_reason_kept():
    kept, dropped = settled(Checked("refuted", None, "line 3 checks it"), title="No check")
    assert kept == ()
    assert [(one.stage, one.reason, one.path, one.title) for one in dropped] == [
        ("judge", "refuted: line 3 checks it", "a.py", "No check")
    ]


def test_confirmed_and_unproven_ones_are_kept_and_say_so():
    (confirmed,), _ = settled(Checked("confirmed", WARNING, "it is so"))
    (unproven,), _ = settled(Checked("unproven", None, "depends on the caller"))
    assert (confirmed.certainty, confirmed.reason) == ("confirmed", "it is so")
    assert (unproven.certainty, unproven.reason) == ("unproven", "depends on the caller")


def test_those_without_an_answer_are_unproven_and_those_not_asked_about_stay_as_they_are():
    (unanswered,), dropped = settled(None)
    assert (unanswered.certainty, dropped) == ("unproven", ())
    pattern = finding(source="pattern", fingerprint="p")
    assert settle([pattern], frozenset(), {"p": Checked("refuted", None, "no")}) == ((pattern,), ())


@pytest.mark.parametrize(
    ("before", "ruling", "said", "after"),
    [
        (CRITICAL, "confirmed", CRITICAL, CRITICAL),
        (CRITICAL, "confirmed", WARNING, WARNING),
        (CRITICAL, "confirmed", SUGGESTION, WARNING),
        (CRITICAL, "unproven", SUGGESTION, WARNING),
        (WARNING, "unproven", SUGGESTION, SUGGESTION),
        (WARNING, "confirmed", CRITICAL, WARNING),
        (SUGGESTION, "confirmed", CRITICAL, WARNING),
        (SUGGESTION, "confirmed", WARNING, WARNING),
        (SUGGESTION, "unproven", CRITICAL, SUGGESTION),
        (WARNING, "confirmed", None, WARNING),
    ],
)
def test_a_severity_moves_one_step_at_most_and_never_up_to_critical(before, ruling, said, after):
    assert moved(before, Checked(ruling, said, "so")) is after


def test_candidates_of_one_file_go_together_by_line_and_others_apart():
    many = [Candidate(finding((None, line), path=path)) for line in range(8, 0, -1) for path in ("b.py", "a.py")]
    made = batches(many)
    assert [{one.path for one in batch} for batch in made] == [{"a.py"}, {"a.py"}, {"b.py"}, {"b.py"}]
    assert [one.finding.anchor.lines[0] for one in made[0]] == list(range(1, TOGETHER + 1))
    assert sum(len(batch) for batch in batches(many * 20)) == MOST


def test_a_renamed_file_is_known_by_its_path_now():
    (file,) = diff_of(new="@@ -1 +1 @@\n-a\n+b\n").files
    assert Candidate(finding(path="old.py"), file, earlier=True).path == "new.py"
