"""A plan ends up in the merge request exactly once, whatever happens on the way."""

from dataclasses import replace

import pytest

from reviewbot.control import Control
from reviewbot.errors import ForgeRateLimited, ForgeRejected, ForgeUnavailable, LeaseLost, Superseded, TransientError
from reviewbot.model.outcome import Comment, LabelChange, Position
from reviewbot.standin.gitlab.state import REPORTER

THREE = ["f20", "f21", "f5"]


def test_a_plan_is_published_in_one_batch_on_the_right_lines(world):
    published = world.publish(world.plan())
    assert published.posted == world.note_ids()  # the batch itself does not tell the ids
    assert sorted((one.new_line, one.text) for one in world.lab.comments(world.mr)) == [
        (5, "line five"),
        (20, "line twenty"),
        (21, "line twenty and a half"),
    ]
    assert world.fingerprints() == THREE
    assert len(world.summaries()) == 1
    assert [(one.state, one.description) for one in world.project.statuses] == [("success", "3 comments")]
    assert sorted(published.posted) == THREE
    assert published.summary_note_id
    assert published.warnings == ()


def test_a_batch_costs_one_request_per_comment_and_eight_more(world):
    forge = world.forge()
    forge.me()
    before = len(world.lab.requests)
    world.publish(world.plan(), forge)
    assert len(world.lab.requests) - before == 3 + 7
    assert sum("bulk_publish" in line for line in world.writes()) == 1


def test_labels_are_changed_by_one_request_and_others_left_alone(world):
    world.lab.edit(world.mr, labels=["bug", "stale"])
    before = len(world.lab.requests)
    published = world.publish(world.plan(comments=(), status=None, labels=LabelChange(("a::b", "new"), ("stale",))))
    assert world.mr.labels == ["bug", "a::b", "new"]
    assert sum(line.endswith(f"/merge_requests/{world.mr.iid}") for line in world.writes(before)) == 1
    assert published.warnings == ()


def test_labels_that_the_token_may_not_set_cost_a_warning(world):
    world.project.members[world.bot.id] = REPORTER
    published = world.publish(world.plan(comments=(), status=None, labels=LabelChange(("new",))))
    assert ["labels could not be set" in one for one in published.warnings] == [True]
    assert world.mr.labels == []


def test_a_label_that_gitlab_leaves_out_is_told(world):
    published = world.publish(world.plan(comments=(), status=None, labels=LabelChange(("x" * 300, "new"))))
    assert published.warnings == (f"GitLab did not set the labels {'x' * 300}",)
    assert world.mr.labels == ["new"]


def test_publishing_twice_writes_nothing_the_second_time(world):
    world.publish(world.plan())
    before = len(world.lab.requests)
    published = world.publish(world.plan())
    assert world.writes(before) == []
    assert sorted(published.known) == THREE
    assert published.posted == {}


def test_a_changed_summary_is_edited_in_place(world):
    first = world.publish(world.plan())
    second = world.publish(world.plan(summary="Something else."))
    assert first.summary_note_id == second.summary_note_id
    assert "Something else." in world.summaries()[0]
    assert len(world.summaries()) == 1


def test_a_second_summary_from_a_crash_is_removed_and_the_oldest_stays(world):
    plan = world.plan()
    oldest = world.lab.write(world.mr, plan.summary, world.bot)
    world.lab.write(world.mr, plan.summary, world.bot)
    assert world.publish(plan).summary_note_id == oldest.id
    assert len(world.summaries()) == 1


def test_a_second_copy_of_a_comment_is_removed_unless_somebody_answered(world):
    plan = world.plan()
    world.publish(plan)
    position = world.lab.comments(world.mr)[0]
    body = position.body
    json = {**world.refs_json(), "position_type": "text", "old_path": "app.py", "new_path": "app.py", "new_line": 5}
    world.lab.write(world.mr, body, world.bot, position=json)
    answered = world.lab.write(world.mr, body, world.bot, position=json)
    thread = next(one for one in world.mr.discussions if answered in one.notes)
    world.lab.write(world.mr, "I agree", thread=thread)
    world.publish(plan)
    assert len(world.fingerprints()) == 4


