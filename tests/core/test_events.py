"""Webhook payloads, in the shapes that GitLab sends, and what they mean."""

import pytest

from reviewbot.core.bots import is_bot
from reviewbot.core.events import Me, classify
from reviewbot.errors import UsageError
from reviewbot.model.event import Closed, CommandGiven, Ignored, Labelled, Reaction, ReviewWanted, Undecided
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import ReviewPolicy

ME = Me(25, "review-bot")
POLICY = ReviewPolicy(ignored_branches=("release/*",), ignored_authors=("Ghost",), ignored_labels=("no review",))


def merge_request(action="open", changes=None, labels=(), user="ada", **attributes):
    return {
        "object_kind": "merge_request",
        "user": {"id": 7, "username": user},
        "project": {"id": 2, "path_with_namespace": "shop/web"},
        "object_attributes": {
            "iid": 16,
            "target_project_id": 2,
            "author_id": 7,
            "title": "Add a basket",
            "source_branch": "basket",
            "target_branch": "main",
            "state": "opened",
            "action": action,
            "draft": False,
            "last_commit": {"id": "e5" * 20},
            **attributes,
        },
        "labels": [{"title": label} for label in labels],
        "changes": changes or {},
    }


def labelled(*after, before=()):
    previous, current = ([{"title": label} for label in labels] for labels in (before, after))
    return {"labels": {"previous": previous, "current": current}}


def note(text, **attributes):
    return {
        "object_kind": "note",
        "user": {"id": 7, "username": "ada"},
        "project_id": 2,
        "project": {"id": 2, "path_with_namespace": "shop/web"},
        "object_attributes": {
            "id": 99,
            "note": text,
            "noteable_type": "MergeRequest",
            "author_id": 7,
            "discussion_id": "abc",
            "system": False,
            "action": "create",
            **attributes,
        },
        "merge_request": {"iid": 16, "target_project_id": 2, "state": "opened", "last_commit": {"id": "e5" * 20}},
    }


def heard(payload, policy=POLICY):
    return classify(payload, ME, policy)


def test_an_opened_merge_request_wants_a_review_of_its_head():
    event = heard(merge_request())
    assert event == ReviewWanted(MergeRequestRef(2, 16), "e5" * 20, "opened", "shop/web", "Add a basket", "ada")


@pytest.mark.parametrize(
    ("payload", "trigger", "explicit"),
    [
        (merge_request("update", oldrev="d4" * 20), "pushed", False),
        (merge_request("reopen"), "reopened", False),
        (merge_request("update", {"draft": {"previous": True, "current": False}}), "ready", False),
        (merge_request("update", {"title": {"previous": "Draft: Add", "current": "Add"}}), "ready", False),
        (merge_request("update", {"title": {"previous": "WIP: Add", "current": "Add"}}), "ready", False),
        (merge_request("update", {"target_branch": {"previous": "main", "current": "next"}}), "target", False),
        (
            merge_request(
                "update",
                {
                    "target_branch": {"previous": "main", "current": "next"},
                    "draft": {"previous": True, "current": False},
                    "labels": {"previous": [], "current": [{"title": "reviewbot"}]},
                },
            ),
            "target",
            False,
        ),
        (merge_request("update", {"reviewers": [[], [{"id": 25}]]}), "reviewer", True),
        (merge_request("update", {"reviewers": {"previous": [], "current": [{"id": 25}]}}), "reviewer", True),
        (merge_request("update", {"reviewers": [[{"id": 25}], [{"id": 25, "re_requested": True}]]}), "reviewer", True),
        (merge_request("update", {"reviewer_ids": {"previous": [], "current": [25]}}), "reviewer", True),
        (merge_request("update", {"reviewers": [[], [{"id": 25}]]}, draft=True), "reviewer", True),
    ],
)
def test_each_trigger_wants_a_review(payload, trigger, explicit):
    event = heard(payload)
    assert isinstance(event, ReviewWanted)
    assert (event.trigger, event.explicit) == (trigger, explicit)


@pytest.mark.parametrize("kind", [{"draft": True}, {"work_in_progress": True}])
@pytest.mark.parametrize(("action", "more"), [("open", {}), ("update", {"oldrev": "d4" * 20}), ("reopen", {})])
def test_a_draft_hangs_on_the_configuration_of_its_target_branch_unless_the_operator_wants_it(kind, action, more):
    payload = merge_request(action, target_branch="next", **kind, **more)
    assert heard(payload).draft_into == "next"
    assert heard(payload, ReviewPolicy(review_drafts=True)).draft_into is None
    ignored = heard(merge_request(action, user="ghost", **kind, **more))
    assert isinstance(ignored, Ignored)
    assert (ignored.reason, ignored.pushed is not None) == (
        "The author ghost is on the list of ignored authors",
        "oldrev" in more,
    )


