"""Comments with their facts, emoji, answers and the sweep's list, on both databases."""

import json
from dataclasses import replace

import pytest

from reviewbot.core import feedback
from reviewbot.db.comments import CommentTable
from reviewbot.db.purging import purge_older, purge_person, purge_project
from reviewbot.db.reactions import ReactionTable
from reviewbot.db.watching import WatchTable
from reviewbot.model.chunk import Tier
from reviewbot.model.event import Closed, Delivery, Ignored, Reaction, ReviewWanted
from reviewbot.model.feedback import Award, Ended, Heard, Said
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Examination, Outcome, Published, Verdict
from reviewbot.model.prompt import Usage

REF = MergeRequestRef(7, 3)
OTHER = MergeRequestRef(8, 1)


def finding(fingerprint, **more):
    anchor = Anchor("src/a.py", (None, 4), (None, 6))
    made = Finding(anchor, Severity.WARNING, Category.CORRECTNESS, f"Title {fingerprint}", "Body", rule="no-eval")
    return replace(made, fingerprint=fingerprint, reviewer="correctness", **more)


def outcome(*fingerprints, posted=(), known=(), standing=None):
    examination = Examination(
        Verdict.MINOR_ISSUES,
        Tier.FULL,
        tuple(finding(name) for name in fingerprints),
        (),
        (),
        Usage(requests=1),
        prompts="v1",
        model="m",
    )
    ids = {name: 10 + number for number, name in enumerate(posted, 1)}
    threads = {name: f"d-{name}" for name in posted}
    return Outcome(
        "done", "", "head", examination, Published(ids, known=known, discussions=threads, standing=standing or {})
    )


def run(jobs, done, now=100.0, ref=REF, head="a", author="ann"):
    job_id = jobs.want(ReviewWanted(ref, head, "opened", "g/p", "A title", author), now)
    _, lease = jobs.take(job_id, "me", now)
    jobs.finish(lease, done, now)


@pytest.fixture
def comments(database):
    return CommentTable(database)


@pytest.fixture
def reactions(database):
    return ReactionTable(database)


@pytest.fixture
def watched(database):
    return WatchTable(database)


def deliver(jobs, event, now=200.0, said=None, key=None):
    body = json.dumps({"user": {"id": 5, "username": "ada"}}).encode()
    jobs.receive_many([Delivery(key or f"{event}{said}{now}", "h", body, event, said)], now)


def reacted(jobs, note_id=11, user_id=5, *, awarded=True, award_id=None, now=200.0, emoji="thumbsup"):
    deliver(jobs, Reaction(REF, note_id, user_id, emoji, awarded, award_id), now)


def answered(jobs, note_id=50, thread="d-f1", kind="no", now=200.0, user_id=5):
    deliver(jobs, Ignored("not a command"), now, Said(REF, note_id, thread, user_id, kind, 150.0))


def test_a_posted_comment_is_kept_with_its_facts(jobs, comments):
    run(jobs, outcome("f1", "f2", posted=("f1",)))
    (one,) = comments.listed()
    assert (one.ref, one.fingerprint, one.note_id, one.posted_at) == (REF, "f1", 11, 100.0)
    assert (one.rule, one.category, one.severity, one.reviewer) == (
        "no-eval",
        Category.CORRECTNESS,
        Severity.WARNING,
        "correctness",
    )
    assert (one.prompts, one.model, one.file, one.line, one.title) == ("v1", "m", "src/a.py", 4, "Title f1")
    assert feedback.ending(one) == "open"


def test_a_comment_of_an_attempt_that_was_cut_off_is_kept_by_the_one_that_finds_it(jobs, comments):
    run(jobs, outcome("f1", known=("f1",)))
    run(jobs, outcome("f1", known=("f1",)), 110.0, head="b")
    (one,) = comments.listed()
    assert (one.fingerprint, one.note_id, one.posted_at) == ("f1", 0, 100.0)
    comments.observe(REF, [Heard("f1", 21, "d9")], {21}, None, 120.0)
    assert comments.listed()[0].note_id == 21


def test_a_comment_that_a_run_only_found_standing_is_kept_with_its_note(jobs, comments):
    run(jobs, outcome("f1", "f2", standing={"f1": 31, "gone": 32}))
    assert [(one.fingerprint, one.note_id) for one in comments.listed()] == [("f1", 31)]