def test_a_copied_marker_in_an_answer_is_not_taken_for_the_comment(world):
    plan = world.plan()
    note = world.lab.write(world.mr, "A person's thread", threaded=True)
    thread = next(one for one in world.mr.discussions if note in one.notes)
    world.lab.write(world.mr, plan.comments[0].body, thread=thread)
    world.publish(plan)
    assert world.fingerprints() == THREE


def test_the_head_has_moved(world):
    plan = world.plan()
    world.lab.push(world.mr, {"app.py": "else\n"})
    with pytest.raises(Superseded):
        world.publish(plan)
    assert world.writes() == []


@pytest.mark.parametrize("event", ["close", "merge"])
def test_a_merge_request_that_is_not_open_gets_nothing(world, event):
    plan = world.plan()
    world.lab.close_merge_request(world.mr, event=event)
    with pytest.raises(ForgeRejected, match=r"closed|merged"):
        world.publish(plan)
    assert world.writes() == []


def test_the_guard_is_asked_before_every_write(world):
    asked = []
    world.publish(world.plan(), control=Control(guard=lambda: asked.append(1)))
    assert len(asked) == len(world.writes())


@pytest.mark.parametrize("allowed", range(6))
def test_a_lost_lease_stops_the_writes_and_the_next_run_completes_them(world, allowed):
    left = [allowed]

    def guard():
        left[0] -= 1
        if left[0] < 0:
            raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        world.publish(world.plan(), control=Control(guard=guard))
    assert len(world.writes()) == allowed
    world.publish(world.plan())
    assert world.fingerprints() == THREE
    assert len(world.summaries()) == 1
    assert world.mr.drafts == []


def test_strangers_among_the_drafts_are_removed_first(world):
    forge = world.forge()
    client = forge._client
    path = f"/projects/{world.ref.project_id}/merge_requests/{world.ref.iid}/draft_notes"
    client.post(path, {"note": "somebody used the bot's token"})
    client.post(path, {"note": world.comment("not-in-the-plan").body})
    client.post(path, {"note": world.comment("f5").body})  # ours, but at no place of the plan
    world.publish(world.plan())
    assert world.fingerprints() == THREE
    assert world.mr.drafts == []
    assert not any("somebody" in note.body for note in world.mr.notes)


def test_with_nothing_to_publish_only_our_own_leftover_drafts_are_removed(world):
    plan = world.plan()
    world.publish(plan)
    client = world.forge()._client
    path = f"/projects/{world.ref.project_id}/merge_requests/{world.ref.iid}/draft_notes"
    client.post(path, {"note": "a person's, whose token this is"})
    client.post(path, {"note": world.comment("f5").body})
    world.publish(plan)
    assert [draft.note for draft in world.mr.drafts] == ["a person's, whose token this is"]


def test_drafts_of_a_run_that_was_killed_are_used(world):
    plan = world.plan()
    left = [2]

    def guard():
        left[0] -= 1
        if left[0] < 0:
            raise LeaseLost("killed")

    with pytest.raises(LeaseLost):
        world.publish(plan, control=Control(guard=guard))
    before = len(world.lab.requests)
    world.publish(plan)
    assert sum(line.endswith("/draft_notes") for line in world.writes(before)) == 1
    assert world.fingerprints() == THREE


def test_a_bulk_publish_that_fails_halfway_is_completed_with_fallbacks(world):
    wrong = world.comment("wrong", world.position(3))  # unchanged line with one number: GitLab finds no such line
    plan = world.plan(world.three()[0], wrong, *world.three()[1:])
    published = world.publish(plan)
    assert world.fingerprints() == sorted([*THREE, "wrong"])
    assert published.fallbacks == {"wrong": "file"}
    assert sorted(published.posted) == sorted([*THREE, "wrong"])
    assert world.mr.drafts == []
    before = len(world.lab.requests)
    assert sorted(world.publish(plan).known) == sorted([*THREE, "wrong"])
    assert world.writes(before) == []


def test_a_comment_that_falls_back_to_its_file_names_its_line(world):
    wrong = world.comment("wrong", world.position(3))
    named = replace(wrong, file_body=world.marked("finding", "wrong", "About line 3: look."))
    plan = world.plan(named)
    world.publish(plan)
    assert [one.body.splitlines()[0] for one in world.lab.comments(world.mr)] == ["About line 3: look."]
    before = len(world.lab.requests)
    world.publish(plan)
    assert world.writes(before) == []


