"""What people make of comments: collected, held against later ones of the same kind, and taken back again."""

import pytest
from e2e.house import Case, code
from sqlalchemy import delete

from reviewbot.core import feedback
from reviewbot.db.feedback_tables import comment
from reviewbot.standin.gitlab import noting
from reviewbot.standin.gitlab.state import GUEST

BEFORE = code(40)
TITLE = "Missing docstring"
PATHS = ("alpha.py", "beta.py", "gamma.py", "delta.py", "epsilon.py", "zeta.py")


def planted(line, severity="warning", title=TITLE):
    return BEFORE.replace(f"value_{line} = {line}\n", f"value_{line} = x{line}  # PLANT({severity}): {title}\n")


class Shop:
    """One project; `change` opens a merge request with a comment of the same kind in a file of its own."""

    def __init__(self, house):
        self.house, self.number = house, 0
        self.project, self.developer = house.project(dict.fromkeys(PATHS, BEFORE))

    def change(self, severity="warning", title=TITLE):
        path, self.number = PATHS[self.number], self.number + 1
        files = {path: planted(self.number * 3, severity, title)}
        branch = f"feature{self.number}"
        self.project.commit(branch, files, author=self.developer)
        asked = len(self.house.model.requests)
        title = f"Change {self.number} ({self.project.name})"
        mr = self.project.merge_request(branch, "main", title, author=self.developer)
        case = Case(self.house, self.project, self.developer, mr, asked)
        case.reviewed()
        return case


@pytest.fixture
def shop(house):
    return Shop(house)


def react(case, emoji="thumbsdown", user=None):
    note = next(one for one in case.mr.notes if one.id == case.comments[0].note_id)
    case.lab.react(case.mr, note, user or case.developer, emoji)
    case.lab.settle()
    return note


def take_back(case, note):
    thread = next(one for one in case.mr.discussions if note in one.notes)
    with case.lab.world.lock:
        noting.unreact(case.mr, thread, note, note.awards[0])
    case.lab.settle()


def dropped(case):
    return [one for one in case.outcome().examination.dropped if one.stage == "held_back"]


def held(case):
    """The finding is not told, and the summary says why."""
    (one,) = dropped(case)
    assert case.comments == []
    assert one.title == TITLE
    assert f"{TITLE}: {one.reason}" in case.summary()
    return one.reason


def test_what_three_merge_requests_refused_is_held_back_until_a_thumbs_up(shop):
    cases = [shop.change() for _ in range(3)]
    for case in cases:
        react(case)
    fourth = shop.change()
    assert held(fourth).startswith("3 comments like it were dismissed in this project: held back as number ")
    assert fourth.report().verdict == "approved"
    react(cases[1], "thumbsup")
    assert len(shop.change().comments) == 1


def test_a_thumbs_down_that_is_taken_back_holds_nothing_back(shop):
    cases = [shop.change() for _ in range(3)]
    notes = [react(case) for case in cases]
    take_back(cases[0], notes[0])
    assert len(shop.change().comments) == 1


def test_critical_findings_are_told_whatever_was_refused(shop):
    for _ in range(3):
        react(shop.change("critical"))
    fourth = shop.change("critical")
    assert (len(fourth.comments), dropped(fourth)) == (1, [])


def test_guests_do_not_hold_anything_back(shop, house):
    guest = house.lab.user(f"visitor{shop.project.id}")
    shop.project.member(guest, GUEST)
    for _ in range(3):
        react(shop.change(), user=guest)
    assert len(shop.change().comments) == 1


def test_an_owner_lifts_it_and_takes_that_back(shop, house):
    for _ in range(3):
        react(shop.change())
    held(shop.change())
    (hold,) = house.store.holds.listed(shop.project.id)
    assert (hold.title, hold.dismissed, hold.merge_requests) == (TITLE, 3, 3)
    assert house.store.holds.lift(hold.id, "owner")
    assert len(shop.change().comments) == 1
    assert house.store.holds.restore(hold.id)
    held(shop.change())


def test_emoji_and_answers_are_counted_once_and_what_became_of_the_comment_is_known(shop, house):
    case = shop.change()
    note = react(case, "thumbsup")
    for delivery in [one for one in house.lab.deliveries.all if one.kind == "emoji"][-1:]:
        delivery.key = "sent again by hand"
        assert house.lab.deliveries.send(delivery) == 202
    thread = next(one for one in case.mr.discussions if note in one.notes)
    case.lab.write(case.mr, "Won't fix", case.developer, thread=thread)
    case.settled()
    (one,) = house.store.comments.listed(ref=case.ref)
    assert (one.note_id, one.ups, one.downs, one.replies) == (note.id, 1, 0, ("no",))
    assert (one.title, one.file, one.severity, one.reviewer) == (TITLE, "alpha.py", "warning", one.reviewer)
    assert one.prompts == house.reviewer.bench.templates.version
    assert feedback.ending(one) == "open"
    case.push({"other.py": BEFORE})
    case.reviewed()
    (one,) = house.store.comments.listed(ref=case.ref)
    assert (feedback.ending(one), one.how) == ("dismissed", "words")


def test_a_comment_whose_run_was_cut_off_before_its_end_is_kept_by_the_next_one(shop, house):
    case = shop.change()
    (before,) = house.store.comments.listed(ref=case.ref)
    mine = (comment.c.project_id == case.ref.project_id, comment.c.iid == case.ref.iid)
    house.store.database.write(lambda c: c.execute(delete(comment).where(*mine)))
    case.push({"other.py": BEFORE})
    case.reviewed()
    (after,) = house.store.comments.listed(ref=case.ref)
    assert (after.fingerprint, after.note_id, after.title) == (before.fingerprint, before.note_id, TITLE)
    assert len(case.comments) == 1


def test_a_mended_finding_was_addressed(shop, house):
    case = shop.change()
    case.push({"alpha.py": BEFORE})
    case.reviewed()
    (one,) = house.store.comments.listed(ref=case.ref)
    assert feedback.ending(one) == "addressed"
