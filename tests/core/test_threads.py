"""What people made of the bot's findings, read from the merge request's threads."""

import pytest
from making_findings import KEY, REF

from reviewbot.core import markers, threads
from reviewbot.core.markers import Marker
from reviewbot.core.threads import Opinion
from reviewbot.model.merge_request import Discussion, Note, Person

ME, ANN, BOT = Person(1, "reviewbot"), Person(5, "ann"), Person(6, "lint-bot")


def ours(number, *replies, resolved_by=None):
    body = f"Wrong.\n\n{markers.make(Marker('finding', f'f{number}', 'r'), KEY, REF)}"
    resolved = resolved_by is not None
    first = Note(number * 100, ME, body, resolvable=True, resolved=resolved, resolved_by=resolved_by)
    notes = [Note(number * 100 + at, who, text) for at, (who, text) in enumerate(replies, 1)]
    return Discussion(f"d{number}", (first, *notes))


def read(*discussions):
    return threads.threads(discussions, KEY, REF, ME)


def opinions(*discussions, reactions=(), deleted=()):
    return threads.opinions(read(*discussions), reactions, deleted, ME)


def test_threads_are_ours_by_their_marker_alone():
    forged = Discussion(
        "x", (Note(1, ME, "<!-- reviewbot: finding fingerprint=f9 run=r extra= mac=" + "0" * 32 + " -->"),)
    )
    answered = Discussion("y", (Note(2, ANN, "Hm"), ours(3).notes[0]))
    found = read(ours(1), forged, answered, ours(2, (ANN, "Why?"), (BOT, "beep"), (ME, "Because.")))
    assert [(one.discussion_id, one.note_id, [note.body for note in one.replies]) for one in found.values()] == [
        ("d1", 100, []),
        ("d2", 200, ["Why?"]),
    ]


def test_every_way_to_say_no():
    found = opinions(
        ours(1, (ANN, "won't fix")),
        ours(2, resolved_by=ANN),
        ours(3),
        ours(4),
        reactions=[(300, 5, "thumbsdown"), (400, 5, "thumbsup"), (999, 5, "thumbsdown")],
        deleted={"f8"},
    )
    assert found == (
        Opinion("f1", "words", ANN, "won't fix"),
        Opinion("f3", "thumbs_down", Person(5, "")),
        Opinion("f2", "resolved", ANN),
        Opinion("f8", "deleted"),
    )


def answer(note_id, command, author=ME, what="resolve"):
    body = f"Resolved.\n\n{markers.make(Marker('reply', str(command), 'r', what), KEY, REF)}"
    return Discussion(f"d{note_id}", (Note(note_id, author, body),))


def command(note_id, author=ANN):
    return Discussion(f"d{note_id}", (Note(note_id, author, "@reviewbot resolve"),))


def test_a_thread_that_the_bot_resolved_on_command_was_resolved_by_who_gave_it():
    found = opinions(ours(1, resolved_by=ME), ours(2), command(300), answer(301, 300), command(400, BOT))
    assert found == (Opinion("f1", "command", ANN),)


@pytest.mark.parametrize(
    "others",
    [
        (),
        (command(50), answer(51, 50)),  # carried out before the thread began
        (command(300), answer(301, 300, what="help")),
        (command(300), answer(301, 300, author=ANN)),  # the bot's words in another mouth
        (answer(301, 300),),  # the command was deleted: nobody knows whose it was
        (command(50), answer(51, 50), answer(301, 50)),  # a copy
    ],
)
def test_what_nobody_commanded_is_nobodys_opinion(others):
    assert opinions(ours(1, resolved_by=ME), *others) == ()


def test_what_the_bot_did_itself_is_nobodys_opinion():
    fixed = markers.make(Marker("reply", "f2", "r", threads.FIXED), KEY, REF)
    discussions = ours(1, resolved_by=ME), ours(2, (ME, f"Fixed.\n\n{fixed}"), resolved_by=ANN)
    assert opinions(*discussions, reactions=[(100, 1, "thumbsdown")]) == ()
    assert read(*discussions)["f2"].told_fixed


def test_the_plainest_word_about_a_finding_counts():
    said = opinions(ours(1, (ANN, "by design"), resolved_by=ANN), reactions=[(100, 5, "-1")])
    assert threads.by_fingerprint(said)["f1"].how == "words"


@pytest.mark.parametrize(
    "text",
    [
        "won't fix",
        "Won\u2019t fix, it is a test server.",
        "wontfix",
        "This is a false positive: the list is never empty.",
        "No, this is by design.",
        "That's not an issue here",
        "I think it isn't a bug.",
        "Works as intended!",
        "Das ist kein Fehler, so gewollt.",
        "C'est voulu.",
        "Falso positivo.",
        "仕様です",
        "这是误报",
        "It is a\nfalse positive",
        "> Wrong.\n\nnot a bug",
    ],
)
def test_plain_dismissals(text):
    assert threads.dismisses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Is this a false positive?",
        "This is not a false positive.",
        "I don't think this is by design.",
        "Not an issue any more, fixed in abc.",
        "It's not a problem anymore",
        "Thanks, fixed!",
        "> this is a false positive\n\nReally.",
        "```\nwontfix\n```\nWhat about this label?",
        "If it is a false positive, say so.",
        "I thought it works as intended",
        "The byword of designers",
        "Maybe a false positive",
        "",
        "x" * 3_000 + " wontfix",
        "that is only a false positive when " + "the order is one of many " * 12,
    ],
)
def test_what_dismisses_nothing(text):
    assert not threads.dismisses(text)
