"""What events do to the jobs of a merge request."""

from dataclasses import replace

import pytest

from reviewbot.core.commands import withdrawal
from reviewbot.core.welcome import DRAFT
from reviewbot.errors import Superseded
from reviewbot.model.event import Closed, CommandGiven, Delivery, Ignored, Labelled, Reaction, ReviewWanted
from reviewbot.model.job import Due, JobState
from reviewbot.model.merge_request import MergeRequestRef, OpenHead
from reviewbot.model.outcome import Outcome

REF = MergeRequestRef(7, 3)


def wanted(head="a", trigger="opened", ref=REF, **more):
    return ReviewWanted(ref, head, trigger, **more)


def command(word="review", user=5, note=9, head="a", ref=REF):
    return CommandGiven(ref, word, "", user, f"user{user}", note, "d1", head)


def take(jobs, job_id, now=100.0, owner="me"):
    taken = jobs.take(job_id, owner, now)
    assert taken is not None
    return taken[1]


def done(jobs, head="a", now=100.0, state="done", ref=REF):
    job_id = jobs.want(wanted(head, ref=ref), now)
    jobs.finish(take(jobs, job_id, now), Outcome(state, "because", head), now)
    return job_id


def test_an_opened_merge_request_is_due_at_once(jobs):
    job_id = jobs.receive("k", "Merge Request Hook", b"{}", wanted(path="g/p", title="T", author="ann"), 100.0)
    job = jobs.get(job_id)
    assert (job.state, job.due_at, job.ref, job.head_sha) == (JobState.WAITING, 100.0, REF, "a")
    assert (job.path, job.title, job.author, job.trigger) == ("g/p", "T", "ann", "opened")


def test_what_a_comment_says_goes_to_the_jobs_of_its_kinds_and_is_heard_once(jobs):
    given = replace(command("review"), more=(("pause", ""), ("help", ""), ("question", "why")))
    job_id = jobs.want(given, 100.0)
    assert [(one.command, one.part) for one in jobs.get(job_id).commands] == [("pause", 1), ("help", 2)]
    jobs.want(given, 100.0)
    assert [(one.command, one.part) for one in jobs.get(job_id).commands] == [("pause", 1), ("help", 2)]
    assert [one.command for one in jobs.waiting_for(REF).commands] == ["review"]
    assert [one.part for one in jobs.waiting_for(REF, "talk").commands] == [3]


def test_the_approval_is_looked_after_once_however_often_it_is_wanted(jobs):
    job_id = jobs.want(command("pause", note=1), 100.0)
    for _ in range(30):
        jobs.want(withdrawal(REF), 100.0)
    assert [one.command for one in jobs.get(job_id).commands] == ["pause", "withdraw"]


def test_of_too_much_that_is_said_the_oldest_that_does_nothing_goes(jobs):
    job_id = jobs.want(command("pause", note=1), 100.0)
    for number in range(2, 40):
        jobs.want(command("help", note=number), 100.0)
    heard = jobs.get(job_id).commands
    assert (len(heard), heard[0].command, heard[-1].note_id) == (20, "pause", 39)


@pytest.mark.parametrize("word", ["review", "pause"])
def test_nobody_pushes_out_what_somebody_else_has_asked_for(jobs, word):
    job_id = jobs.want(command(word, user=5, note=1), 100.0)
    for number in range(2, 60):
        jobs.want(command(word, user=66, note=number), 100.0)
    heard = jobs.get(job_id).commands
    assert (len(heard), heard[0].user_id, heard[-1].note_id) == (20, 5, 59)


def test_a_repeated_delivery_is_a_no_op(jobs):
    first = jobs.receive("k", "h", b"{}", wanted(), 100.0)
    assert first is not None
    assert jobs.receive("k", "h", b"{}", wanted("b"), 101.0) is None
    assert jobs.get(first).head_sha == "a"


def test_pushes_wait_for_each_other_but_not_for_ever(jobs):
    job_id = jobs.want(wanted("a", "pushed"), 100.0)
    assert jobs.get(job_id).due_at == 103.0
    assert jobs.want(wanted("b", "pushed"), 102.0) == job_id
    assert (jobs.get(job_id).due_at, jobs.get(job_id).head_sha) == (105.0, "b")
    for second in range(103, 120):
        jobs.want(wanted("c", "pushed"), float(second))
    assert jobs.get(job_id).due_at == 113.0
    assert jobs.counts()[JobState.WAITING] == 1


def test_a_request_makes_a_waiting_push_due_at_once(jobs):
    job_id = jobs.want(wanted("a", "pushed"), 100.0)
    assert jobs.want(wanted("a", "reviewer", explicit=True), 101.0) == job_id
    assert (jobs.get(job_id).due_at, jobs.get(job_id).explicit) == (101.0, True)


