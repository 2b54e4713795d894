"""What becomes of earlier findings where code was mended, and similar code came beside it."""

from dataclasses import replace

import pytest
from making_findings import diff_of, finding
from test_verifying import judged_by, ruling

from reviewbot.asking.budget import Budget
from reviewbot.bench import Material
from reviewbot.control import Control
from reviewbot.core import fingerprints, suppressing
from reviewbot.core.prompts import About
from reviewbot.core.threads import Opinion
from reviewbot.core.tracing import Trace, seen_file
from reviewbot.following import Memory, Sight, follow
from reviewbot.model.chunk import Tier
from reviewbot.model.merge_request import MergeRequestRef, Person, RawChange
from reviewbot.model.outcome import ReviewedVersion
from reviewbot.model.policy import ReviewPolicy

SILENT = lambda step, done, total: None  # noqa: E731
OPINION = Opinion("", "thumbs_down", Person(7, "dev"), "")
BODY = [f"    step_{number}(order)" for number in range(1, 31)]
LEAK = "    ledger = open(order)"


def new_file(lines):
    text = f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)
    return diff_of(RawChange("a.py", "a.py", text, new_file=True))


def on(diff, text, title, **more):
    line = next(line for line in diff.files[0].lines() if line.text == text)
    return fingerprints.stamp([finding(line.key, quote=text, title=title, **more)], diff)[0]


BEFORE = new_file([*BODY[:10], LEAK, *BODY[10:]])
NOW = new_file([*BODY[:10], "    close(order)", "", "    coupon = open(order)", *BODY[10:]])
KNOWN = on(BEFORE, LEAK, "The ledger file is never closed", certainty="confirmed")
BESIDE = on(NOW, "    coupon = open(order)", "The coupon file is never closed")


ONE = ReviewedVersion("", findings=(KNOWN,), seen={"a.py": seen_file(BEFORE.files[0], ())})


def followed(bench, *found, judge=True, version=ONE):
    text = "\n".join(line.text for line in NOW.files[0].lines())
    policy = ReviewPolicy(judge=judge)
    material = Material(NOW.files, {"a.py": text}, (), About(), policy, Tier.FULL)
    sight = Sight(NOW, Trace(version.seen, NOW), ["a.py"], ["a.py"], lambda paths: {})
    return follow(found, Memory(earlier=version), sight, material, bench, Control(60), Budget(), SILENT)


def run(bench, diff, memory, *found):
    """Without a text of the file: nothing can be asked about it."""
    seen = memory.earlier.seen if memory.earlier else {}
    material = Material(diff.files, {}, (), About(), ReviewPolicy(), Tier.FULL)
    sight = Sight(diff, Trace(seen, diff), ["a.py"], ["a.py"], lambda paths: {})
    return follow(found, memory, sight, material, bench, Control(60), Budget(), SILENT)


def test_a_mended_one_is_fixed_although_a_similar_one_came_beside_it():
    with judged_by(ruling("refuted", reason="Line 11 closes it.")) as (standin, bench):
        done = followed(bench, BESIDE)
    assert [(one.fate, one.finding.title, one.note) for one in done.became] == [
        ("fixed", KNOWN.title, "Line 11 closes it.")
    ]
    assert [one.title for one in done.fresh] == [BESIDE.title]
    assert len(standin.requests) == 1


def test_what_is_near_to_two_that_are_mended_is_new():
    second = "    receipt = open(order)"
    before = new_file([*BODY[:10], LEAK, second, *BODY[10:]])
    both = on(before, LEAK, KNOWN.title), on(before, second, "The receipt file is never closed")
    version = ReviewedVersion("", findings=both, seen={"a.py": seen_file(before.files[0], ())})
    with judged_by(ruling("refuted")) as (_, bench):
        done = followed(bench, BESIDE, version=version)
    assert [one.fate for one in done.became] == ["fixed", "fixed"]
    assert [one.title for one in done.fresh] == [BESIDE.title]


@pytest.mark.parametrize("verdict", ["confirmed", "unproven"])
def test_one_that_is_not_refuted_has_moved_to_the_line_beside_it(verdict):
    with judged_by(ruling(verdict)) as (_, bench):
        done = followed(bench, BESIDE)
    assert [(one.fate, one.finding.title) for one in done.became] == [("moved", KNOWN.title)]
    assert done.open[0].anchor == BESIDE.anchor
    assert done.fresh == ()


def test_without_a_judge_what_is_near_and_similar_is_the_same():
    with judged_by(ruling("refuted")) as (standin, bench):
        done = followed(bench, BESIDE, judge=False)
    assert [one.fate for one in done.became] == ["moved"]
    assert done.fresh == ()
    assert standin.requests == []


def test_what_was_dismissed_elsewhere_is_left_unsaid_and_known_as_long_as_its_lines_are_there():
    known, other = on(BEFORE, LEAK, "The ledger file is never closed"), MergeRequestRef(1, 2)
    dismissed = suppressing.remember(known, BEFORE.files[0], other, OPINION, 1.0, project_wide=True)
    memory = Memory(ref=MergeRequestRef(1, 3), suppressions=[dismissed])
    with judged_by(ruling("refuted")) as (_, bench):
        first = run(bench, BEFORE, memory, known)
        assert (first.fresh, first.unsaid) == ((), (known,))
        version = ReviewedVersion("", seen={"a.py": seen_file(BEFORE.files[0], ())}, unsaid=first.unsaid)
        memory = replace(memory, earlier=version)
        later = new_file(["", *BODY[:10], LEAK, *BODY[10:]])
        again = on(later, LEAK, "The ledger file is never closed")
        assert [one.anchor for one in run(bench, later, memory).unsaid] == [again.anchor]
        assert run(bench, later, memory, again).unsaid == (again,)
        assert run(bench, new_file(BODY), memory).unsaid == ()
