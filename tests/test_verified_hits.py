"""Rules with `verify: true`: what becomes of their patterns' hits, in one review and over later pushes."""

import contextlib
import json
from dataclasses import replace

import pytest
from making_findings import diff_of
from test_ahead import asked_of
from test_verifying import ruling

from reviewbot.asking.budget import Budget
from reviewbot.control import Control
from reviewbot.core import rules, verification
from reviewbot.core.prompts import About
from reviewbot.examine import Subject, examine
from reviewbot.following import Memory
from reviewbot.model.finding import Severity
from reviewbot.model.merge_request import RawChange
from reviewbot.model.outcome import Verdict
from reviewbot.model.policy import ReviewPolicy
from reviewbot.standin.model_script import Behaviour, confirmed, failing

pytestmark = pytest.mark.timeout(60)

POLICY = ReviewPolicy(reviewers=("general",), walkthrough=False, context=False, tools=False)
NOTHING = Behaviour(text='{"findings": []}')
BODY = [f"    step_{number}(order)" for number in range(1, 41)]
HIT = "    forbidden(order)"


def rule(name="no-forbidden", status="approved", body="Calls of `forbidden` MUST NOT be added."):
    front = f"id: {name}\ntitle: Forbidden\nstatus: {status}\nverify: true\npattern: {{regex: 'forbidden\\('}}"
    return rules.parse(f"---\n{front}\n---\n{body}\n", f"{name}.md")


def diff(lines):
    text = f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)
    return diff_of(RawChange("app.py", "app.py", text, new_file=True))


def examined(bench, lines, *active, memory=None, **policy):
    shown = diff(lines)
    text = "".join(f"{line}\n" for line in lines)
    subject = Subject(
        shown,
        About(title="Change it"),
        replace(POLICY, **policy),
        lambda paths: dict.fromkeys(set(paths) & {"app.py"}, text),
        memory=memory or Memory(),
        rules=active or (rule(),),
    )
    return examine(subject, bench, Control(60), Budget())


@contextlib.contextmanager
def judged(script, model=NOTHING):
    with asked_of(lambda received: model, script) as (standin, bench):
        yield standin, bench


def verdicts(standin):
    return [one.text for one in standin.requests if one.schema == "verdicts"]


def reasons(done, stage="judge"):
    return [one.reason for one in done.examination.dropped if one.stage == stage]


LINES = [*BODY[:5], HIT, *BODY[5:]]


def test_a_confirmed_hit_is_said_as_the_patterns_finding_and_as_gravely_as_its_rule_says():
    with judged(ruling("confirmed", severity="suggestion")) as (standin, bench):
        done = examined(bench, LINES)
    (one,) = done.examination.findings
    assert (one.rule, one.source, one.certainty, one.severity) == (
        "no-forbidden",
        "pattern",
        "confirmed",
        Severity.WARNING,
    )
    assert not one.candidate
    (asked,) = verdicts(standin)
    assert "Calls of `forbidden` MUST NOT be added." in asked
    assert "forbidden(order)" in asked


@pytest.mark.parametrize("verdict", ["refuted", "unproven"])
def test_a_hit_that_is_not_confirmed_is_left_out_with_the_reason(verdict):
    with judged(ruling(verdict, reason="It is a comment.")) as (_, bench):
        done = examined(bench, LINES)
    assert done.examination.findings == ()
    assert done.examination.verdict is Verdict.APPROVED
    told = f"a hit of the rule no-forbidden that the judge did not confirm: {verdict}: It is a comment."
    assert reasons(done) == [told]


def test_a_judge_that_fails_lets_no_hit_pass_and_says_so():
    with judged(lambda received: failing(500)) as (_, bench):
        done = examined(bench, LINES)
    assert done.examination.findings == ()
    assert reasons(done) == [
        "a hit of the rule no-forbidden that the judge did not confirm: the judge gave no verdict on it"
    ]
    (notice,) = done.examination.notices
    assert notice.startswith("1 hit of patterns not judged, so left out: ")


@pytest.mark.parametrize(
    ("given", "why"), [({"judge": False}, "the judge is switched off"), ({}, "no model is configured")]
)
def test_where_nobody_can_judge_no_hit_is_said(given, why):
    with judged(ruling("confirmed")) as (_, bench):
        done = examined(bench if given else replace(bench, asker=None), LINES, **given)
    assert done.examination.findings == ()
    assert reasons(done) == [f"a hit of the rule no-forbidden that the judge did not confirm: {why}"]


def test_an_enforced_one_fails_the_gate_when_it_is_confirmed_alone():
    for verdict, gate in (("confirmed", Verdict.SIGNIFICANT_CONCERNS), ("unproven", Verdict.APPROVED)):
        with judged(ruling(verdict)) as (_, bench):
            assert examined(bench, LINES, rule(status="enforced")).examination.verdict is gate


def test_a_draft_is_recorded_and_nobody_is_asked():
    with judged(ruling("confirmed")) as (standin, bench):
        done = examined(bench, LINES, rule(status="draft"))
    assert done.examination.findings == ()
    assert reasons(done, "shadow") == ["the rule no-forbidden is a draft, and nobody confirmed this hit"]
    assert verdicts(standin) == []


