"""What becomes of a finding over the pushes to a merge request, and what people do about it."""

import orjson
import pytest
from e2e.house import code

from reviewbot.standin.gitlab.state import REPORTER
from reviewbot.standin.model_script import Behaviour, confirmed, reviewer

BEFORE = code(60)
PLANT = "value_{0} = x  # PLANT({1}): Plant {0} is open\n"


def planted(text, *numbers, severity="warning"):
    for number in numbers:
        text = text.replace(f"value_{number} = {number}\n", PLANT.format(number, severity))
    return text


def on(number, path="app.py", severity="warning"):
    return (path, PLANT.format(number, severity).rstrip("\n"))


def judge(received):
    """Refutes what stands on a line that says that it is mended, confirms everything else."""
    told = confirmed(received.text)
    if "# mended" in received.text:
        told = [{**one, "verdict": "refuted", "reason": "The value is closed now."} for one in told]
    return Behaviour(text=orjson.dumps({"verdicts": told}).decode())


@pytest.fixture
def case(house):
    house.model.judge = judge
    case = house.open({"app.py": BEFORE, "other.py": BEFORE}, {"app.py": planted(BEFORE, 7, 40)})
    case.reviewed()
    assert case.on() == [on(40), on(7)]
    case.forget()
    return case


def thread(case, number):
    return next(one for one in case.mr.discussions if f"Plant {number} " in one.notes[0].body and one.notes[0].position)


def replies(case, number):
    return [note.body.split("\n")[0] for note in thread(case, number).notes[1:] if not note.system]


def became(case):
    return {one.finding.title: one.fate for one in case.outcome().examination.became}


def push(case, text, **files):
    case.push({"app.py": text, **files})
    return case.reviewed()


def test_a_mended_line_that_the_judge_confirms_is_resolved_with_one_line(case):
    push(case, planted(BEFORE, 40).replace("value_7 = 7", "value_7 = closed(x)  # mended"))
    assert became(case) == {"Plant 7 is open": "fixed", "Plant 40 is open": "open"}
    assert replies(case, 7) == [f"Fixed in {case.mr.sha[:8]}. The value is closed now."]
    assert (thread(case, 7).resolved, thread(case, 40).resolved) == (True, False)
    assert case.report().findings == 1
    push(case, planted(BEFORE, 40).replace("value_7 = 7", "value_7 = closed(x)  # mended") + "# more\n")
    assert len(replies(case, 7)) == 1
    assert case.on() == [on(40), on(7)]


def test_a_changed_line_that_the_judge_does_not_clear_stays_open(case):
    push(case, planted(BEFORE, 40).replace("value_7 = 7", "value_7 = other(x)"))
    assert became(case)["Plant 7 is open"] in {"open", "moved"}
    assert (replies(case, 7), thread(case, 7).resolved, case.report().findings) == ([], False, 2)


def test_a_change_that_is_taken_back_is_fixed_without_asking(case):
    push(case, planted(BEFORE, 40))
    assert (became(case)["Plant 7 is open"], thread(case, 7).resolved, case.judged()) == ("fixed", True, [])


def test_a_thread_with_a_persons_answer_is_answered_and_left_open(case):
    case.lab.write(case.mr, "Hm, let me see.", case.developer, thread(case, 7))
    push(case, planted(BEFORE, 40))
    assert replies(case, 7)[1].startswith("This looks fixed")
    assert not thread(case, 7).resolved
    push(case, planted(BEFORE, 40) + "# more\n")
    assert len(replies(case, 7)) == 2


def test_a_rebase_a_rename_and_a_force_push_repeat_nothing(case):
    project, developer = case.project, case.developer
    top = "# A new first line\n# and a second\n" + BEFORE
    start = project.commit("main", {"app.py": top}, author=developer)
    renamed = {"app.py": None, "renamed.py": planted(top, 7, 40)}
    rebased = project.commit(f"rebased-{project.id}", renamed, parent=start, author=developer)
    project.repository.set_ref("refs/heads/feature", rebased)
    project.push("feature", None, user=developer)
    case.reviewed()
    assert (len(case.comments), case.prompts(), case.judged()) == (2, [], [])
    assert set(became(case).values()) == {"moved"}
    assert case.report().verdict == "minor_issues"


def test_another_category_and_wording_of_the_model_is_the_same_finding(case, house):
    def otherwise(received):
        answer = orjson.loads(reviewer()(received).text)
        for one in answer.get("findings", ()):
            one |= {"category": "security", "title": "Called otherwise", "severity": "critical"}
        return Behaviour(text=orjson.dumps(answer).decode())

    house.model.script = otherwise
    push(case, planted(BEFORE, 7, 40).replace("value_8 = 8", "value_8 = 88"))
    assert len(case.prompts()) >= 1
    assert case.on() == [on(40), on(7)]
    assert sorted(one.title for one in case.outcome().examination.findings) == ["Plant 40 is open", "Plant 7 is open"]


