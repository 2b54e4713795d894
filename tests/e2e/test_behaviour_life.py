"""The life of a merge request: again on the same head, commands, pushes, drafts, labels, ends, lost events."""

import threading

import pytest
from e2e.house import Case, code

from reviewbot.standin.gitlab.state import GUEST
from reviewbot.standin.model_script import Behaviour, reviewer

BEFORE = code(40)
PLANT = "value_{0} = x  # PLANT({1}): Plant {0}\n"


def planted(text, *numbers, severity="warning"):
    for number in numbers:
        text = text.replace(f"value_{number} = {number}\n", PLANT.format(number, severity))
    return text


def on(number, path="app.py", severity="warning"):
    return (path, PLANT.format(number, severity).rstrip("\n"))


def held(gate, behaviour=None):
    """The first answer waits for the gate, after its first token; all others come at once."""
    first = [True]

    def script(received):
        answer = behaviour or reviewer()(received)
        if first:
            first.clear()
            return Behaviour(text=answer.text, gate=gate, gate_at=1)
        return answer

    return script


@pytest.fixture
def case(house):
    """A reviewed merge request with one comment; what was written and asked so far is forgotten."""
    case = house.open({"app.py": BEFORE, "other.py": BEFORE}, {"app.py": planted(BEFORE, 7)})
    case.reviewed()
    assert case.on() == [on(7)]
    case.forget()
    return case


def test_a_command_on_the_same_head_asks_nothing_and_posts_nothing_new(case):
    notes, statuses = len(case.mr.notes), len(case.project.statuses)
    note = case.say("@reviewbot review")
    job = case.settled()
    assert (job.trigger, case.report().state) == ("command", "done")
    assert case.prompts() == []
    assert len(case.mr.notes) == notes + 1  # the command itself
    assert len(case.project.statuses) == statuses
    assert [award.name for award in note.awards] == ["eyes"]


def test_a_command_to_the_bots_own_name_is_heard(case):
    case.say(f"@{case.house.bot.username} review")
    assert case.settled().trigger == "command"


def test_a_guests_command_is_refused_with_the_reason(case, house):
    guest = house.lab.user(f"guest{case.project.id}")
    case.project.member(guest, GUEST)
    note = case.say("@reviewbot review", guest)
    case.settled()
    assert (case.report().state, case.prompts()) == ("ignored", [])
    assert "Developer role" in case.report().reason
    assert note.awards == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Nice work!", "does not speak to the bot"),
        ("> @reviewbot review", "does not speak to the bot"),
        ("```\n@reviewbot review\n```", "does not speak to the bot"),
        ("@reviewbot review\n<!-- reviewbot: finding fingerprint=0 -->", "carries the bot's marker"),
    ],
)
def test_notes_that_are_no_commands_start_nothing(case, house, body, reason):
    jobs = len(case.jobs())
    case.say(body)
    case.settled()
    assert len(case.jobs()) == jobs
    assert reason in house.inbox()[0].result


def test_the_bots_own_notes_are_ignored_and_kept_in_the_inbox(case, house):
    case.say("@reviewbot review", house.bot)
    jobs = len(case.jobs())
    case.settled()
    assert len(case.jobs()) == jobs
    assert "own" in house.inbox()[0].result


def test_a_push_reads_only_the_changed_file_and_edits_the_summary_in_place(case):
    case.push({"other.py": planted(BEFORE, 20)})
    case.reviewed()
    (prompt,) = case.prompts()
    assert "Plant 20" in prompt
    assert "Plant 7" not in prompt
    assert case.on() == [on(7), on(20, "other.py")]
    assert "2 warnings in 2 files" in case.summary()
    assert case.coverage()["app.py"] == ("reviewed", "unchanged since the last review")
    assert case.report().verdict == "minor_issues"  # both warnings count, the earlier one too


def test_a_rebase_that_only_shifts_lines_asks_nothing(case):
    project, developer = case.project, case.developer
    top = "# A new first line\n# and a second\n" + BEFORE
    start = project.commit("main", {"app.py": top}, author=developer)
    rebased = project.commit(f"rebased-{project.id}", {"app.py": planted(top, 7)}, parent=start, author=developer)
    project.repository.set_ref("refs/heads/feature", rebased)
    project.push("feature", None, user=developer)
    case.reviewed()
    assert case.prompts() == []
    assert len(case.comments) == 1
    assert case.report().verdict == "approved_with_comments"  # the finding of version 1 still counts


def test_a_push_that_mends_the_line_and_leaves_the_rest(case):
    case.push({"app.py": BEFORE.replace("value_9 = 9", "value_9 = 99")})
    report = case.reviewed()
    assert len(case.comments) == 1
    assert (report.verdict, report.findings) == ("approved", 0)


def test_a_push_while_a_review_runs_supersedes_it(house):
    gate = threading.Event()
    house.model.script = held(gate)
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)})
    house.until(case.prompts, "the model is asked")
    case.push({"app.py": planted(BEFORE, 8)})
    house.until(lambda: ("left", house.model.requests[-1].number) in house.model.events or len(case.prompts()) > 1, "")
    job = case.settled()
    gate.set()
    assert case.on() == [on(8)]
    assert job.head_sha == case.mr.sha
    assert {status.sha for status in case.project.statuses} == {case.mr.sha}
    states = [each.state for each in house.store.runs.recent(10, case.ref)]
    assert states == ["done", "superseded"]


