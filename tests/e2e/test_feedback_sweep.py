"""What people made of comments where no event tells it: GitLab is asked once in a while, and how it all ended."""

from dataclasses import replace

import pytest
from e2e.house import Case, code

from reviewbot.control import Control
from reviewbot.core import feedback
from reviewbot.errors import Cancelled, ForgeRateLimited, ForgeUnavailable
from reviewbot.gitlab.retrying import Backoff
from reviewbot.standin.gitlab import noting
from reviewbot.wiring import hearing

BEFORE = code(40)
TITLE = "Missing docstring"
QUIET = ("merge_request",)


@pytest.fixture
def quiet(own_house):
    """A house whose webhook carries neither comments nor emoji."""
    house = own_house(feedback_seconds=0)
    hush(house)
    return house


def hush(house):
    (hook,) = house.lab.deliveries.hooks
    house.lab.deliveries.hooks.clear()
    house.lab.hook(hook.url, token=hook.token, events=QUIET)


def planted(*lines, text=BEFORE, title=TITLE):
    for line in lines:
        text = text.replace(f"value_{line} = {line}\n", f"value_{line} = x{line}  # PLANT(warning): {title} {line}\n")
    return text


def opened(house, *lines, path="app.py"):
    case = house.open({path: BEFORE}, {path: planted(*lines)})
    case.reviewed()
    return case


def swept(house, control=None):
    return hearing.sweep(house.settings, house.store, house.reviewer, control or Control())


def note_on(case, line):
    (place,) = [one for one in case.comments if one.new_line == line]
    return next(note for note in case.mr.notes if note.id == place.note_id)


def thread_of(case, note):
    return next(one for one in case.mr.discussions if note in one.notes)


def take_back(case, note):
    with case.lab.world.lock:
        noting.unreact(case.mr, thread_of(case, note), note, note.awards[0])


def kept(case):
    """By line: what is kept of each comment."""
    return {one.line: one for one in case.house.store.comments.listed(ref=case.ref)}


def endings(case):
    return {line: feedback.ending(one) for line, one in kept(case).items()}


def test_emoji_and_answers_are_found_and_those_taken_back_are_marked(quiet):
    case = opened(quiet, 5)
    note = note_on(case, 5)
    case.lab.react(case.mr, note, case.developer, "thumbsup")
    reply = case.lab.write(case.mr, "Good catch", case.developer, thread=thread_of(case, note))
    case.lab.write(case.mr, "Something else", case.developer, threaded=True)
    assert swept(quiet) == 1
    assert (kept(case)[5].ups, kept(case)[5].replies) == (1, ("yes",))
    assert swept(quiet) == 1
    assert (kept(case)[5].ups, kept(case)[5].replies) == (1, ("yes",))
    take_back(case, note)
    case.lab.delete_note(case.mr, reply.id)
    assert swept(quiet) == 1
    assert (kept(case)[5].ups, kept(case)[5].replies) == (0, ())


def test_a_look_takes_a_handful_of_requests_whatever_the_number_of_comments(quiet):
    case = opened(quiet, *range(3, 12))
    assert len(case.comments) == 9
    before = len(case.lab.requests)
    swept(quiet)
    assert len(case.lab.requests) - before == 3  # the merge request, its threads, their emoji


def test_after_the_merge_it_is_told_what_each_comment_came_to(quiet):
    case = opened(quiet, 5, 20, 25, 30, 35)
    case.push({"app.py": planted(20, 25, 30, 35)})
    case.reviewed()
    case.lab.resolve(case.mr, thread_of(case, note_on(case, 20)), case.developer)
    case.lab.react(case.mr, note_on(case, 25), case.developer, "thumbsdown")
    case.lab.delete_note(case.mr, note_on(case, 30).id)
    case.lab.close_merge_request(case.mr, case.developer, "merge")
    case.settled()
    swept(quiet)
    assert endings(case) == {5: "addressed", 20: "resolved", 25: "dismissed", 30: "dismissed", 35: "ignored"}
    assert [(one.how, one.title) for one in quiet.store.suppressions.listed(case.project.id)] == [
        ("deleted", f"{TITLE} 30"),
        ("thumbs_down", f"{TITLE} 25"),
    ]
    take_back(case, note_on(case, 25))
    case.lab.react(case.mr, note_on(case, 35), case.developer, "thumbsup")
    swept(quiet)
    assert kept(case)[35].ups == 1
    assert [one.how for one in quiet.store.suppressions.listed(case.project.id) if one.lifted_at is None] == ["deleted"]