@pytest.mark.parametrize("trigger", ["opened", "pushed", "poll", "ready", "label"])
def test_a_head_that_was_reviewed_is_not_reviewed_again(jobs, trigger):
    done(jobs)
    assert jobs.want(wanted("a", trigger), 200.0) is None
    assert jobs.counts()[JobState.WAITING] == 0


def test_a_head_that_was_reviewed_is_reviewed_again_on_request(jobs):
    first = done(jobs)
    second = jobs.want(wanted("a", "reviewer", explicit=True), 200.0)
    assert second not in {None, first}


def test_another_target_branch_is_another_diff_of_the_same_head(jobs):
    done(jobs)
    assert jobs.want(wanted("a", "target"), 200.0) is not None


def test_a_merge_request_may_have_got_another_target_branch_while_it_was_closed(jobs):
    done(jobs)
    assert jobs.want(wanted("a", "reopened"), 200.0) is not None


@pytest.mark.parametrize(("trigger", "again"), [("poll", False), ("pushed", False), ("ready", True), ("label", True)])
def test_a_head_that_was_ignored_is_looked_at_when_its_merge_request_changed(jobs, trigger, again):
    done(jobs, state="ignored")
    assert (jobs.want(wanted("a", trigger), 200.0) is not None) is again


def test_a_failed_head_is_not_polled_again(jobs):
    done(jobs, state="failed")
    assert jobs.want(wanted("a", "poll"), 200.0) is None


def test_an_event_for_the_head_that_runs_changes_nothing(jobs):
    lease = take(jobs, jobs.want(wanted(), 100.0))
    assert jobs.want(wanted("a", "pushed"), 101.0) is None
    jobs.guard(lease)
    assert jobs.counts()[JobState.WAITING] == 0


def test_a_newer_head_stops_the_run_of_the_old_one_and_waits_for_its_end(jobs):
    old = jobs.want(wanted("a"), 100.0)
    lease = take(jobs, old)
    new = jobs.want(wanted("b", "pushed"), 101.0)
    assert new not in {None, old}
    with pytest.raises(Superseded):
        jobs.guard(lease)
    assert jobs.take(new, "other", 200.0) is None
    assert new not in jobs.due(150.0)
    jobs.finish(lease, Outcome("superseded", "newer", "a"), 150.0)
    assert jobs.get(old).state is JobState.SUPERSEDED
    assert list(jobs.due(150.0)) == [new]
    take(jobs, new, 200.0)


def test_the_run_tells_which_head_it_found_and_an_event_for_it_is_no_news(jobs):
    lease = take(jobs, jobs.want(wanted(""), 100.0))
    jobs.reviewing(lease, "b")
    assert jobs.want(wanted("b", "pushed"), 101.0) is None
    jobs.guard(lease)


def test_the_head_that_was_reviewed_in_the_end_counts(jobs):
    lease = take(jobs, jobs.want(wanted("a"), 100.0))
    jobs.finish(lease, Outcome("done", "", "b"), 110.0)
    assert jobs.want(wanted("b", "pushed"), 120.0) is None


def test_a_request_for_the_head_that_runs_comes_after_it(jobs):
    lease = take(jobs, jobs.want(wanted("a"), 100.0))
    again = jobs.want(command(), 101.0)
    assert again is not None
    jobs.guard(lease)
    assert jobs.take(again, "me", 102.0) is None
    jobs.finish(lease, Outcome("done", "", "a"), 103.0)
    take(jobs, again, 104.0)


def test_closing_ends_what_waits_and_stops_what_runs(jobs):
    lease = take(jobs, jobs.want(wanted("a"), 100.0))
    waiting = jobs.want(wanted("b", "pushed"), 101.0)
    assert jobs.receive("k", "h", b"{}", Closed(REF, "merged"), 102.0) is None
    assert (jobs.get(waiting).state, jobs.get(waiting).reason) == (
        JobState.SUPERSEDED,
        "The merge request was merged",
    )
    with pytest.raises(Superseded):
        jobs.guard(lease)


def test_a_reopened_merge_request_is_reviewed_though_its_stopped_run_has_not_ended_yet(jobs):
    lease = take(jobs, jobs.want(wanted("a"), 100.0))
    jobs.want(Closed(REF, "closed"), 101.0)
    with pytest.raises(Superseded, match="closed"):
        jobs.guard(lease)
    assert jobs.want(wanted("a", "reopened"), 102.0) is not None


def test_closing_a_merge_request_that_nobody_reviewed_is_noted(jobs):
    assert jobs.receive("k", "h", b"{}", Closed(REF, "closed"), 100.0) is None
    assert jobs.counts()[JobState.SUPERSEDED] == 0


