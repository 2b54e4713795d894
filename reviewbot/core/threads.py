"""The threads of a merge request -> what people made of each finding of ours."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot.core import awards, markers
from reviewbot.core.bots import is_bot
from reviewbot.model.memory import Dismissal
from reviewbot.model.merge_request import Discussion, MergeRequestRef, Note, Person

FIXED, RESOLVED = "fixed", "resolve"
"""`extra` of the marker of the line that says that a finding is fixed, and of the answer to the command `resolve`."""
_LONGEST = 2_000  # characters of a reply that are looked at
_LONGEST_SENTENCE = 200


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread of one finding of ours. `replies` are people's, oldest first, `told_fixed`: the last line was said.

    `resolved_by` None: nobody knows, or it is not resolved. `commanded`: the bot did it, as that person told it.
    """

    fingerprint: str
    discussion_id: str
    note_id: int
    resolvable: bool = False
    resolved: bool = False
    resolved_by: Person | None = None
    replies: tuple[Note, ...] = ()
    told_fixed: bool = False
    commanded: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """Somebody does not want a finding told again. `person` None: GitLab does not say who it was."""

    fingerprint: str
    how: Dismissal
    person: Person | None = None
    reason: str = ""


def threads(
    discussions: Iterable[Discussion], key: bytes, ref: MergeRequestRef, me: Person | None
) -> dict[str, Thread]:
    """By fingerprint. A thread is ours by the valid marker of its first note, whoever its author is; of two threads
    with one fingerprint the first counts.
    """
    everything = list(discussions)
    orders = _orders(everything, key, ref, me)
    found: dict[str, Thread] = {}
    for discussion in everything:
        first = discussion.notes[0] if discussion.notes else None
        marker = markers.read(first.body, key, ref) if first and not first.system else None
        if first is None or marker is None or marker.kind != "finding" or marker.fingerprint in found:
            continue
        thread = _thread(discussion, first, marker.fingerprint, key, ref, me)
        found[marker.fingerprint] = _commanded(thread, orders, me)
    return found


def _orders(
    discussions: Sequence[Discussion], key: bytes, ref: MergeRequestRef, me: Person | None
) -> list[tuple[int, Person]]:
    """(id of the bot's answer, who gave the command) of each command `resolve` that was carried out, oldest first.

    A copy of the answer does not count: it names a command that was answered before.
    """
    notes = sorted((note for discussion in discussions for note in discussion.notes), key=lambda note: note.id)
    givers = {str(note.id): note.author for note in notes}
    first: dict[str, int] = {}
    for note in notes:
        marker = markers.read(note.body, key, ref) if me is not None and note.author.id == me.id else None
        if marker is not None and (marker.kind, marker.extra) == ("reply", RESOLVED):
            first.setdefault(marker.fingerprint.partition(".")[0], note.id)  # a note may hold several commands
    return [(answer, givers[command]) for command, answer in first.items() if command in givers]


def _commanded(thread: Thread, orders: Sequence[tuple[int, Person]], me: Person | None) -> Thread:
    """A thread that the bot resolved without calling it fixed was closed by the first `resolve` after it began."""
    if me is None or thread.told_fixed or thread.resolved_by is None or thread.resolved_by.id != me.id:
        return thread
    giver = next((person for answer, person in orders if answer > thread.note_id), None)
    return thread if giver is None else replace(thread, resolved_by=giver, commanded=True)


def _thread(
    discussion: Discussion, first: Note, fingerprint: str, key: bytes, ref: MergeRequestRef, me: Person | None
) -> Thread:
    replies, told = [], False
    for note in discussion.notes[1:]:
        marker = markers.read(note.body, key, ref)
        told = told or (marker is not None and (marker.kind, marker.extra) == ("reply", FIXED))
        ours = marker is not None or (me is not None and note.author.id == me.id)
        if not (note.system or ours or note.author.bot or is_bot(note.author.username)):
            replies.append(note)
    resolved = first.resolvable and first.resolved
    return Thread(
        fingerprint=fingerprint,
        discussion_id=discussion.id,
        note_id=first.id,
        resolvable=first.resolvable and not discussion.individual,
        resolved=resolved,
        resolved_by=first.resolved_by if resolved else None,
        replies=tuple(replies),
        told_fixed=told,
    )


