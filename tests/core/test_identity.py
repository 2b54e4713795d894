"""Which finding of this run is which of the last one, whatever happened to the code between."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from making_findings import diff_of, finding
from strategies import git_diff

from reviewbot.core import fingerprints, identity
from reviewbot.core.diffs import parse_git
from reviewbot.core.tracing import Trace, seen_file
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Category, Severity
from reviewbot.model.merge_request import RawChange

BODY = [f"    step_{number}(order)" for number in range(1, 31)]


def new_file(lines, path="a.py"):
    text = f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)
    return diff_of(RawChange(path, path, text, new_file=True))


def on(diff, text, path=None, **more):
    """A stamped finding on the line with this text."""
    file = diff.file(path) if path else diff.files[0]
    line = next(line for line in file.lines() if line.text == text)
    return fingerprints.stamp([finding(line.key, path=file.path, quote=text, **more)], diff)[0]


def trace(before, now):
    return Trace({file.path: seen_file(file, ()) for file in before.files}, now)


def place(known, before, now):
    return identity.locate(known, trace(before, now))


def matched(before, known, now, *found):
    located = [identity.locate(each, trace(before, now)) for each in known]
    return identity.matches(found, located)


def changed(at, *lines, cut=1):
    return [*BODY[:at], *lines, *BODY[at + cut :]]


def test_shifted_lines_are_followed():
    before, now = new_file(BODY), new_file(["import os", "", *BODY])
    found = place(on(before, BODY[9]), before, now)
    assert (found.place, found.now.anchor.lines, found.moved) == ("there", (12, 12), True)


def test_a_range_is_followed_as_a_whole_and_is_changed_when_a_line_of_it_is():
    before = new_file(BODY)
    known = replace(on(before, BODY[9]), anchor=replace(on(before, BODY[9]).anchor, end=(None, 12)))
    assert place(known, before, new_file(["x", *BODY])).now.anchor.lines == (11, 13)
    found = place(known, before, new_file(changed(10, "    other(order)")))
    assert (found.place, found.now.anchor.lines) == ("changed", (10, 10))


def test_a_changed_line_is_located_at_what_replaced_it():
    before = new_file(BODY)
    found = place(on(before, BODY[9]), before, new_file(["first", *changed(9, "    step_10(order, safely=True)")]))
    assert (found.place, found.now.anchor.lines, found.now.quote) == (
        "changed",
        (11, 11),
        "    step_10(order, safely=True)",
    )


def test_a_change_that_was_taken_back_is_reverted_and_a_file_that_left_is_gone():
    before = diff_of(a="@@ -1,3 +1,4 @@\n one\n+two\n three\n four\n@@ -20,2 +21,3 @@\n x\n+y\n z\n")
    known = on(before, "two")
    assert place(known, before, diff_of(a="@@ -2,3 +2,4 @@\n three\n+five\n four\n")).place in {"changed", "gone"}
    wide = diff_of(a="@@ -1,3 +1,4 @@\n one\n three\n four\n+five\n")
    assert place(known, before, wide).place == "reverted"
    assert place(known, before, diff_of(a="@@ -20,2 +20,3 @@\n x\n+y\n z\n")).place == "gone"
    assert place(known, before, Diff(())).place == "gone"


def test_another_category_severity_and_wording_on_the_same_line_is_the_same_finding():
    before, now = new_file(BODY), new_file(["import os", *BODY])
    again = on(
        now,
        BODY[9],
        title="Whatever else it is called",
        category=Category.SECURITY,
        severity=Severity.CRITICAL,
        rule="r",
    )
    known = on(before, BODY[9], title="The order is never closed")
    assert matched(before, [known], now, again) == {0: 0}
    taken = identity.taken_over(again, place(known, before, now))
    assert (taken.fingerprint, taken.title, taken.anchor) == (known.fingerprint, known.title, again.anchor)


def test_two_remarks_on_one_line_keep_apart_whichever_is_found_again():
    before = new_file(BODY)
    key = on(before, BODY[9]).anchor.start
    known = fingerprints.stamp(
        [
            finding(key, title="Overflows the counter", severity=Severity.CRITICAL, quote=BODY[9]),
            finding(key, title="Name says nothing", severity=Severity.SUGGESTION, quote=BODY[9]),
        ],
        before,
    )
    again = on(before, BODY[9], title="The name says nothing")
    assert again.fingerprint == known[0].fingerprint
    assert matched(before, known, before, again) == {0: 1}


def test_a_similar_claim_near_the_place_is_the_same_and_far_from_it_is_not():
    before, now = new_file(BODY), new_file(changed(9, "    step_10(order, safely=True)"))
    known = on(before, BODY[9], title="The order stays open after a fault")
    near = on(now, BODY[11], title="After a fault the order stays open")
    far = on(now, BODY[16], title="After a fault the order stays open")
    assert matched(before, [known], now, near) == {0: 0}
    assert matched(before, [known], now, far) == {}


def test_a_line_number_alone_is_nothing():
    before = new_file(BODY)
    now = new_file([*(f"    other_{number}(order)" for number in range(9)), *BODY[:20]])
    known = on(before, BODY[9], title="The order stays open")
    unrelated = finding((None, 10), quote="    step_1(order)", title="Missing check of the customer")
    assert matched(before, [known], now, *fingerprints.stamp([unrelated], now)) == {}


def test_what_replaced_the_line_goes_to_whom_it_says_the_same_as():
    """Two lines were edited at once, one of them mended: what is found is the other one still."""
    before = new_file(changed(9, "    open_ledger(order)", "    open_parcel(order)"))
    now = new_file(changed(9, "    open_parcel(order, safely=True)"))
    ledger = on(before, "    open_ledger(order)", title="The ledger is never closed")
    parcel = on(before, "    open_parcel(order)", title="The parcel is never closed after a fault")
    again = on(now, "    open_parcel(order, safely=True)", title="After a fault the parcel is never closed")
    assert matched(before, [ledger, parcel], now, again) == {0: 1}


def test_a_line_that_was_only_indented_in_a_renamed_new_file_is_the_same_however_it_is_called():
    before, now = new_file(BODY), new_file(changed(9, f"    {BODY[9]}"), "b.py")
    known = on(before, BODY[9], title="The order stays open")
    again = on(now, f"    {BODY[9]}", title="Whatever it is called", category=Category.SECURITY)
    assert place(known, before, now).place == "changed"
    assert matched(before, [known], now, again) == {0: 0}


def test_what_replaced_the_line_with_the_same_category_is_the_same():
    before, now = new_file(BODY), new_file(changed(9, "    step_10(order, safely=True)"))
    known = on(before, BODY[9], title="The order stays open")
    again = on(now, "    step_10(order, safely=True)", title="Nobody closes what was begun")
    assert matched(before, [known], now, again) == {0: 0}


def test_code_that_moved_to_another_file_keeps_its_finding():
    before = new_file(BODY)
    now = Diff((*new_file(BODY[:5]).files, *new_file(BODY[5:15], "b.py").files))
    known = on(before, BODY[9], title="The order stays open")
    assert matched(before, [known], now, on(now, BODY[9], "b.py", title="The order is left open")) == {0: 0}


def test_a_patterns_hit_is_no_models_finding_unless_it_says_the_same():
    before = new_file(BODY)
    known = on(before, BODY[9], title="The order stays open")
    hit = on(before, BODY[9], title="Call of eval", rule="no-eval", source="pattern")
    assert matched(before, [known], before, hit) == {}


def test_what_a_pattern_finds_too_is_proven_and_as_grave_as_the_pattern_says():
    before = new_file(BODY)
    known = on(before, BODY[3], severity=Severity.SUGGESTION, certainty="unproven")
    hit = on(before, BODY[3], severity=Severity.CRITICAL, source="pattern", rule="no-step")
    taken = identity.taken_over(hit, place(known, before, before))
    assert (taken.severity, taken.certainty, taken.rule) == (Severity.CRITICAL, "", "no-step")
    said = identity.taken_over(replace(hit, source="model"), place(known, before, before))
    assert (said.severity, said.certainty, said.rule) == (Severity.SUGGESTION, "unproven", None)


def test_a_new_finding_never_gets_the_fingerprint_of_another_one():
    first = finding(fingerprint="a" * 16)
    distinct = fingerprints.distinct([first, replace(first, fingerprint="b" * 16)], {"a" * 16})
    assert distinct[0].fingerprint not in {"a" * 16, "b" * 16}
    assert distinct[1].fingerprint == "b" * 16
    assert distinct == fingerprints.distinct([first, replace(first, fingerprint="b" * 16)], {"a" * 16})


EDITS = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 2), st.lists(st.sampled_from(["x = 1", "}", "", "y"]), max_size=3)),
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(edits=EDITS, at=st.integers(0, 29), renamed=st.booleans(), shift=st.integers(0, 9))
def test_over_any_edits_around_it_a_finding_is_found_again_at_its_line(edits, at, renamed, shift):
    """Real git's diffs of base -> first and base -> second; the finding's line is not touched."""
    base = [f"line_{number} = {number}" for number in range(30)]
    first = [*base[:at], "planted(order)", *base[at:]]
    second = ["# above"] * shift + first
    for start, cut, put in edits:
        second[start : start + cut] = put
    assume(second.count("planted(order)") == 1)
    before, now = _diff(base, first, "a.py"), _diff(base, second, "b.py" if renamed else "a.py")
    known = on(before, "planted(order)", title="The order stays open")
    again = on(now, "planted(order)", title="Something else", category=Category.RELIABILITY)
    assert matched(before, [known], now, again) == {0: 0}
    found = place(known, before, now)
    assert (found.place, found.now.anchor.start) == ("there", again.anchor.start)


@settings(max_examples=80, deadline=None)
@given(edits=EDITS, at=st.integers(2, 27))
def test_a_finding_whose_line_was_replaced_is_never_there(edits, at):
    first = [f"line_{number} = {number}" for number in range(30)]
    second = [*first[:at], "other", *first[at + 1 :]]
    for start, cut, put in edits:
        second[start : start + cut] = put
    before, now = new_file(first), new_file(second)
    assert place(on(before, first[at]), before, now).place != "there"


def _diff(old, new, path):
    (file,) = parse_git(git_diff("\n".join(old) + "\n", "\n".join(new) + "\n")).files
    return Diff((replace(file, old_path="a.py", new_path=path),))
