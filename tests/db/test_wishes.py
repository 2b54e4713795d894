"""What a repository wants of events, as it was last read, sorts the next ones."""

import pytest

from reviewbot.core.welcome import DRAFT
from reviewbot.db.deliveries import Deliveries
from reviewbot.db.purging import purge_project
from reviewbot.db.wishes import FRESH, NO_LABEL, WishTable
from reviewbot.model.event import Closed, Delivery, Labelled, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.model.policy import Wishes

REF = MergeRequestRef(7, 3)
NOW = 1_000.0


@pytest.fixture
def wishes(database):
    return WishTable(database, clock=lambda: NOW)


def draft(head="a", trigger="opened", branch="main"):
    return ReviewWanted(REF, head, trigger, draft_into=branch)


def labelled(*labels, usual=False, branch="main", head="a"):
    return Labelled(REF, head, labels or ("bug",), branch, usual, user_id=5, username="ada")


def end(jobs, job_id, state, reason="", now=NOW):
    _, lease = jobs.take(job_id, "me", now)
    jobs.finish(lease, Outcome(state, reason, jobs.get(job_id).head_sha), now)


@pytest.mark.parametrize("event", [draft(), labelled()])
def test_what_an_unknown_repository_may_want_becomes_a_job(jobs, wishes, event):
    wishes.learn(8, "main", Wishes(), NOW)  # another project
    wishes.learn(7, "next", Wishes(), NOW)  # another branch
    assert jobs.want(event, NOW) is not None


@pytest.mark.parametrize(
    ("event", "known", "wanted"),
    [
        (draft(), Wishes(), False),
        (draft(), Wishes(review_drafts=False), False),
        (draft(), Wishes(review_drafts=True), True),
        (labelled("bug"), Wishes(), False),
        (labelled("reviewbot", usual=True), Wishes(), True),
        (labelled("reviewbot", usual=True), Wishes(trigger_labels=("look",)), False),
        (labelled("bug", "look"), Wishes(trigger_labels=("look",)), True),
        (labelled("reviewbot", usual=True), Wishes(trigger_labels=()), False),
    ],
)
def test_what_a_known_repository_does_not_want_is_told_in_the_inbox_and_starts_nothing(
    jobs, wishes, database, event, known, wanted
):
    wishes.learn(7, "main", Wishes(True, ("anything",)), NOW)
    wishes.learn(7, "main", known, NOW)  # the latest counts
    assert (jobs.receive("k", "h", b"{}", event, NOW) is not None) is wanted
    (row,) = Deliveries(database).recent(5)
    assert (row.result == (DRAFT if isinstance(event, ReviewWanted) else NO_LABEL)) is not wanted
    assert (jobs.counts()[JobState.WAITING] == 1) is wanted


def test_knowledge_ends_with_time_with_a_merge_and_with_a_purge(jobs, wishes, database):
    wishes.learn(7, "main", Wishes(), NOW)
    assert jobs.want(draft(), NOW + FRESH - 1) is None
    assert jobs.want(draft(), NOW + FRESH) is not None
    other = MergeRequestRef(7, 4)
    assert jobs.want(ReviewWanted(other, "a", "opened", draft_into="main"), NOW) is None
    jobs.want(Closed(MergeRequestRef(7, 9), "closed"), NOW)
    assert jobs.want(ReviewWanted(other, "a", "opened", draft_into="main"), NOW) is None
    merged = Delivery("m", "h", b"{}", Closed(MergeRequestRef(7, 9), "merged"))
    opened = Delivery("o", "h", b"{}", ReviewWanted(other, "a", "opened", draft_into="main"))
    assert jobs.receive_many([merged, opened], NOW)[1] is not None
    wishes.learn(7, "main", Wishes(), NOW)
    purge_project(database, 7)
    assert jobs.want(labelled(), NOW) is not None


def test_what_is_known_of_a_later_time_stays(jobs, wishes):
    wishes.learn(7, "main", Wishes(review_drafts=True), NOW - 5)
    wishes.learn(7, "main", Wishes(review_drafts=False), NOW - 6)
    wishes.learn(7, "next", Wishes(review_drafts=False), NOW - 6)  # another branch has its own times
    assert jobs.want(draft("b", branch="next"), NOW) is None
    assert jobs.want(draft(), NOW) is not None


def test_a_run_that_began_before_a_merge_does_not_teach_what_was_said_then(jobs, wishes):
    wishes.learn(7, "main", Wishes(), NOW - 5)
    jobs.want(Closed(MergeRequestRef(7, 9), "merged"), NOW - 1)
    wishes.learn(7, "main", Wishes(), NOW - 3)
    wishes.learn(8, "main", Wishes(), NOW - 3)  # another project
    assert jobs.want(draft(), NOW) is not None
    assert jobs.want(labelled(branch=""), NOW) is not None
    wishes.learn(7, "main", Wishes(), NOW)
    assert jobs.want(draft(head="b"), NOW) is None


def test_labels_wait_with_the_job_until_the_configuration_is_read(jobs):
    job = jobs.get(jobs.want(labelled("bug", "look"), NOW))
    assert (job.trigger, job.explicit, job.commands[0].labels) == ("label", False, ("bug", "look"))


def test_a_label_does_not_change_why_a_waiting_review_comes(jobs):
    job_id = jobs.want(ReviewWanted(REF, "a", "opened"), NOW)
    jobs.want(labelled("bug"), NOW)
    job = jobs.get(job_id)
    assert (job.trigger, job.explicit, job.commands[0].labels) == ("opened", False, ("bug",))


@pytest.mark.parametrize("trigger", ["pushed", "opened", "poll"])
def test_a_label_that_asked_for_nothing_says_nothing_about_the_head(jobs, trigger):
    end(jobs, jobs.want(labelled(), NOW), "ignored", NO_LABEL)
    assert jobs.want(ReviewWanted(REF, "a", trigger), NOW) is not None


def test_a_draft_that_becomes_ready_while_it_is_looked_at_is_looked_at_again(jobs):
    _, lease = jobs.take(jobs.want(draft(), NOW), "me", NOW)
    ready = jobs.want(ReviewWanted(REF, "a", "ready"), NOW)
    jobs.guard(lease)
    jobs.finish(lease, Outcome("ignored", DRAFT, "a"), NOW)
    assert list(jobs.due(NOW)) == [ready]


def test_a_draft_that_became_ready_unheard_is_found_by_the_poll(jobs):
    end(jobs, jobs.want(draft(), NOW), "ignored", DRAFT)
    assert jobs.without_run([(REF, "a")]) == [(REF, "a")]
    end(jobs, jobs.want(ReviewWanted(REF, "a", "poll"), NOW), "ignored", "The author is a bot")
    assert jobs.without_run([(REF, "a")]) == []
