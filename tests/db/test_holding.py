"""What a project holds back, worked out of what is stored, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from reviewbot.core import holding
from reviewbot.db.comments import CommentTable
from reviewbot.db.holding import REMEMBERED, HoldTable
from reviewbot.db.purging import purge_person, purge_project
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.chunk import Tier
from reviewbot.model.event import Delivery, Ignored, Reaction, ReviewWanted
from reviewbot.model.feedback import Ended, Said
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Examination, Outcome, Published, Verdict
from reviewbot.model.prompt import Usage

DISMISSED = Suppression(
    project_id=7,
    iid=1,
    fingerprint="f",
    paths=("src/a.py",),
    anchored="abc",
    around=(),
    claim=("docs", "miss"),
    title="Missing docstring",
    rule=None,
    category=Category.DOCUMENTATION,
    severity=Severity.WARNING,
    how="words",
    by="ann",
    by_id=5,
    at=100.0,
    project_wide=True,
)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def suppressions(database, clock):
    return SuppressionTable(database, clock=clock)


@pytest.fixture
def holds(database, clock):
    return HoldTable(database, clock=clock)


@pytest.fixture
def comments(database):
    return CommentTable(database)


def dismissed(suppressions, *iids, **more):
    for iid in iids:
        suppressions.record(replace(DISMISSED, iid=iid, fingerprint=f"f{iid}", at=100.0 + iid, **more))


def posted(jobs, iid, project_id=7, now=100.0):
    """A comment of the kind in merge request `iid`, as note 10 + iid in the thread "t{iid}"."""
    anchor = Anchor("src/b.py", (None, 4), (None, 6))
    said = Finding(anchor, Severity.WARNING, Category.DOCUMENTATION, "Missing docstring", "Body", fingerprint=f"f{iid}")
    examination = Examination(Verdict.MINOR_ISSUES, Tier.FULL, (said,), (), (), Usage())
    published = Published({f"f{iid}": 10 + iid}, discussions={f"f{iid}": f"t{iid}"})
    job_id = jobs.want(ReviewWanted(MergeRequestRef(project_id, iid), "a", "opened", "g/p", "T", "eve"), now)
    _, lease = jobs.take(job_id, "me", now)
    jobs.finish(lease, Outcome("done", "", "head", examination, published), now)


def reacted(jobs, iid, emoji="thumbsdown", user_id=5, now=200.0, *, awarded=True):
    event = Reaction(MergeRequestRef(7, iid), 10 + iid, user_id, emoji, awarded)
    jobs.receive(f"{event} {now}", "h", b"{}", event, now)


def counted(holds):
    return [(one.id, one.dismissed, one.merge_requests) for one in holds.standing(7)]


def test_dismissals_of_a_project_make_a_kind_with_a_number_that_stays(suppressions, holds):
    dismissed(suppressions, 1, 2)
    assert holds.standing(7) == []
    dismissed(suppressions, 3)
    (hold,) = holds.standing(7)
    assert (hold.title, hold.kind.category, hold.kind.area) == ("Missing docstring", Category.DOCUMENTATION, "code.py")
    assert hold.examples[0] == (3, "src/a.py", "Missing docstring")
    dismissed(suppressions, 4)
    assert [(one.id, one.dismissed) for one in holds.standing(7)] == [(hold.id, 4)]
    assert holds.standing(8) == []
    assert [one.id for one in holds.listed()] == [hold.id]


def test_a_lifted_dismissal_and_one_of_its_own_merge_request_alone_do_not_count(suppressions, holds):
    dismissed(suppressions, 1, 2, 3)
    assert counted(holds) != []
    suppressions.lift(suppressions.listed(7)[0].id, "owner")
    assert holds.standing(7) == []
    dismissed(suppressions, 4, project_wide=False)
    assert holds.standing(7) == []


def test_words_count_for_half_a_year(suppressions, holds, clock):
    dismissed(suppressions, 1, 2, 3)
    clock.now = REMEMBERED + 50
    assert counted(holds) == [(1, 3, 3)]
    clock.now = REMEMBERED + 101.5
    assert counted(holds) == []


def test_a_lift_is_for_good_and_can_be_taken_back(suppressions, holds):
    dismissed(suppressions, 1, 2, 3)
    (hold,) = holds.standing(7)
    assert holds.lift(hold.id, "owner")
    assert not holds.lift(hold.id, "owner")
    dismissed(suppressions, 4, 5, 6)
    assert [(one.id, one.lifted_by) for one in holds.standing(7)] == [(hold.id, "owner")]
    assert holds.restore(hold.id)
    assert not holds.restore(hold.id)
    assert [(one.id, one.lifted_at, one.dismissed) for one in holds.standing(7)] == [(hold.id, None, 6)]


def test_emoji_count_without_another_run_as_soon_as_the_role_is_known(jobs, comments, holds):
    for iid in (1, 2, 3):
        posted(jobs, iid)
        reacted(jobs, iid)
    assert holds.standing(7) == []
    comments.learn_levels(7, {5: 30})
    assert counted(holds) == [(1, 3, 3)]
    reacted(jobs, 2, awarded=False, now=210.0)
    assert holds.standing(7) == []


def test_a_thumbs_up_ends_it_also_when_a_run_remembers_a_dismissal_later(jobs, comments, suppressions, holds):
    for iid in (1, 2, 3):
        posted(jobs, iid)
        reacted(jobs, iid)
    comments.learn_levels(7, {5: 30})
    assert counted(holds) != []
    reacted(jobs, 2, "thumbsup", user_id=6, now=300.0)
    comments.learn_levels(7, {6: 40})
    assert holds.standing(7) == []
    suppressions.record(replace(DISMISSED, iid=1, fingerprint="f1", at=400.0))  # said at 200
    assert holds.standing(7) == []
    reacted(jobs, 2, "thumbsup", user_id=6, now=500.0, awarded=False)
    assert [one[1:] for one in counted(holds)] == [(3, 3)]


def test_answers_count_and_mended_findings_outweigh(jobs, comments, holds):
    for iid in (1, 2, 3):
        posted(jobs, iid)
        said = Said(MergeRequestRef(7, iid), 50 + iid, f"t{iid}", 5, "no", 150.0)
        jobs.receive_many([Delivery(f"k{iid}", "h", b"{}", Ignored("a reply"), said)], 200.0)
    comments.learn_levels(7, {5: 30})
    assert [one[1:] for one in counted(holds)] == [(3, 3)]
    for iid in (4, 5):
        posted(jobs, iid)
        comments.tell(MergeRequestRef(7, iid), [Ended(f"f{iid}", "fixed")], 200.0)
    assert holds.standing(7) == []


def test_it_goes_with_the_project_and_a_persons_name_is_taken_off(suppressions, holds, database):
    dismissed(suppressions, 1, 2, 3)
    (hold,) = holds.standing(7)
    holds.lift(hold.id, "ann")
    purge_person(database, "ann", 5)
    (found,) = holds.standing(7)
    assert (found.lifted_by, found.people, found.merge_requests) == ("", 0, 3)
    purge_project(database, 7)
    assert holds.listed() == []


def test_two_processes_that_find_the_same_kind_keep_one(suppressions, holds):
    dismissed(suppressions, 1, 2, 3)
    said, kept = holds.evidence(7)
    found = holding.holds(said, kept)
    first, second = (holds.keep(7, found, ()) for _ in range(2))
    assert first[0].id == second[0].id
    assert len(holds.standing(7)) == 1


def test_a_page_sees_what_is_held_back_and_writes_nothing(suppressions, holds, database):
    dismissed(suppressions, 1, 2, 3)
    said = []
    event.listen(database.engine, "before_cursor_execute", lambda *asked: said.append(asked[2].split()[0].upper()))
    (new,) = holds.seen()
    assert (new.id, new.project_id, new.dismissed) == (0, 7, 3)
    assert {word for word in said if word not in {"SELECT", "BEGIN"}} == set()
    (kept,) = holds.standing(7)
    assert [one.id for one in holds.seen()] == [kept.id]