def test_what_was_merged_without_a_review_is_not_called_ignored(quiet):
    case = opened(quiet, 5)
    quiet.lab.deliveries.hooks.clear()
    case.push({"app.py": BEFORE})
    case.lab.close_merge_request(case.mr, case.developer, "merge")
    swept(quiet)
    assert endings(case) == {5: "unknown"}


def test_a_closed_merge_request_was_abandoned_and_a_reopened_one_is_open(quiet):
    case = opened(quiet, 5)
    quiet.lab.deliveries.hooks.clear()
    case.lab.close_merge_request(case.mr, case.developer)
    swept(quiet)
    assert endings(case) == {5: "abandoned"}
    case.lab.close_merge_request(case.mr, case.developer, "reopen")
    swept(quiet)
    assert endings(case) == {5: "open"}


def test_what_came_of_a_deleted_merge_request_is_not_known(quiet):
    case = opened(quiet, 5)
    case.lab.delete_merge_request(case.mr)
    swept(quiet)
    assert endings(case) == {5: "unknown"}


def test_a_token_that_is_refused_for_a_while_ends_nothing(quiet):
    case = opened(quiet, 5)
    case.lab.react(case.mr, note_on(case, 5), case.developer, "thumbsup")
    quiet.faults.add("GET", "/merge_requests/", "deny", retry_after="401")
    assert swept(quiet) == 1
    assert (endings(case), kept(case)[5].ups) == ({5: "open"}, 0)
    swept(quiet)
    assert kept(case)[5].ups == 1


def test_refusals_that_only_the_sweep_saw_hold_back_a_later_finding(quiet):
    project, developer = quiet.project({f"{name}.py": BEFORE for name in "abcd"})

    def change(name, line):
        project.commit(f"feature-{name}", {f"{name}.py": planted(line, title="Vague name")}, author=developer)
        mr = project.merge_request(f"feature-{name}", "main", f"Change {name} ({project.name})", author=developer)
        case = Case(quiet, project, developer, mr, len(quiet.model.requests))
        case.reviewed()
        return case

    for name, line in (("a", 5), ("b", 10), ("c", 15)):
        case = change(name, line)
        case.lab.react(case.mr, note_on(case, line), developer, "thumbsdown")
    assert swept(quiet) == 3
    last = change("d", 20)
    assert last.comments == []
    assert [one.stage for one in last.outcome().examination.dropped] == ["held_back"]


def test_when_gitlab_wants_fewer_requests_the_rest_waits_for_the_next_time(quiet):
    first, second = opened(quiet, 5), opened(quiet, 7)
    for case, line in ((first, 5), (second, 7)):
        case.lab.react(case.mr, note_on(case, line), case.developer, "thumbsup")
    quiet.faults.add("GET", "/discussions", "limit", times=1, retry_after="600")
    with pytest.raises(ForgeRateLimited):
        swept(quiet)
    assert [kept(first)[5].ups, kept(second)[7].ups] == [0, 0]
    assert swept(quiet) == 2
    assert [kept(first)[5].ups, kept(second)[7].ups] == [1, 1]


def test_a_merge_request_that_gitlab_fails_to_show_costs_itself_only(quiet):
    sick, *others = [opened(quiet, 5) for _ in range(3)]
    for case in (sick, *others):
        case.lab.react(case.mr, note_on(case, 5), case.developer, "thumbsup")
    hasty = replace(quiet.reviewer, backoff=Backoff(attempts=2, first=0.01))
    fault = quiet.faults.add("GET", f"/projects/{sick.ref.project_id}/merge_requests/", "bad_gateway", times=999)
    assert hearing.sweep(quiet.settings, quiet.store, hasty, Control()) == 2
    assert [kept(case)[5].ups for case in (sick, *others)] == [0, 1, 1]
    quiet.faults.clear()
    assert fault.fired
    assert swept(quiet) == 3
    assert kept(sick)[5].ups == 1
    quiet.faults.add("GET", "/merge_requests/", "bad_gateway", times=999)
    with pytest.raises(ForgeUnavailable):  # it is not for one of them
        hearing.sweep(quiet.settings, quiet.store, hasty, Control())


def test_it_ends_with_the_process(quiet):
    opened(quiet, 5)
    control = Control()
    control.stop(Cancelled("The worker shuts down"))
    with pytest.raises(Cancelled):
        swept(quiet, control)


def test_the_schedule_does_it_by_itself(own_house):
    house = own_house(feedback_seconds=0.5)
    hush(house)
    case = opened(house, 5)
    case.lab.react(case.mr, note_on(case, 5), case.developer, "thumbsup")
    house.until(lambda: kept(case)[5].ups == 1, "the sweep finds the emoji")
