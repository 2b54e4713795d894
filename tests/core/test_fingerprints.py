"""The identity of a finding over re-runs and pushes."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from making_findings import diff_of, finding
from strategies import generated_changes

from reviewbot.core.fingerprints import stamp
from reviewbot.model.finding import Anchor, Category, Severity
from reviewbot.model.merge_request import RawChange

TEXT = """@@ -1,2 +1,5 @@
 import os
+total = 1
+total = 1
+    other = 2
 done
"""
DIFF = diff_of(a=TEXT)
FIRST, SECOND, OTHER = (None, 2), (None, 3), (None, 4)


def stamps(*findings, diff=DIFF):
    return [each.fingerprint for each in stamp(findings, diff)]


def test_sixteen_hex_digits_order_kept():
    found = stamp([finding(OTHER, title="b"), finding(FIRST, title="a")], DIFF)
    assert [each.title for each in found] == ["b", "a"]
    assert all(len(each.fingerprint) == 16 and int(each.fingerprint, 16) >= 0 for each in found)


def test_wording_severity_category_and_range_change_nothing():
    plain = finding(FIRST)
    anew = finding(
        FIRST,
        OTHER,
        title="Said anew",
        body="!",
        severity=Severity.CRITICAL,
        category=Category.SECURITY,
        suggestion="x",
    )
    assert stamps(plain) == stamps(anew)


def test_a_rule_place_or_equal_line_makes_a_difference():
    assert len({*stamps(finding(FIRST)), *stamps(finding(SECOND)), *stamps(finding(OTHER))}) == 3
    assert stamps(finding(FIRST, rule="r")) != stamps(finding(FIRST))


def test_lines_that_move_and_are_indented_anew_keep_theirs():
    moved = diff_of(a=TEXT.replace("@@ -1,2 +1,5 @@", "@@ -41,2 +51,5 @@").replace("+    other", "+  other"))
    assert stamps(finding((None, 54)), diff=moved) == stamps(finding(OTHER))


def test_more_context_around_changes_nothing():
    wider = diff_of(a=TEXT.replace("-1,2 +1,5", "-1,3 +1,6").replace(" import os", " total = 1\n import os"))
    assert stamps(finding((None, 3)), diff=wider) == stamps(finding(FIRST))


def test_a_rename_keeps_the_old_path_as_lineage():
    renamed = diff_of(RawChange("a.py", "b.py", TEXT, renamed_file=True))
    assert stamps(finding(FIRST, path="b.py"), diff=renamed) == stamps(finding(FIRST))
    assert stamps(finding(FIRST, path="b.py"), diff=diff_of(b=TEXT)) != stamps(finding(FIRST))


def test_added_and_removed_equal_lines_differ():
    diff = diff_of(a="@@ -1,1 +1,1 @@\n-same\n+same\n")
    assert len({*stamps(finding((1, None)), diff=diff), *stamps(finding((None, 1)), diff=diff)}) == 2


def test_two_remarks_on_one_line_differ_and_the_gravest_is_the_plain_one():
    grave = finding(FIRST, title="Overflows the counter", severity=Severity.CRITICAL)
    light = finding(FIRST, title="Name says nothing", severity=Severity.SUGGESTION)
    together = stamps(light, grave)
    assert together[0] != together[1]
    assert together[1] == stamps(light)[0] == stamps(grave)[0]


def test_remarks_that_say_the_same_share_one():
    assert len(set(stamps(finding(FIRST, title="Overflow of counter"), finding(FIRST, title="Counter overflow")))) == 1


@given(generated_changes())
@settings(max_examples=60, deadline=None)
def test_each_line_of_a_diff_has_its_own(generated):
    diff = diff_of(generated.change)
    findings = [finding(line.key, path="src/file.txt") for line in diff.files[0].lines()]
    assert len(set(stamps(*findings, diff=diff))) == len(findings)


@given(st.text(), st.text(max_size=5))
def test_a_place_outside_the_diff_is_stamped_all_the_same(quote, path):
    lost = replace(finding(quote=quote), anchor=Anchor(path, (None, 99), (None, 99)))
    assert stamps(lost) == stamps(lost)