def dismissals(case):
    return {
        "resolved": lambda: case.lab.resolve(case.mr, thread(case, 7), case.developer),
        "words": lambda: case.lab.write(case.mr, "Won't fix: by design.", case.developer, thread(case, 7)),
        "thumbs_down": lambda: case.lab.react(case.mr, thread(case, 7).notes[0], case.developer, "thumbsdown"),
        "deleted": lambda: case.lab.delete_note(case.mr, thread(case, 7).notes[0].id),
    }


@pytest.mark.parametrize("how", ["resolved", "words", "thumbs_down", "deleted"])
def test_a_dismissed_finding_never_comes_back_and_counts_no_more(case, house, how):
    dismissals(case)[how]()
    case.settled()  # what was said is a run of its own, and may end after the next push's
    left = [on(40)] if how == "deleted" else [on(40), on(7)]
    for more in ("# one\n", "# two\n"):
        push(case, planted(BEFORE, 7, 40).replace("value_8 = 8", f"value_8 = 88  {more.strip()}"))
        assert became(case)["Plant 7 is open"] == "dismissed"
        assert case.on() == left
        assert case.report().findings == 1
    (kept,) = house.store.suppressions.active(case.ref)
    assert (kept.how, kept.title, kept.project_wide) == (how, "Plant 7 is open", True)
    later = case.project.merge_request("again", "main", "Again", author=case.developer) if _branch(case) else None
    other = type(case)(house, case.project, case.developer, later, len(house.model.requests))
    other.reviewed()
    assert other.on() == [on(40)]
    assert any(one.stage == "suppressed" for one in other.outcome().examination.dropped)


def _branch(case):
    return case.project.commit("again", {"app.py": planted(BEFORE, 7, 40)}, author=case.developer, parent="main")


def test_a_lifted_suppression_lets_it_be_told_again(case, house):
    dismissals(case)["words"]()
    push(case, planted(BEFORE, 7, 40) + "# one\n")
    (kept,) = house.store.suppressions.active(case.ref)
    assert house.store.suppressions.lift(kept.id, "owner")
    _branch(case)
    later = case.project.merge_request("again", "main", "Again", author=case.developer)
    other = type(case)(house, case.project, case.developer, later, len(house.model.requests))
    other.reviewed()
    assert other.on() == [on(40), on(7)]


def test_the_word_of_somebody_without_the_role_dismisses_nothing(case, house):
    reporter = house.lab.user(f"reporter{case.project.id}")
    case.project.member(reporter, REPORTER)
    case.lab.write(case.mr, "false positive", reporter, thread(case, 7))
    case.lab.react(case.mr, thread(case, 7).notes[0], reporter, "thumbsdown")
    push(case, planted(BEFORE, 7, 40) + "# one\n")
    assert (became(case)["Plant 7 is open"], case.report().findings) == ("open", 2)
    assert house.store.suppressions.active(case.ref) == []


def test_a_thread_that_is_opened_again_counts_again(case):
    dismissals(case)["resolved"]()
    push(case, planted(BEFORE, 7, 40) + "# one\n")
    assert became(case)["Plant 7 is open"] == "dismissed"
    case.lab.resolve(case.mr, thread(case, 7), case.developer, resolved=False)
    push(case, planted(BEFORE, 7, 40) + "# two\n")
    assert (became(case)["Plant 7 is open"], case.report().findings) == ("open", 2)


def test_after_five_pushes_it_pauses_says_so_once_and_goes_on_when_asked(case, house):
    for number in range(1, 5):
        push(case, planted(BEFORE, 7, 40) + f"# {number}\n")
        assert "not reviewed" not in case.summary()
    push(case, planted(BEFORE, 7, 40) + "# 5\n")
    assert "Further pushes are not reviewed" in case.summary()
    assert house.store.states.get(case.ref).paused
    case.forget()
    case.push({"app.py": planted(BEFORE, 7, 40, 50)})
    assert "paused" in case.reviewed("ignored").reason
    assert (case.prompts(), case.status(), case.on()) == ([], "skipped", [on(40), on(7)])
    case.say("@reviewbot review")
    case.reviewed()
    assert on(50) in case.on()
    assert "Reviews of pushes are paused here" in case.summary()
    house.store.states.resume(case.ref)
    push(case, planted(BEFORE, 7, 40, 50) + "# 7\n")
    assert "paused" not in case.summary()


def test_a_repository_may_want_no_pause(house):
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": "pause_after: 0\n"}, {"app.py": planted(BEFORE, 7)})
    case.reviewed()
    for number in range(6):
        push(case, planted(BEFORE, 7) + f"# {number}\n")
    assert not house.store.states.get(case.ref).paused