def test_a_multi_line_comment_falls_back_to_a_single_line(world):
    good = world.position(21)
    bad = replace(world.position(3), start=(None, 2), line_code="x_0_3", start_code="x_0_2")
    comment = world.comment("range", bad, good)
    published = world.publish(world.plan(comment))
    assert published.fallbacks == {"range": "single-line"}
    assert [one.text for one in world.lab.comments(world.mr)] == ["line twenty and a half"]


def test_a_comment_without_any_place_goes_into_the_summary(world):
    lost = Comment("lost", world.marked("finding", "lost", "Nobody places me."), (world.position(3),))
    plan = world.plan(*world.three(), lost)
    published = world.publish(plan)
    assert published.fallbacks == {"lost": "summary"}
    (summary,) = world.summaries()
    assert "Nobody places me." in summary
    assert "app.py:3" in summary
    assert summary.count("<!-- reviewbot:") == 1
    assert world.fingerprints() == THREE
    world.publish(plan)
    assert len(world.summaries()) == 1
    assert world.fingerprints() == THREE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_drafts_comments_are_posted_one_by_one(world, method):
    world.deny(method, r"/draft_notes$")
    published = world.publish(world.plan())
    assert world.fingerprints() == THREE
    assert all(published.posted.values())
    assert "one by one" in published.warnings[0]


def test_one_by_one_falls_back_too(world):
    world.deny("GET", r"/draft_notes$")
    lost = Comment("lost", world.marked("finding", "lost", "Nobody places me."), (world.position(3),))
    published = world.publish(world.plan(world.comment("wrong", world.position(3)), lost))
    assert published.fallbacks == {"wrong": "file", "lost": "summary"}


def test_a_status_that_may_not_be_set_is_a_warning(world):
    world.deny("POST", r"/statuses/")
    published = world.publish(world.plan())
    assert "status" in published.warnings[0]
    assert world.fingerprints() == THREE


def test_the_same_status_again_is_fine(world):
    plan = world.plan()
    plan = replace(plan, status=replace(plan.status, state="running"))
    assert world.publish(plan).warnings == ()
    world.lab.write(world.mr, "…")  # and the next run does not see the summary
    for note in list(world.lab.notes(world.mr)):
        next(one for one in world.mr.discussions if note in one.notes).notes.clear()
    world.mr.discussions[:] = [one for one in world.mr.discussions if one.notes]
    assert world.publish(plan).warnings == ()


def test_a_fork_gets_its_status_in_the_source_project_else_in_the_target(world):
    owner = world.lab.user("outsider")
    fork = world.project.fork("outsider/app", owner)
    sha = fork.commit("theirs", {"app.py": "new\n"}, parent="main")
    mr = world.project.merge_request("theirs", "main", source_project=fork, author=owner)
    world.mr = mr
    world.ref = replace(world.ref, iid=mr.iid)
    plan = world.plan(world.comment("f1", world.position(1)), status_project_id=fork.id, source_branch="theirs")
    assert world.publish(plan).warnings == ()
    assert [one.sha for one in world.project.statuses] == [sha]
    fork.member(world.bot)
    world.publish(replace(plan, status=replace(plan.status, description="again"), summary=plan.summary + "\n"))
    assert [one.sha for one in fork.statuses] == [sha]


