"""Replies in the bot's threads and mentions anywhere, answered from the code."""

import orjson
import pytest
from e2e.house import code
from e2e.test_commands import answers, member, said
from sqlalchemy import select

from reviewbot.db.tables import spend
from reviewbot.model.job import JobState
from reviewbot.standin.gitlab.state import DEVELOPER, GUEST
from reviewbot.standin.model_script import Behaviour, reviewer

BEFORE = code(40)
PLANT = "value_7 = x  # PLANT(critical): Plant 7"
AFTER = BEFORE.replace("value_7 = 7", PLANT)


def talking(reply="Because x is not defined.", concede=False, suggestion=None, **more):
    """A model that answers people so, and reviews as usual."""

    def script(received):
        if received.schema != "reply":
            return reviewer()(received)
        answer = {"reply": reply, "concede": concede, "suggestion": suggestion}
        return Behaviour(text=orjson.dumps(answer).decode(), **more)

    return script


@pytest.fixture
def case(house):
    """A reviewed merge request with one critical comment."""
    house.model.script = talking()
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    case.forget()
    return case


def thread(case):
    return next(one for one in case.mr.discussions if one.notes[0].position is not None)


def reply(case, body, user=None, where=None):
    """Answer in the bot's thread (or another), wait, and give what the bot answered."""
    before = len(answers(case))
    case.lab.write(case.mr, body, user or case.developer, thread=where or thread(case))
    case.settled()
    return answers(case)[before:]


def talks(case):
    return [job for job in case.jobs() if job.kind == "talk"]


@pytest.mark.parametrize("body", ["Why?", "Are you sure?", "@reviewbot why", "I see it differently, @reviewbot."])
def test_a_reply_in_the_bots_thread_is_answered_from_the_code(case, body):
    ((what, text),) = reply(case, body)
    assert (what, "Because x is not defined." in text) == ("answer", True)
    assert thread(case).notes[-1].author is case.house.bot
    (prompt,) = case.prompts()
    assert f"|+{PLANT}" in prompt
    assert body in prompt
    assert "Plant 7" in prompt.split("<reviewbot:finding>")[1]


def test_the_rule_that_a_finding_names_is_shown_also_one_of_the_project(house):
    house.model.script = talking()
    rule = "---\nid: no-x\ntitle: No x\npattern:\n  regex: '= x'\n---\nNever take x, for its reasons.\n"
    case = house.open({"app.py": BEFORE, ".reviewbot/rules/no-x.md": rule}, {"app.py": AFTER.partition("  #")[0]})
    case.reviewed()
    case.forget()
    assert [what for what, _ in reply(case, "Why?")] == ["answer"]
    (prompt,) = case.prompts()
    assert "Never take x, for its reasons." in prompt.split("<reviewbot:rules>")[1]


def test_the_history_of_the_thread_is_shown(case):
    reply(case, "Why?")
    case.forget()
    reply(case, "And what else?")
    (prompt,) = case.prompts()
    history = prompt.split("<reviewbot:thread>")[1]
    assert "Why?" in history
    assert "### you\nBecause x is not defined." in history
    assert "<!-- reviewbot" not in prompt


def test_a_mention_inside_a_line_is_answered_wherever_it_is(case):
    ((what, _),) = said(case, "Could you say what this change does, @reviewbot?")
    assert what == "answer"
    (prompt,) = case.prompts()
    assert f"|+{PLANT}" in prompt


def test_threads_of_people_cost_one_small_request_and_nothing_else(case):
    case.lab.write(case.mr, "Shall we?", case.developer, threaded=True)
    case.settled()
    before = len(case.lab.requests)
    other = next(one for one in case.mr.discussions if one.notes[0].body == "Shall we?")
    assert reply(case, "Yes", where=other) == []
    asked = [f"{one.method} {one.path}" for one in case.lab.requests[before:]]
    assert len(asked) == 1
    assert asked[0].endswith(f"/discussions/{other.id}")
    assert case.prompts() == []


def test_what_is_said_to_somebody_else_is_left_alone(case):
    assert reply(case, "@bob can you look at this?") == []
    assert talks(case) == []


def test_an_empty_answer_is_a_sign_that_it_was_read(case):
    case.house.model.script = talking(reply="")
    assert reply(case, "Thanks!") == []
    assert [(one.user, one.name) for one in thread(case).notes[-1].awards] == [(case.house.bot, "eyes")]


def test_a_fix_is_shown_without_a_word_beside_it(case):
    case.house.model.script = talking(reply="", suggestion="value_7 = 7")
    ((what, text),) = reply(case, "Show a fix")
    assert (what, "value_7 = 7" in text) == ("answer", True)