def test_a_command_brings_its_person_and_note(jobs):
    job = jobs.get(jobs.want(command(user=5, note=9), 100.0))
    assert (job.trigger, job.explicit, job.asked_by, job.note_id) == ("command", False, 5, 9)


def test_a_strangers_command_does_not_make_a_pushed_review_hang_on_the_strangers_role(jobs):
    job_id = jobs.want(wanted("a", "pushed"), 100.0)
    jobs.want(command(user=66), 101.0)
    job = jobs.get(job_id)
    assert (job.trigger, job.explicit) == ("pushed", False)
    assert [given.user_id for given in job.commands] == [66]


def test_a_later_command_does_not_push_out_an_earlier_one(jobs):
    job_id = jobs.want(command(user=5, note=1), 100.0)
    jobs.want(command(user=66, note=2), 101.0)
    assert [(given.user_id, given.note_id) for given in jobs.get(job_id).commands] == [(5, 1), (66, 2)]


def test_a_push_that_replaces_a_requested_run_keeps_the_request(jobs):
    take(jobs, jobs.want(command(user=5, head="a"), 100.0))
    job = jobs.get(jobs.want(wanted("b", "pushed"), 101.0))
    assert (job.trigger, job.explicit, job.asked_by) == ("pushed", False, 5)


def test_a_push_that_moves_a_waiting_row_stops_the_run_of_the_older_head_and_takes_over_its_wishes(jobs):
    lease = take(jobs, old := jobs.want(wanted("a", "reviewer", explicit=True), 100.0))
    again = jobs.want(command(user=66), 101.0)
    jobs.guard(lease)
    assert jobs.want(wanted("b", "pushed"), 102.0) == again
    with pytest.raises(Superseded):
        jobs.guard(lease)
    job = jobs.get(again)
    assert (job.head_sha, job.trigger, job.explicit, job.asked_by) == ("b", "pushed", True, 66)
    jobs.finish(lease, Outcome("superseded", "newer", "a"), 103.0)
    assert (jobs.get(old).state, list(jobs.due(200.0))) == (JobState.SUPERSEDED, [again])


def test_a_strangers_command_on_a_newer_head_does_not_take_the_place_of_a_wanted_review(jobs):
    take(jobs, jobs.want(wanted("a", "pushed"), 100.0), 110.0)
    job = jobs.get(jobs.want(command(user=66, head="b"), 111.0))
    assert (job.head_sha, job.trigger, job.asked_by) == ("b", "pushed", 66)


def test_a_label_beside_a_strangers_command_does_not_hang_on_the_stranger(jobs):
    job_id = jobs.want(command(user=66), 100.0)
    assert jobs.want(Labelled(REF, "a", ("reviewbot",), "main", usual=True), 101.0) == job_id
    assert jobs.get(job_id).trigger == "label"
    jobs.want(command(user=66, note=10), 102.0)
    assert jobs.get(job_id).trigger == "label"


def test_commands_and_talk_have_jobs_of_their_own_beside_the_review(jobs):
    review = jobs.want(wanted("a"), 100.0)
    asked, said, told = (jobs.want(command(word, note=len(word)), 100.0) for word in ("pause", "question", "help"))
    assert len({review, asked, said}) == 3
    assert told == asked
    assert [jobs.get(job_id).kind for job_id in (review, asked, said)] == ["review", "command", "talk"]
    leases = [take(jobs, job_id) for job_id in (review, asked, said)]
    assert len({lease.job_id for lease in leases}) == 3


def test_what_is_said_joins_the_waiting_job_each_note_once(jobs):
    job_id = jobs.want(command("question", note=3), 100.0)
    assert jobs.want(command("question", note=1), 101.0) == job_id
    assert jobs.want(command("question", note=3), 102.0) == job_id
    assert [one.note_id for one in jobs.get(job_id).commands] == [3, 1]


def test_too_much_at_once_costs_the_oldest_talk_and_no_command(jobs):
    job_id = jobs.want(command("pause", note=1), 100.0)
    for note in range(2, 30):
        jobs.want(command("unknown", note=note), 100.0)
    assert len(jobs.get(job_id).commands) == 20


def test_what_was_said_while_a_run_vanished_is_answered_with_what_came_later(jobs):
    lease = take(jobs, first := jobs.want(command("question", note=1), 100.0))
    later = jobs.want(command("question", note=2), 101.0)
    jobs.release(lease)
    assert jobs.get(first).state is JobState.SUPERSEDED
    assert [one.note_id for one in jobs.get(later).commands] == [1, 2]


def test_a_reply_counts_only_where_a_review_is_known(jobs):
    assert jobs.want(command("reply", note=1), 100.0) is None
    jobs.want(wanted("a"), 101.0)
    assert jobs.get(jobs.want(command("reply", note=2), 102.0)).kind == "talk"


