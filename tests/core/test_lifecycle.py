"""What became of an earlier finding."""

from dataclasses import replace

import pytest
from making_findings import finding

from reviewbot.core import lifecycle
from reviewbot.core.identity import Located
from reviewbot.core.threads import Opinion
from reviewbot.core.verification import Checked

EARLIER = finding((None, 4), quote="do(it)", fingerprint="f1")
MOVED = finding((None, 9), quote="do(it)", fingerprint="f1")
HIT = finding((None, 4), quote="eval(it)", fingerprint="f1", source="pattern", rule="no-eval")
THERE = Located(EARLIER, "there", MOVED)
CHANGED = Located(EARLIER, "changed", MOVED)
GONE = Located(EARLIER, "gone")


def fate(became):
    return None if became is None else became.fate


@pytest.mark.parametrize(
    ("known", "again", "how", "expected"),
    [
        (THERE, None, "", None),
        (THERE, EARLIER, "", "open"),
        (CHANGED, MOVED, "", "moved"),
        (THERE, None, "resolved", "dismissed"),
        (CHANGED, None, "resolved", "fixed"),
        (THERE, None, "command", "dismissed"),
        (CHANGED, None, "command", "fixed"),
        (CHANGED, MOVED, "resolved", "dismissed"),
        (GONE, None, "resolved", "fixed"),
        (CHANGED, None, "words", "dismissed"),
        (THERE, MOVED, "thumbs_down", "dismissed"),
    ],
)
def test_people_and_what_was_found_again(known, again, how, expected):
    assert fate(lifecycle.told(known, again, Opinion("f1", how) if how else None)) == expected


@pytest.mark.parametrize(
    ("known", "scanned", "reviewed", "expected"),
    [
        (THERE, True, True, "moved"),
        (Located(EARLIER, "there", EARLIER), True, True, "open"),
        (CHANGED, True, True, None),
        (CHANGED, False, False, "outdated"),
        (GONE, True, True, None),
        (Located(HIT, "changed", HIT), True, True, "fixed"),
        (Located(HIT, "reverted"), True, True, "fixed"),
        (Located(HIT, "there", HIT), True, True, "outdated"),
        (Located(HIT, "there", HIT), False, True, "open"),
    ],
)
def test_what_the_diff_shows(known, scanned, reviewed, expected):
    assert fate(lifecycle.shown(known, scanned=scanned, reviewed=reviewed)) == expected


@pytest.mark.parametrize(
    ("line", "exists", "text", "expected"),
    [
        ((None, 4), False, None, "fixed"),
        ((None, 4), True, "other()\n", "fixed"),
        ((None, 4), True, "  do(it)\n", "outdated"),
        ((None, 4), True, None, "outdated"),
        ((4, None), True, "do(it)\n", "fixed"),
        ((4, None), True, "other()\n", "outdated"),
        ((4, None), False, None, "outdated"),
    ],
)
def test_lines_that_left_the_diff(line, exists, text, expected):
    known = Located(finding(line, quote="do(it)", fingerprint="f1"), "gone")
    assert fate(lifecycle.gone(known, exists, text)) == expected


@pytest.mark.parametrize(
    ("known", "checked", "expected"),
    [
        (CHANGED, Checked("refuted", None, "The list is closed now."), "fixed"),
        (CHANGED, Checked("confirmed", None, "Still open."), "moved"),
        (CHANGED, Checked("unproven"), "moved"),
        (CHANGED, None, "moved"),
        (GONE, None, "outdated"),
        (GONE, Checked("refuted", None, "Not there."), "fixed"),
    ],
)
def test_only_a_refutation_makes_changed_lines_fixed(known, checked, expected):
    assert fate(lifecycle.judged(known, checked)) == expected


def test_what_was_not_proven_before_and_is_confirmed_now_counts_as_confirmed():
    known = Located(EARLIER, "changed", replace(MOVED, certainty="unproven"))
    assert lifecycle.judged(known, Checked("confirmed", None, "Still open.")).finding.certainty == "confirmed"
    assert lifecycle.judged(known, Checked("unproven")).finding.certainty == "unproven"