def opinions(
    found: Mapping[str, Thread],
    reactions: Iterable[tuple[int, int, str]],
    deleted: Collection[str],
    me: Person | None,
) -> tuple[Opinion, ...]:
    """Every word of a person against a finding, the plainest first: what was said, 👎, a thread resolved, a comment
    deleted. `reactions` are (note id, user id, emoji). Whose word counts is for the caller to say.
    """
    said = [
        Opinion(thread.fingerprint, "words", note.author, " ".join(note.body.split())[:_LONGEST_SENTENCE])
        for thread in found.values()
        for note in thread.replies
        if dismisses(note.body)
    ]
    by_note = {thread.note_id: thread for thread in found.values()}
    mine = me.id if me else 0
    down = [
        Opinion(by_note[note_id].fingerprint, "thumbs_down", Person(user_id, ""))
        for note_id, user_id, emoji in reactions
        if awards.thumb(emoji) < 0 and note_id in by_note and user_id != mine
    ]
    resolved = [
        Opinion(thread.fingerprint, "command" if thread.commanded else "resolved", thread.resolved_by)
        for thread in found.values()
        if thread.resolved_by is not None
        and thread.resolved_by.id != mine
        and not (thread.told_fixed or thread.resolved_by.bot or is_bot(thread.resolved_by.username))
    ]
    gone = [Opinion(fingerprint, "deleted") for fingerprint in sorted(deleted)]
    return (*said, *down, *resolved, *gone)


# Whole phrases, as people write them in reviews. A word too few costs a comment that stays; a word too many would
# silence the bot about a defect.
_PHRASES = (
    *("won't fix", "wont fix", "wontfix", "will not fix", "not going to fix", "not an issue", "not a bug"),
    *("isn't an issue", "isn't a bug", "is no issue", "not a real issue", "not a problem", "isn't a problem"),
    *("false positive", "false alarm", "by design", "as designed", "works as intended", "working as intended"),
    *("intended behaviour", "intended behavior", "this is intentional", "that is intentional", "it's intentional"),
    *("kein fehler", "kein bug", "kein problem", "falsch positiv", "fehlalarm", "so gewollt", "ist absicht"),
    *("wird nicht behoben", "beheben wir nicht", "das ist beabsichtigt"),
    *("faux positif", "fausse alerte", "pas un bug", "pas un problème", "c'est voulu", "ne sera pas corrigé"),
    *("falso positivo", "falsa alarma", "no es un error", "no es un problema", "es intencional", "por diseño"),
    *("não é um bug", "não é um problema", "não é um erro", "é intencional", "não será corrigido"),
    *("non è un bug", "non è un problema", "non è un errore", "falso allarme", "è voluto"),
    *("vals positief", "vals alarm", "geen bug", "geen probleem", "fałszywy alarm", "to nie błąd"),
    *("ложное срабатывание", "это не баг", "так задумано", "не будем исправлять"),  # noqa: RUF001  # words
    *("仕様です", "誤検知", "修正しません", "問題ではありません", "误报", "不是问题", "不修复", "设计如此"),
)
_PHRASE = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _PHRASES[:-8]))})(?!\w)|{'|'.join(_PHRASES[-8:])}")
_DOUBT = re.compile(
    r"(?<!\w)(?:not|no|never|if|whether|unless|maybe|perhaps|might|could|would|should|unlikely|hardly|thought"
    r"|was|were|don't|doesn't|didn't|isn't|wasn't|cannot|can't|nicht|kein|keine|ob|falls|wenn|vielleicht|pas|si"
    r"|peut-être|não|se|talvez|non|forse|niet|geen|nie|czy|не|если)(?!\w)"
)
_OVER = re.compile(
    r"(?<!\w)(?:anymore|any more|any longer|no longer|now that|fixed|solved|after|since|once|until|mehr|behoben|seit"
    r"|plus|désormais|corregido|ya|risolto|corrigido|больше)(?!\w)"
)
_QUOTED = re.compile(r"(?m)^ {0,3}>.*$")
_FENCED = re.compile(r"(?ms)^ {0,3}(?:```|~~~).*?(?:^ {0,3}(?:```|~~~)|\Z)")
_SENTENCE = re.compile(r"[^.!?;\n\u3002\uff01\uff1f]+[?\uff1f]?")
_NO = re.compile(r"^(?:no|nope|nein|non|não|nee|nie)\s*[,:-]\s*")


def dismisses(text: str) -> bool:
    """Whether a reply says plainly that a finding is none or will not be mended.

    Conservative: the phrase stands in a sentence that is no question, without a doubt or a denial before it ("not a
    false positive") and without a word that it was mended meanwhile ("not a problem any more").
    """
    plain = _FENCED.sub(" ", _QUOTED.sub(" ", text[:_LONGEST])).replace("\u2019", "'").casefold()
    return any(_says_so(sentence) for sentence in _SENTENCE.findall(plain))


def _says_so(sentence: str) -> bool:
    sentence = _NO.sub("", " ".join(sentence.split()))
    found = _PHRASE.search(sentence)
    if found is None or len(sentence) > _LONGEST_SENTENCE or sentence.endswith(("?", "\uff1f")):
        return False
    return not _DOUBT.search(sentence[: found.start()]) and not _OVER.search(sentence)


def by_fingerprint(heard: Sequence[Opinion]) -> dict[str, Opinion]:
    """The plainest word about each finding."""
    return {opinion.fingerprint: opinion for opinion in reversed(heard)}