def test_closing_stops_a_running_review(house):
    gate = threading.Event()
    house.model.script = held(gate)
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)})
    house.until(case.prompts, "the model is asked")
    case.lab.close_merge_request(case.mr, case.developer)
    job = case.settled()
    gate.set()
    assert job.state == "superseded"
    assert "closed" in job.reason
    assert (case.comments, case.project.statuses) == ([], [])


def test_reopening_a_merge_request_reviews_it_once(case):
    case.lab.close_merge_request(case.mr, case.developer)
    case.settled()
    case.lab.close_merge_request(case.mr, case.developer, "reopen")
    case.settled()
    assert case.prompts() == []
    assert case.on() == [on(7)]


def test_a_draft_waits_until_it_is_ready(house):
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)}, draft=True)
    assert case.reviewed("ignored").reason == "The merge request is a draft"
    assert (case.prompts(), case.comments) == ([], [])
    case.lab.edit(case.mr, case.developer, title=f"Ready now {case.project.id}")
    case.reviewed()
    assert case.on() == [on(7)]


def test_a_draft_is_reviewed_when_the_bot_is_asked_as_reviewer_and_again_when_asked_again(house):
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)}, draft=True)
    assert case.reviewed("ignored").reason == "The merge request is a draft"
    case.lab.edit(case.mr, case.developer, reviewers=[house.bot])
    assert case.reviewed() is not None
    assert case.jobs()[0].trigger == "reviewer"
    assert case.on() == [on(7)]
    case.forget()
    case.lab.ask_again(case.mr, house.bot, case.developer)
    case.reviewed()
    assert (len(case.jobs()), case.prompts()) == (3, [])


def test_a_label_is_a_trigger(house):
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)}, draft=True)
    assert case.reviewed("ignored").reason == "The merge request is a draft"
    case.lab.edit(case.mr, case.developer, labels=["reviewbot"])
    case.reviewed()
    assert case.jobs()[0].trigger == "label"
    assert case.on() == [on(7)]


def test_a_bots_merge_request_is_ignored(house):
    project, _ = house.project({"app.py": BEFORE})
    renovate = house.lab.user(f"renovate-bot{project.id}", bot=True)
    project.member(renovate)
    project.commit("feature", {"app.py": planted(BEFORE, 7)}, author=renovate)
    case = Case(house, project, renovate, project.merge_request("feature", "main", "Update", author=renovate))
    assert case.settled() is None
    assert "is a bot" in house.inbox()[0].result
    assert case.comments == []


def test_a_lost_event_is_found_by_asking_gitlab(house):
    hooks, house.lab.deliveries.hooks[:] = list(house.lab.deliveries.hooks), []
    case = house.open({"app.py": BEFORE}, {"app.py": planted(BEFORE, 7)})
    house.lab.deliveries.hooks[:] = hooks
    assert case.settled() is None
    assert house.reviewer.poll(house.tell, case.project.id) == 1
    case.reviewed()
    assert case.jobs()[0].trigger == "poll"
    assert case.on() == [on(7)]
    assert house.reviewer.poll(house.tell, case.project.id) == 0


def test_an_event_that_comes_twice_is_one_row_and_one_run(case, house):
    delivery = house.lab.deliveries.all[-1]
    assert delivery.payload["project"]["id"] == case.project.id
    rows = len(house.inbox())
    assert house.lab.deliveries.send(delivery) == 202
    case.settled()
    assert len(case.jobs()) == 1
    assert len(house.inbox()) == rows


def test_a_resolved_thread_is_not_opened_again_and_not_repeated(case):
    thread = next(one for one in case.mr.discussions if one.notes[0].position)
    case.lab.resolve(case.mr, thread, case.developer)
    case.push({"app.py": planted(BEFORE, 7, 30)})
    case.reviewed()
    assert case.on() == [on(30), on(7)]
    assert thread.resolved
    assert len(thread.notes) == 1


def test_a_comment_that_a_person_deleted_is_not_posted_again_and_counts_no_more(house):
    text = planted(BEFORE, 7, severity="critical")
    case = house.open({"app.py": BEFORE}, {"app.py": text})
    case.reviewed()
    assert (case.on(), case.status()) == ([on(7, severity="critical")], "failed")
    case.lab.delete_note(case.mr, case.comments[0].note_id)
    for push in (planted(text, 30), planted(text, 30, 35)):
        case.push({"app.py": push})
        case.reviewed()
    assert case.on() == [on(30), on(35)]
    assert case.status() == "success"
    assert "Plant 7: its comment was deleted in GitLab" in case.summary()
    case.say("@reviewbot review")
    case.settled()
    assert case.on() == [on(30), on(35)]


def test_an_outsiders_fork_of_a_public_project_waits_for_a_members_command(house):
    project, developer = house.project({"app.py": BEFORE}, visibility="public")
    outsider = house.lab.user(f"outsider{project.id}")
    fork = project.fork(f"{outsider.username}/app", outsider)
    fork.commit("feature", {"app.py": planted(BEFORE, 7)}, author=outsider)
    mr = project.merge_request("feature", "main", f"Out {project.id}", author=outsider, source_project=fork)
    case = Case(house, project, developer, mr, len(house.model.requests))
    assert case.reviewed("ignored").usage.requests == 0
    assert "member's command" in case.report().reason
    assert (case.prompts(), case.comments) == ([], [])
    case.say("@reviewbot review", outsider)
    assert case.reviewed("ignored") is not None
    case.say("@reviewbot review", developer)
    case.reviewed()
    assert case.on() == [on(7)]