def test_labels_that_the_bot_has_added_itself_start_nothing():
    event = merge_request("update", labelled("reviewbot"))
    assert isinstance(heard({**event, "user": {"id": ME.id, "username": ME.username}}), Ignored)
    assert isinstance(heard(event), Labelled)


def test_added_labels_are_a_wish_whose_meaning_the_repository_knows():
    added = heard(merge_request("update", labelled("bug", "reviewbot", "urgent", before=["bug"]), user="ghost"))
    assert isinstance(added, Labelled)
    assert (added.labels, added.branch, added.usual) == (("reviewbot", "urgent"), "main", True)
    assert heard(merge_request("update", labelled("bug"), draft=True)).usual is False
    many = heard(merge_request("update", labelled(*(f"{number:03}" * 200 for number in range(500)))))
    assert (len(many.labels), max(map(len, many.labels))) == (50, 255)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (merge_request(user="project_2_bot_abc"), "bot"),
        (merge_request(user="ghost"), "ignored authors"),
        (merge_request(labels=["no review"]), "no review"),
        (merge_request(source_branch="release/1.2"), "release/1.2"),
        (merge_request(state="merged", oldrev="d4" * 20, action="update"), "merged"),
        (merge_request("approved"), "approved"),
        (merge_request("update"), "nothing to review"),
        (merge_request("update", {"labels": {"previous": [{"title": "bug"}], "current": []}}), "nothing to review"),
        (merge_request("update", labelled("bug"), state="closed"), "closed"),
        (merge_request("update", {"reviewers": [[{"id": 25}], [{"id": 25}]]}), "nothing to review"),
        (merge_request("update", {"reviewers": None, "labels": "odd"}), "nothing to review"),
        ({"object_kind": "push"}, "push"),
        (note("@review-bot review", author_id=25), "own"),
        (note("<!-- reviewbot: v1 --> @reviewbot review"), "marker"),
        (note("> @reviewbot review"), "does not speak"),
        (note("```\n@reviewbot review\n```"), "does not speak"),
        (note("mail me@reviewbot.example review"), "does not speak"),
        (note("@reviewbot review", noteable_type="Issue"), "not on a merge request"),
        (note("@reviewbot review", action="update"), "new comments"),
        (note("@reviewbot review", system=True), "new comments"),
    ],
)
def test_what_starts_nothing_says_why(payload, reason):
    event = heard(payload)
    assert isinstance(event, Ignored)
    assert reason in event.reason


@pytest.mark.parametrize("text", ["@reviewbot review", "@review-bot review", "Thanks!\n@ReviewBot: review please"])
def test_a_command_in_a_comment_asks_for_a_review_in_the_commenters_name(text):
    event = heard(note(text))
    assert isinstance(event, CommandGiven)
    assert (event.command, event.user_id, event.note_id, event.head_sha) == ("review", 7, 99, "e5" * 20)


def test_other_commands_keep_their_words():
    event = heard(note("@reviewbot explain SQL-1 now"))
    assert isinstance(event, CommandGiven)
    assert (event.command, event.arguments) == ("explain", "SQL-1 now")


def test_all_commands_of_a_comment_are_heard_each_once():
    said = ["explain a", "explain b", "explain a", "why?", "what?", "dance", "sing"]
    event = heard(note("\n".join(f"@reviewbot {words}" for words in said)))
    assert [(one.command, one.arguments, one.address) for one in event.each()] == [
        ("explain", "a", "99"),
        ("explain", "b", "99.1"),
        ("question", "why?", "99.2"),
        ("unknown", "dance", "99.3"),
    ]
    many = heard(note("\n".join(f"@reviewbot explain rule-{number}" for number in range(99))))
    assert len(many.each()) == 5


@pytest.mark.parametrize(("action", "state"), [("merge", "merged"), ("close", "closed")])
def test_an_ended_merge_request_ends_its_reviews(action, state):
    assert heard(merge_request(action)) == Closed(MergeRequestRef(2, 16), state)


def test_a_system_hook_is_told_by_its_body():
    payload = {"event_name": "merge_request", **merge_request()}
    del payload["object_kind"]
    assert isinstance(heard(payload), ReviewWanted)


