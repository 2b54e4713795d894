"""Dismissed findings are not told again in the project, and nothing else is kept quiet by them."""

from dataclasses import replace

import pytest
from making_findings import REF, diff_of, finding

from reviewbot.core import suppressing
from reviewbot.core.threads import Opinion
from reviewbot.model.finding import Category, Severity
from reviewbot.model.merge_request import MergeRequestRef, Person, RawChange

TEXT = """@@ -1,3 +1,4 @@
 def handle(order):
     customer = order.customer
+    charge(customer, order)
     return customer
"""
FILE = diff_of(a=TEXT).files[0]
LATER = MergeRequestRef(REF.project_id, 99)
SAID = Opinion("f1", "words", Person(5, "ann"), "by design")
FOUND = finding(
    (None, 3), quote="    charge(customer, order)", title="The charge is repeated after a fault", fingerprint="f1"
)


def kept(found=FOUND, project_wide=True):
    return suppressing.remember(found, FILE, REF, SAID, 1.0, project_wide=project_wide)


def covered(found, file=FILE, one=None, ref=LATER):
    return suppressing.suppressed(found, file, [one or kept()], ref) is not None


def test_what_is_kept_holds_no_source_code():
    one = kept()
    assert (one.by, one.how, one.reason, one.project_wide, one.paths) == ("ann", "words", "by design", True, ("a.py",))
    assert "charge(" not in repr(replace(one, title=""))


def test_the_same_text_with_a_similar_claim_is_covered():
    assert covered(replace(FOUND, title="After a fault the charge is repeated", category=Category.RELIABILITY))
    assert not covered(replace(FOUND, title="Name says nothing"))


def test_an_edited_line_at_the_same_place_is_covered_and_another_place_is_not():
    edited = diff_of(a=TEXT.replace("charge(customer, order)", "charge(customer, order, twice)")).files[0]
    assert covered(replace(FOUND, quote="    charge(customer, order, twice)"), edited)
    other = diff_of(a="@@ -50,1 +50,2 @@\n x = 1\n+    charge(nobody)\n").files[0]
    assert not covered(finding((None, 51), quote="    charge(nobody)", title=FOUND.title), other)


def test_a_renamed_file_is_the_same_and_another_one_is_not():
    renamed = diff_of(RawChange("a.py", "lib/b.py", TEXT, renamed_file=True)).files[0]
    assert covered(finding((None, 3), path="lib/b.py", quote=FOUND.quote, title=FOUND.title), renamed)
    moved = diff_of(RawChange("lib/a.py", "lib/a.py", TEXT)).files[0]
    assert covered(finding((None, 3), path="lib/a.py", quote=FOUND.quote, title=FOUND.title), moved)
    other = diff_of(RawChange("c.py", "c.py", TEXT)).files[0]
    assert not covered(finding((None, 3), path="c.py", quote=FOUND.quote, title=FOUND.title), other)


def test_one_rule_is_one_claim():
    ruled = replace(FOUND, rule="no-double-charge")
    assert covered(replace(ruled, title="Whatever"), one=kept(ruled))


@pytest.mark.parametrize(
    ("severity", "category", "elsewhere"),
    [
        (Severity.CRITICAL, Category.SECURITY, False),
        (Severity.CRITICAL, Category.CORRECTNESS, True),
        (Severity.WARNING, Category.SECURITY, True),
    ],
)
def test_a_critical_finding_of_security_is_told_in_every_merge_request(severity, category, elsewhere):
    grave = replace(FOUND, severity=severity, category=category)
    assert kept(grave).project_wide is elsewhere
    assert covered(grave) is elsewhere
    assert covered(grave, ref=REF)