def said_by_model(line="    forbidden(order)"):
    entry = {
        "path": "app.py",
        "start": "",
        "end": "",
        "quote": line,
        "severity": "warning",
        "category": "maintainability",
        "rule": None,
        "title": "Forbidden call",
        "body": "It is forbidden.",
        "suggestion": None,
    }
    return Behaviour(text=json.dumps({"findings": [entry]}))


def test_what_a_reviewer_says_too_does_not_fall_with_the_hit():
    with judged(ruling("unproven"), said_by_model()) as (_, bench):
        done = examined(bench, LINES)
    (one,) = done.examination.findings
    assert (one.source, one.certainty, one.rule, one.votes) == ("model", "unproven", "no-forbidden", 2)


def test_so_many_hits_are_judged_and_what_models_say_goes_first():
    flood = [f"    forbidden({number})" for number in range(verification.MOST + 20)]
    with judged(ruling("confirmed"), said_by_model(BODY[0])) as (_, bench):
        done = examined(bench, [*BODY, *flood])
    found = (*done.examination.findings, *done.examination.overflow)
    assert len(found) == verification.MOST
    assert [one.certainty for one in found if one.source == "model"] == ["confirmed"]
    assert "21 hits of patterns not judged" in done.examination.notices[0]


def pushed(bench, before, lines, **policy):
    return examined(bench, lines, memory=Memory(earlier=before.version), **policy)


def test_a_known_finding_stays_open_while_its_line_does_without_being_asked_about_again():
    with judged(ruling("confirmed")) as (standin, bench):
        first = examined(bench, LINES)
        asked = len(verdicts(standin))
        second = pushed(bench, first, [*BODY[:2], "    new(order)", *LINES[2:]])
        third = pushed(bench, second, [*BODY[:2], "    new(order)", *LINES[2:], "    last(order)"])
    assert [one.fate for one in second.examination.became] == ["moved"]
    assert [one.fate for one in third.examination.became] == ["open"]
    assert len(verdicts(standin)) == asked
    for done in (second, third):
        (one,) = done.examination.findings
        assert (one.certainty, one.source) == ("confirmed", "pattern")
        assert one.fingerprint == first.examination.findings[0].fingerprint


def test_a_known_finding_whose_line_is_gone_is_fixed():
    with judged(ruling("confirmed")) as (_, bench):
        first = examined(bench, LINES)
        second = pushed(bench, first, BODY)
    assert [one.fate for one in second.examination.became] == ["fixed"]
    assert second.examination.findings == ()


@pytest.mark.parametrize(("verdict", "fate", "left"), [("refuted", "fixed", 0), ("confirmed", "open", 1)])
def test_where_the_line_changed_and_the_pattern_still_hits_the_judge_decides(verdict, fate, left):
    changed = [*BODY[:5], "    forbidden(order)  # allowed, see ADR 7", *BODY[5:]]
    with judged(ruling("confirmed")) as (_, bench):
        first = examined(bench, LINES)
    with judged(ruling(verdict)) as (standin, bench):
        second = pushed(bench, first, changed)
    assert [one.fate for one in second.examination.became] == [fate]
    assert len(second.examination.findings) == left
    assert "reported on an earlier version" in verdicts(standin)[0]


def test_a_known_finding_is_not_lost_when_the_judge_is_away_later():
    changed = [*BODY[:5], "    forbidden(order)  # allowed, see ADR 7", *BODY[5:]]
    with judged(ruling("confirmed")) as (_, bench):
        first = examined(bench, LINES)
    for script, given in ((lambda received: failing(500), {}), (ruling("refuted"), {"judge": False})):
        with judged(script) as (_, bench):
            second = pushed(bench, first, changed, **given)
        assert [one.rule for one in second.examination.findings] == ["no-forbidden"]


def test_a_refuted_hit_is_not_judged_again_until_its_surroundings_change_or_all_is_read():
    with judged(ruling("refuted")) as (standin, bench):
        first = examined(bench, LINES)
        asked = len(verdicts(standin))
        second = pushed(bench, first, [*LINES, "    last(order)"])
        assert len(verdicts(standin)) == asked
        assert reasons(second)[0].endswith("its lines were read in an earlier run")
        whole = examined(bench, [*LINES, "    last(order)"], memory=Memory(earlier=second.version, whole=True))
    assert reasons(whole)[0].endswith("refuted: Line 2 says so.")


def test_hits_beside_what_a_model_finds_are_judged_in_its_request():
    def script(received):
        told = [{**one, "verdict": "confirmed", "reason": "So it is."} for one in confirmed(received.text)]
        return Behaviour(text=json.dumps({"verdicts": told}))

    with judged(script, said_by_model(BODY[30])) as (standin, bench):
        done = examined(bench, LINES)
    assert len(verdicts(standin)) == 1
    assert sorted(one.source for one in done.examination.findings) == ["model", "pattern"]