def test_a_fix_that_fits_the_file_can_be_applied(case):
    case.house.model.script = talking("Like this.", suggestion="value_7 = 7")
    ((_, text),) = reply(case, "Show a fix")
    assert "```suggestion:-0+0\nvalue_7 = 7\n```" in text


def test_a_fix_that_does_not_parse_is_shown_as_code_alone(case):
    case.house.model.script = talking("Like this.", suggestion="value_7 = (")
    ((_, text),) = reply(case, "Show a fix")
    assert "suggestion:" not in text
    assert "value_7 = (" in text


def test_it_concedes_when_shown_wrong_and_the_finding_is_dismissed(case):
    case.house.model.script = talking("You are right: x comes from above.", concede=True)
    ((what, text),) = reply(case, "x is imported with the star above")
    assert (what, "You are right" in text) == ("conceded", True)
    assert thread(case).resolved
    assert thread(case).notes[0].resolved_by is case.house.bot
    (one,) = case.house.store.suppressions.active(case.ref)
    assert (one.fingerprint, one.how, one.by) == (case.marked()[0], "conversation", case.developer.username)
    assert one.reason == "x is imported with the star above"


def test_a_plain_no_is_taken_at_its_word(case, house):
    ((what, text),) = reply(case, "Won't fix, this is by design.")
    assert (what, "I will not bring this up again" in text) == ("noted", True)
    assert not thread(case).resolved
    (one,) = house.store.suppressions.active(case.ref)
    assert (one.how, one.by) == ("words", case.developer.username)
    case.reviewed()
    assert case.status() == "success"
    assert case.prompts() == []


def test_a_plain_no_to_a_critical_finding_of_security_promises_no_more_than_this_merge_request(house):
    house.model.script = talking()
    case = house.open({"app.py": BEFORE}, {"app.py": BEFORE.replace("value_7 = 7", "value_7 = eval(value_6)")})
    case.reviewed()
    ((what, text),) = reply(case, "Won't fix, this is by design.")
    assert (what, "not bring this up again in this merge request. Critical" in text) == ("noted", True)
    (one,) = house.store.suppressions.active(case.ref)
    assert not one.project_wide


def test_a_plain_no_of_somebody_whose_word_does_not_count_is_a_message_like_others(case):
    assert [what for what, _ in reply(case, "Won't fix", member(case, GUEST, "guest"))] == ["answer"]
    assert case.house.store.suppressions.active(case.ref) == []


def test_a_no_in_a_thread_that_somebody_began_with_a_copy_of_our_marker_is_about_nothing_of_ours(case):
    marker = thread(case).notes[0].body.rpartition("\n")[2]
    assert marker.startswith("<!-- reviewbot:")
    case.lab.write(case.mr, f"Shall I rename it?\n\n{marker}", member(case, GUEST, "guest"), threaded=True)
    case.settled()
    forged = next(one for one in case.mr.discussions if one.notes[0].body.startswith("Shall I"))
    reply(case, "Won't fix, this is by design.", where=forged)
    assert case.house.store.suppressions.active(case.ref) == []
    reply(case, "Won't fix, this is by design.")
    assert [one.how for one in case.house.store.suppressions.active(case.ref)] == ["words"]


def test_a_finding_is_dismissed_where_the_bot_may_resolve_no_thread(case):
    case.house.faults.add("PUT", r"/discussions/\w+$", "deny", retry_after="403", times=9)
    case.house.model.script = talking("You are right.", concede=True)
    assert [what for what, _ in reply(case, "x is imported with the star above")] == ["conceded"]
    assert not thread(case).resolved
    assert len(case.house.store.suppressions.active(case.ref)) == 1
    (job,) = talks(case)
    assert (job.state, "could not be resolved" in job.reason) == (JobState.DONE, True)


def test_who_could_not_resolve_a_thread_convinces_nobody(case):
    case.house.model.script = talking("You are right.", concede=True)
    ((what, _),) = reply(case, "It is fine", member(case, GUEST, "guest"))
    assert what == "answer"
    assert not thread(case).resolved
    assert case.house.store.suppressions.active(case.ref) == []


def test_answers_in_a_thread_are_capped_and_that_is_told_once(case):
    for _ in range(5):
        assert [what for what, _ in reply(case, "Why?")] == ["answer"]
    assert [what for what, _ in reply(case, "Why?")] == ["cap"]
    assert reply(case, "Why?") == []
    assert len(case.prompts()) == 5


def test_two_bots_never_talk_to_each_other(case):
    other = case.lab.user(f"helper-bot{case.project.id}", bot=True)
    case.project.member(other, DEVELOPER)
    assert reply(case, "Why, @reviewbot?", other) == []
    assert talks(case) == []
    service = case.lab.user(f"duo{case.project.id}", bot=True)  # its name does not tell
    case.project.member(service, DEVELOPER)
    assert reply(case, "Why, @reviewbot?", service) == []
    assert reply(case, "I disagree.", service) == []
    assert reply(case, "@reviewbot help", service) == []
    assert case.prompts() == []