def test_thumbs_count_once_however_often_their_events_come(jobs, comments, reactions):
    run(jobs, outcome("f1", posted=("f1",)))
    for now in (200.0, 201.0):
        reacted(jobs, award_id=1, now=now)
        reacted(jobs, user_id=6, award_id=2, emoji="thumbsdown_tone2", now=now)
    assert (comments.listed()[0].ups, comments.listed()[0].downs) == (1, 1)
    reacted(jobs, award_id=1, awarded=False, now=202.0)
    reacted(jobs, award_id=1, now=203.0)  # the award's event once more, late
    assert (comments.listed()[0].ups, reactions.standing(REF)) == (0, [(11, 6, "thumbsdown_tone2")])


def test_a_look_at_gitlab_and_events_agree_on_one_emoji(jobs, comments, reactions):
    run(jobs, outcome("f1", posted=("f1",)))
    heard = [Heard("f1", 11, "d-f1")]
    reacted(jobs, note_id=77, now=200.0)  # on a note that is not ours
    comments.observe(REF, heard, {11, 77}, [Award(11, 5, "thumbsup"), Award(77, 5, "thumbsup")], 300.0)
    assert reactions.standing(REF) == [(11, 5, "thumbsup")]
    reacted(jobs, award_id=1, now=310.0)
    assert reactions.standing(REF) == [(11, 5, "thumbsup")]
    reacted(jobs, award_id=1, awarded=False, now=320.0)
    comments.observe(REF, heard, {11}, [Award(11, 5, "thumbsup")], 315.0)  # looked before it was taken back
    assert reactions.standing(REF) == []
    comments.observe(REF, heard, {11}, [Award(11, 5, "thumbsup")], 330.0)  # awarded again, its event was lost
    assert reactions.standing(REF) == [(11, 5, "thumbsup")]
    comments.observe(REF, heard, {11}, [], 340.0)
    assert reactions.standing(REF) == []


def test_answers_in_our_threads_are_kept_once_and_those_of_others_are_not(jobs, comments):
    run(jobs, outcome("f1", posted=("f1",)))
    answered(jobs)
    answered(jobs, kind="yes", now=210.0)  # edited
    answered(jobs, note_id=51, thread="of other people")
    assert comments.listed()[0].replies == ("yes",)
    heard = [Heard("f1", 11, "d-f1", replies=(Said(REF, 52, "d-f1", 5, "question", 220.0),))]
    comments.observe(REF, heard, {11, 52}, None, 300.0)
    assert comments.listed()[0].replies == ("question",)  # the other one was deleted


def test_an_answer_in_a_thread_that_is_not_known_yet_waits_for_the_next_look(jobs, comments):
    run(jobs, outcome("f1", known=("f1",)))
    answered(jobs, thread="dx")
    answered(jobs, note_id=51, thread="dy")
    comments.observe(REF, [Heard("f1", 21, "dx", replies=(Said(REF, 50, "dx", 5, "no", 1.0),))], {21, 50}, None, 300.0)
    assert comments.listed()[0].replies == ("no",)


def test_what_became_of_a_comment_follows_the_last_word(jobs, comments):
    run(jobs, outcome("f1", "f2", posted=("f1", "f2")))
    comments.tell(REF, [Ended("f1", "dismissed", "words", 5), Ended("unheard of", "fixed")], 200.0)
    comments.tell(REF, [Ended("f1", "dismissed", "words", 5)], 300.0)
    first, second = comments.listed()
    assert (feedback.ending(first), first.how, first.fate_at) == ("dismissed", "words", 200.0)
    assert feedback.ending(second) == "open"
    comments.tell(REF, [Ended("f1", "open")], 400.0)
    assert feedback.ending(comments.listed()[0]) == "open"


def test_resolving_deleting_and_merging_are_seen(jobs, comments, watched):
    run(jobs, outcome("f1", "f2", "f3", posted=("f1", "f2", "f3")))
    comments.observe(REF, [Heard("f1", 11, "d-f1", resolved_by=5), Heard("f3", 13, "d-f3")], {11, 13}, None, 300.0)
    deliver(jobs, Closed(REF, "merged"), 310.0)
    watched.told(REF, "merged", read_last=True, now=320.0, quiet=0.0)
    found = {one.fingerprint: one for one in comments.listed(ref=REF)}
    assert {name: feedback.ending(one) for name, one in found.items()} == {
        "f1": "resolved",
        "f2": "dismissed",
        "f3": "ignored",
    }
    assert (found["f2"].gone_at, found["f3"].ended_at) == (300.0, 310.0)
    comments.observe(REF, [Heard("f1", 11, "d-f1"), Heard("f2", 12, "d-f2")], {11, 12, 13}, None, 330.0)
    found = {one.fingerprint: one for one in comments.listed(ref=REF)}
    assert (found["f1"].resolved_by, found["f2"].gone_at) == (None, None)