def test_a_newer_head_leaves_talk_alone(jobs):
    job_id = jobs.want(command("question", head="a"), 100.0)
    lease = take(jobs, job_id)
    jobs.want(wanted("b", "pushed"), 101.0)
    assert jobs.stops([lease]) == {}


def test_a_waiting_job_that_backs_off_is_not_hurried_by_a_push_but_by_a_person(jobs):
    job_id = jobs.want(wanted("a"), 100.0)
    jobs.retry(take(jobs, job_id), "GitLab is down", 500.0)
    jobs.want(wanted("b", "pushed"), 110.0)
    assert (jobs.get(job_id).due_at, jobs.get(job_id).head_sha) == (500.0, "b")
    assert jobs.want(wanted("b", "reviewer", explicit=True), 111.0) == job_id
    assert jobs.get(job_id).due_at == 111.0


def test_merge_requests_do_not_touch_each_other(jobs):
    other = MergeRequestRef(7, 4)
    first = jobs.want(wanted("a"), 100.0)
    second = jobs.want(wanted("a", ref=other), 100.0)
    lease = take(jobs, first)
    take(jobs, second)
    jobs.want(Closed(other, "closed"), 101.0)
    jobs.guard(lease)


def test_a_batch_is_applied_in_order_and_answers_in_order(jobs):
    other = MergeRequestRef(8, 1)
    deliveries = [
        Delivery("1", "h", b"1", wanted("a", "pushed")),
        Delivery("2", "h", b"2", Ignored("a draft")),
        Delivery("3", "h", b"3", wanted("b", "pushed")),
        Delivery("1", "h", b"1", wanted("a", "pushed")),
        Delivery("4", "h", b"4", wanted("x", ref=other)),
        Delivery("5", "h", b"5", Closed(other, "closed")),
        Delivery("6", "h", b"6", wanted("x", "reopened", ref=other)),
        Delivery("7", "h", b"7", Reaction(REF, 3, 4, "thumbsdown", awarded=True)),
        Delivery("8", "h", b"8", Reaction(REF, 3, 4, "thumbsdown", awarded=False)),
    ]
    answers = jobs.receive_many(deliveries, 100.0)
    told = [answer is not None for answer in answers]
    assert told == [True, False, True, False, True, False, True, False, False]
    assert answers[0] == answers[2] == Due(answers[0].job_id, 103.0)
    assert answers[6].due_at == 100.0
    assert jobs.get(answers[0].job_id).head_sha == "b"
    assert jobs.get(answers[4].job_id).state is JobState.SUPERSEDED
    assert jobs.get(answers[6].job_id).state is JobState.WAITING


def test_only_heads_that_nobody_knows_are_without_a_run(jobs):
    refs = [MergeRequestRef(1, iid) for iid in range(1, 6)]
    done(jobs, "a", ref=refs[0])
    done(jobs, "a", state="failed", ref=refs[1])
    jobs.want(wanted("a", ref=refs[2]), 100.0)
    take(jobs, jobs.want(wanted("a", ref=refs[3]), 100.0))
    assert jobs.without_run([(ref, "a") for ref in refs]) == [(refs[4], "a")]
    assert jobs.without_run([(refs[0], "b"), (refs[2], "b"), (refs[3], "b")]) == [(refs[0], "b"), (refs[3], "b")]


def test_another_target_branch_is_asked_about_until_a_run_knows_of_it(jobs):
    head = OpenHead(REF, "a", "next")
    done(jobs, "a")
    assert jobs.untried([head]) == [head]
    job_id = jobs.want(wanted("a", "target"), 101.0)
    assert jobs.untried([head]) == []
    lease = take(jobs, job_id, 101.0)
    assert jobs.untried([head]) == []
    jobs.finish(lease, Outcome("done", "", "a"), 102.0)
    assert jobs.untried([head]) == [head]  # it has moved once more


@pytest.mark.parametrize(
    ("state", "reason", "again"),
    [("ignored", "Paused", False), ("failed", "", False), ("ignored", DRAFT, True), ("superseded", "", True)],
)
def test_a_run_for_another_target_branch_that_was_in_vain_is_not_wanted_by_each_poll(jobs, state, reason, again):
    head = OpenHead(REF, "a", "next")
    jobs.finish(take(jobs, jobs.want(wanted("a", "target"), 100.0)), Outcome(state, reason, "a"), 101.0)
    assert bool(jobs.untried([head])) is again
    assert jobs.untried([replace(head, head_sha="b")]) != []


def test_text_that_postgresql_refuses_is_made_harmless(jobs):
    job = jobs.get(jobs.receive("k", "h", b"\x00\xff", wanted(title="a\x00b\ud800c", path="p\x00"), 100.0))
    assert (job.title, job.path) == ("a\ufffdb?c", "p\ufffd")