@pytest.mark.parametrize(("kind", "awarded"), [("award", True), ("revoke", False)])
def test_an_emoji_on_a_note_is_kept(kind, awarded):
    payload = {
        "object_kind": "emoji",
        "event_type": kind,
        "project_id": 2,
        "object_attributes": {"user_id": 7, "name": "thumbsdown", "awardable_type": "Note", "awardable_id": 5},
        "merge_request": {"iid": 16},
    }
    assert heard(payload) == Reaction(MergeRequestRef(2, 16), 5, 7, "thumbsdown", awarded)
    payload["object_attributes"] |= {"id": 31, "created_at": "2023-07-04 20:44:11 UTC"}
    assert heard(payload) == Reaction(MergeRequestRef(2, 16), 5, 7, "thumbsdown", awarded, 31, 1688503451.0)
    payload["object_attributes"] |= {"id": "an altered body", "created_at": ["x"]}
    assert heard(payload) == Reaction(MergeRequestRef(2, 16), 5, 7, "thumbsdown", awarded)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        "text",
        None,
        {},
        {"object_kind": 7},
        {"object_kind": "merge_request"},
        {"object_kind": "merge_request", "object_attributes": {"iid": "x"}},
        {"object_kind": "merge_request", "object_attributes": {"iid": 3}},
        {"object_kind": "note", "object_attributes": []},
    ],
)
def test_a_body_that_is_no_event_is_an_error_in_words(payload):
    with pytest.raises(UsageError) as caught:
        heard(payload)
    assert str(caught.value)


@pytest.mark.parametrize("name", ["project_12_bot_f00", "group_1_bot", "renovate-bot", "dependabot[bot]", "ci.bot"])
def test_machines_are_told_by_their_names(name):
    assert is_bot(name)


@pytest.mark.parametrize("name", ["abbot", "botany", "robot9", "ada"])
def test_people_are_not_machines(name):
    assert not is_bot(name)


@pytest.mark.parametrize(
    ("oldrev", "changes"),
    [("a" * 40, {}), (None, {"target_branch": {"previous": "main", "current": "next"}})],
)
def test_a_new_version_that_nobody_reads_is_told_for_the_sake_of_an_approval(oldrev, changes):
    event = classify(merge_request("update", changes, state="closed", oldrev=oldrev), ME, POLICY)
    assert (type(event), event.pushed) == (Ignored, MergeRequestRef(2, 16))


@pytest.mark.parametrize(
    "payload",
    [
        merge_request("update", {"reviewers": [[], [{"id": 25}]]}),
        merge_request("update", {"reviewer_ids": {"previous": [], "current": [25]}}),
        merge_request("open", {"reviewers": [[], [{"id": 25}]]}),
        merge_request("update", labelled("reviewbot")),
        note("@review-bot review"),
        note("Why?", type="DiffNote"),
    ],
)
def test_what_hangs_on_who_the_bot_is_stays_undecided_until_that_is_known(payload):
    assert classify(payload, Me(), POLICY) == Undecided(MergeRequestRef(2, 16))
    assert not isinstance(heard(payload), Undecided)


@pytest.mark.parametrize(
    "payload",
    [
        merge_request(),
        merge_request("update", {"reviewers": [[], [{"id": 25}]]}, oldrev="d4" * 20),
        merge_request("update", {"reviewers": [[{"id": 25}], []]}),
        merge_request("update", {"draft": {"previous": True, "current": False}}),
        merge_request("merge"),
        note("<!-- reviewbot: v1 --> x"),
        note("@review-bot review", noteable_type="Issue"),
    ],
)
def test_what_does_not_hang_on_who_the_bot_is_is_decided_at_once(payload):
    assert classify(payload, Me(), POLICY) == heard(payload)


def test_what_the_bot_proposed_itself_is_reviewed_only_when_somebody_asks():
    mine = {"author_id": ME.id, "source_branch": "reviewbot/rules-mute-no-eval"}
    for action in ("open", "reopen"):
        assert classify(merge_request(action, **mine), ME, POLICY) == Ignored(
            "The merge request is a proposal of the bot's own"
        )
    pushed = merge_request("update", oldrev="a1" * 20, **mine)
    assert isinstance(classify(pushed, ME, POLICY), ReviewWanted)  # somebody else's work on the bot's branch
    pushed["user"] = {"id": ME.id, "username": ME.username}
    assert isinstance(classify(pushed, ME, POLICY), Ignored)
    changes = {"reviewers": {"previous": [], "current": [{"id": ME.id, "username": ME.username}]}}
    assert isinstance(classify(merge_request("update", changes, **mine), ME, POLICY), ReviewWanted)
    assert isinstance(classify(merge_request(**mine), Me(), POLICY), ReviewWanted)  # the run finds out
    for other in ({"author_id": ME.id}, {"source_branch": mine["source_branch"]}):
        assert isinstance(classify(merge_request(**other), ME, POLICY), ReviewWanted)