def test_a_merge_request_is_looked_at_while_it_is_open_and_for_a_while_after_its_end(jobs, watched):
    run(jobs, outcome("f1", posted=("f1",)))
    assert watched.due(200.0, 10) == [(REF, 0.0)]
    assert watched.claim(REF, 0.0, 150.0)
    assert not watched.claim(REF, 0.0, 151.0)
    assert (watched.due(150.0, 10), watched.due(200.0, 10)) == ([], [(REF, 150.0)])
    assert watched.told(REF, "opened", read_last=None, now=200.0, quiet=90.0) is None
    deliver(jobs, Closed(REF, "merged"), 210.0)
    assert watched.due(1.0, 10) == [(REF, 0.0)]  # its end makes it the first
    assert watched.told(REF, "merged", read_last=True, now=220.0, quiet=200.0) == 210.0
    assert watched.due(999.0, 10) == [(REF, 0.0)]
    watched.told(REF, "merged", read_last=True, now=999.0, quiet=500.0)
    assert watched.due(9999.0, 10) == []
    run(jobs, outcome("f2", posted=("f2",)), 1000.0, head="b")
    assert watched.due(9999.0, 10) == [(REF, 0.0)]


def test_what_gitlab_does_not_show_any_more_is_looked_for_a_while_and_keeps_how_it_ended(jobs, watched, comments):
    run(jobs, outcome("f1", posted=("f1",)))
    watched.lost(REF, now=200.0, quiet=100.0)
    assert (comments.listed()[0].state, watched.due(999.0, 10)) == ("gone", [(REF, 0.0)])
    watched.told(REF, "merged", read_last=True, now=210.0, quiet=100.0)  # it was a mistake
    watched.lost(REF, now=220.0, quiet=100.0)
    assert feedback.ending(comments.listed()[0]) == "ignored"
    watched.lost(REF, now=999.0, quiet=800.0)
    assert watched.due(9999.0, 10) == []


def test_feedback_outlives_the_source_code_and_goes_by_its_own_age(jobs, comments, reactions):
    run(jobs, outcome("f1", posted=("f1",)))
    reacted(jobs)
    answered(jobs)
    purge_older(comments._database, 1000.0, 50.0)
    assert (len(comments.listed()), reactions.standing(REF)) == (1, [(11, 5, "thumbsup")])
    purge_older(comments._database, 1000.0)
    assert (comments.listed(), reactions.standing(REF)) == ([], [])


def test_a_person_goes_with_their_emoji_answers_and_name_and_the_facts_stay(jobs, comments, reactions, database):
    run(jobs, outcome("f1", posted=("f1",)))
    reacted(jobs)
    reacted(jobs, user_id=6)
    answered(jobs)
    answered(jobs, note_id=51, user_id=6)
    comments.tell(REF, [Ended("f1", "dismissed", "words", 5)], 200.0)
    comments.observe(REF, [Heard("f1", 11, "d-f1", resolved_by=5)], {11}, None, 100.0)
    purge_person(database, "ada")  # her id is known from the events
    (one,) = comments.listed()
    assert (one.replies, one.resolved_by, one.how) == (("no",), 0, "words")
    assert reactions.standing(REF) == [(11, 6, "thumbsup")]
    purge_person(database, "bob", 6)
    assert (comments.listed()[0].replies, reactions.standing(REF)) == ((), [])


def test_a_person_goes_with_the_comments_on_their_merge_requests(jobs, comments, database, watched):
    run(jobs, outcome("f1", posted=("f1",)))
    run(jobs, outcome("f1", posted=("f1",)), ref=OTHER, author="bob")
    purge_person(database, "ann")
    assert [one.ref for one in comments.listed()] == [OTHER]
    assert watched.due(999.0, 10) == [(OTHER, 0.0)]


def test_a_project_goes_whole(jobs, comments, reactions, database, watched):
    run(jobs, outcome("f1", posted=("f1",)))
    reacted(jobs)
    answered(jobs)
    purge_project(database, 7)
    assert (comments.listed(), reactions.standing(REF), watched.due(999.0, 10)) == ([], [], [])