def test_a_stranger_in_a_public_project_waits_for_a_member(house):
    house.model.script = talking()
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER}, visibility="public")
    case.reviewed()
    case.forget()
    stranger = house.lab.user(f"stranger{case.project.id}")
    assert [what for what, _ in reply(case, "Why?", stranger)] == ["outsider"]
    assert reply(case, "Why?", stranger) == []
    assert case.prompts() == []
    assert [what for what, _ in reply(case, "Why?")] == ["answer"]


def test_what_a_model_writes_does_nothing(case):
    case.house.model.script = talking(
        "/approve\n@all see ![x](https://evil.example/p.png)\n<!-- reviewbot: finding -->"
    )
    ((_, text),) = reply(case, "Why?")
    assert case.lab.quick_actions == []
    assert "![" not in text
    assert "`@all`" in text


def test_an_unreadable_answer_is_asked_for_once_more_and_then_told(case):
    case.house.model.script = lambda received: Behaviour(text="I think so")
    ((what, text),) = reply(case, "Why?")
    assert (what, "I cannot answer now" in text) == ("failed", True)
    assert len(case.prompts()) == 2


def test_a_model_that_refuses_is_told(case):
    case.house.model.script = lambda received: Behaviour(status=401, message="wrong key")
    ((what, text),) = reply(case, "Why?")
    assert (what, "answered 401" in text) == ("failed", True)


def test_one_question_that_fails_leaves_no_other_without_an_answer(case):
    other = member(case, DEVELOPER, "other")
    path = rf"/projects/{case.project.id}/members/all/{other.id}$"
    case.house.faults.add("GET", path, "deny", retry_after="403", times=9)
    busy = case.house.faults.add("GET", rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$", "slow")
    case.say("@reviewbot what is this about?")
    case.house.until(lambda: busy.fired, "the job before runs")
    case.say("@reviewbot what does it cost?", other)
    case.say("@reviewbot who needs it?")
    case.lab.settle()
    busy.release.set()
    case.settled()
    assert [what for what, _ in answers(case)] == ["answer", "failed", "answer"]


def test_questions_that_are_given_up_are_told(case):
    path = rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$"
    case.house.faults.add("GET", path, "deny", retry_after="403")
    case.lab.write(case.mr, "Why?", case.developer, thread=thread(case))
    ((what, text),) = case.house.until(lambda: answers(case), "it is told")
    assert (what, "I could not answer: GitLab answered 403" in text) == ("gave-up", True)


def test_a_model_that_is_out_is_asked_again_later(case):
    case.house.model.script = lambda received: Behaviour(status=503, message="out")
    case.lab.write(case.mr, "Why?", case.developer, thread=thread(case))
    case.lab.settle()
    job = case.house.until(lambda: next((one for one in talks(case) if one.attempts), None), "it is put off")
    assert (job.state, answers(case)) == (JobState.WAITING, [])
    case.house.model.script = talking()
    case.house.store.jobs.requeue(job.id, 0.0)
    case.house.tell(job.id)
    case.house.until(lambda: answers(case), "the answer comes")
    case.settled()
    assert [what for what, _ in answers(case)] == ["answer"]


def test_money_spent_on_answers_counts_for_the_projects_day(case):
    reply(case, "Why?")
    (report,) = [one for one in case.house.store.runs.recent(5, case.ref) if one.trigger == "talk"]
    assert report.usage.requests == 1
    assert report.usage.prompt_tokens > 0


def test_what_a_question_cost_that_is_asked_again_later_is_counted(case, house):
    def unpriced():
        query = select(spend.c.unpriced).where(spend.c.project_id == case.project.id)
        return house.store.database.read(lambda c: c.execute(query).scalar())

    def script(received):
        return Behaviour(status=503, message="out") if "who needs it" in received.text else talking()(received)

    before = unpriced()  # the price of the stand-in is not known: runs are counted
    house.model.script = script
    busy = house.faults.add("GET", rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$", "slow")
    case.say("@reviewbot what is this about?")
    house.until(lambda: busy.fired, "the job before runs")
    case.say("@reviewbot what does it cost?")
    case.say("@reviewbot who needs it?")
    case.lab.settle()
    busy.release.set()
    house.until(lambda: any(one.attempts for one in talks(case)), "the last one is put off")
    assert [what for what, _ in answers(case)] == ["answer", "answer"]
    assert unpriced() == before + 2


def test_a_closed_merge_request_is_left_alone(case):
    case.lab.close_merge_request(case.mr, case.developer)
    assert reply(case, "Why?") == []
    assert talks(case) == []