CALLS = [
    ("GET", r"/merge_requests/\d+$"),
    ("GET", r"/user$"),
    ("GET", r"/discussions$"),
    ("GET", r"/draft_notes$"),
    ("POST", r"/draft_notes$"),
    ("POST", r"/bulk_publish$"),
    ("POST", r"/notes$"),
    ("POST", r"/statuses/"),
]
KINDS = ["bad_gateway", "unavailable", "drop", "lose", "limit"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_one_fault_at_any_call_leaves_everything_exactly_once(world, call, kind):
    fault = world.faults.add(*call, kind)
    world.publish(world.plan())
    assert fault.fired
    assert world.fingerprints() == THREE
    assert len(world.summaries()) == 1
    assert world.mr.drafts == []
    assert len(world.project.statuses) >= 1


@pytest.mark.parametrize("kind", ["bad_gateway", "lose"])
@pytest.mark.parametrize(
    "call", [("POST", r"/discussions$"), ("PUT", r"/publish$"), ("DELETE", r"/draft_notes/")], ids=lambda call: call[1]
)
def test_one_fault_at_the_calls_of_the_recovery(world, call, kind):
    world.faults.add(*call, kind)
    wrong = world.comment("wrong", world.position(3))
    world.publish(world.plan(world.three()[0], wrong, *world.three()[1:]))
    assert world.fingerprints() == sorted([*THREE, "wrong"])
    assert world.mr.drafts == []


@pytest.mark.parametrize(
    "call", [call for call in CALLS if "bulk" not in call[1]], ids=lambda call: f"{call[0]} {call[1]}"
)
def test_a_lasting_outage_at_any_call_is_said_and_the_next_run_completes(world, call):
    world.faults.add(*call, "bad_gateway", times=99)
    with pytest.raises(ForgeUnavailable):
        world.publish(world.plan())
    world.faults.clear()
    world.publish(world.plan())
    assert world.fingerprints() == THREE
    assert len(world.summaries()) == 1
    assert world.mr.drafts == []


def test_where_the_batch_cannot_be_published_its_drafts_are_one_by_one(world):
    world.deny("POST", r"/bulk_publish$", status=404)
    published = world.publish(world.plan())
    assert sorted(published.posted) == THREE
    assert world.fingerprints() == THREE
    assert sum(line.endswith("/publish") for line in world.writes()) == 3
    assert world.mr.drafts == []


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_answers_that_are_always_lost_double_nothing(world, call):
    world.faults.add(*call, "lose", times=99)
    try:
        world.publish(world.plan())
    except TransientError:
        world.faults.clear()
        world.publish(world.plan())
    assert world.fingerprints() == THREE
    assert len(world.summaries()) == 1


def test_a_write_that_comes_in_late_is_removed_again(world):
    """The answer was lost, looking found nothing, it was sent again, and then the first one came in."""
    plan = world.plan()
    world.faults.add("POST", r"/notes$", "bad_gateway")
    world.faults.add(
        "POST", r"/notes$", "call_after", nth=2, callback=lambda: world.lab.write(world.mr, plan.summary, world.bot)
    )
    world.publish(plan)
    assert len(world.summaries()) == 1


def test_a_long_rate_limit_goes_up_so_that_the_job_is_put_off(world):
    world.faults.add("POST", r"/draft_notes$", "limit", retry_after="3600", times=99)
    with pytest.raises(ForgeRateLimited) as raised:
        world.publish(world.plan())
    assert raised.value.retry_after == 3600
    world.faults.clear()
    world.publish(world.plan())
    assert world.fingerprints() == THREE


def test_a_rate_limit_without_a_word_is_waited_out(world):
    world.faults.add("POST", r"/draft_notes$", "limit", retry_after=None, times=2)
    world.publish(world.plan())
    assert world.fingerprints() == THREE


def test_waiting_ends_when_the_run_is_stopped(world):
    control = Control()
    world.faults.add(
        "POST", r"/draft_notes$", "call_after", callback=lambda: control.stop(Superseded("a newer head")), times=99
    )
    with pytest.raises(Superseded):
        world.publish(world.plan(), control=control)
    assert world.fingerprints() == []


def test_a_summary_of_another_user_is_replaced_by_an_own_one(world):
    plan = world.plan()
    world.publish(plan)
    _, token = world.lab.bot(world.project)
    forge = world.forge(token=token)
    published = world.publish(world.plan(summary="By the new token."), forge)
    assert sum("By the new token." in body for body in world.summaries()) == 1
    again = world.publish(world.plan(summary="Once more."), world.forge(token=token))
    assert again.summary_note_id == published.summary_note_id
    assert sorted(again.known) == THREE


def test_file_level_positions_carry_no_line(world):
    comment = Comment(
        "file", world.marked("finding", "file", "The whole file."), (Position(world.refs, "app.py", "app.py"),)
    )
    world.publish(world.plan(comment))
    (placed,) = world.lab.comments(world.mr)
    assert (placed.path, placed.new_line) == ("app.py", None)
