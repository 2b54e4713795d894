"""What a conversation is about, as a model is shown it: the finding, the code now, what was said. And its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reviewbot.bench import Bench
from reviewbot.core import chunking, diffs, excerpts, phrases, replying, selection, suggestions, threads
from reviewbot.core.answering import MAX_TURNS, Asked, Told, Turn
from reviewbot.core.excerpts import Excerpt, Spot
from reviewbot.core.sanitising import fenced, sanitise
from reviewbot.core.suggestions import Suggestion
from reviewbot.errors import SourceUnavailable, TooHard
from reviewbot.model.diff import Diff, FileDiff
from reviewbot.model.finding import Finding
from reviewbot.model.merge_request import Discussion, MergeRequest, Note
from reviewbot.model.outcome import ReviewedVersion
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import History, Source
from reviewbot.texts import texts_at

EXCERPT_TOKENS = 3_000
OVERVIEW_TOKENS = 6_000  # of the diff, for a question that is about no line


@dataclass(frozen=True, slots=True)
class Topic:
    """`current`: the finding's lines are those of the head. `line` is the thread's line of the new side now."""

    title: str
    excerpt: Excerpt
    history: Sequence[Turn]
    finding: Finding | None
    words: str
    file: FileDiff | None
    text: str | None
    line: int | None
    current: bool
    rule: str = ""

    def asked(self, note: Note, language: str) -> Asked:
        lines = ""
        if self.finding is not None and self.current:
            first, last = self.finding.anchor.lines
            lines = str(last) if first == last else f"{first}-{last}"
        return Asked(
            title=self.title,
            excerpt=self.excerpt,
            history=self.history,
            asker=note.author.username,
            question=note.body,
            finding=self.words,
            lines=lines,
            rule=self.rule,
            language=language,
        )


def topic(
    mr: MergeRequest,
    discussion: Discussion,
    note: Note,
    source: Source,
    history: History,
    bench: Bench,
    policy: ReviewPolicy,
    key: bytes,
    rules: Callable[[], Sequence[Rule]],
) -> Topic:
    """Gather what the model is shown for the message `note`. Without a place the whole change is shown.

    `rules` are those that count here, read when the finding names one.
    """
    version = history.last_reviewed(mr.ref)
    finding = _finding(discussion, mr, version, key)
    current = version is not None and version.head_sha == mr.refs.head_sha
    first = discussion.notes[0]
    path = finding.anchor.path if finding is not None else first.path
    text = _text(source, mr.refs.head_sha, path) if path else None
    diff = diffs.parse_changes(mr.changes)
    file = next((one for one in diff.files if path in {one.path, one.old_path}), None) if path else None
    spot = Spot(finding.anchor) if finding is not None and current and file is not None else Spot(line=first.line)
    placed = bool(path) and (spot.anchor is not None or first.line is not None)
    named = finding.rule if finding is not None else None
    rule = next((one for one in rules() if one.id == named), None) if named else None
    return Topic(
        title=mr.title,
        excerpt=_excerpt(path, file, text, spot, bench) if placed else _overview(diff, bench, policy),
        history=_history(discussion, note, mr, key, skip_first=finding is not None),
        finding=finding,
        words=f"{finding.title}\n{finding.body}" if finding is not None else "",
        file=file,
        text=text,
        line=first.line,
        current=current,
        rule=_words_of(rule),
    )


def _finding(discussion: Discussion, mr: MergeRequest, version: ReviewedVersion | None, key: bytes) -> Finding | None:
    """The finding that began the thread, as far as it is remembered.

    Anybody can begin a thread with a copy of our marker, and ask something harmless in it: what is answered there is no
    word about the finding.
    """
    marker = replying.begun(discussion, key, mr.ref)
    if version is None or marker is None or marker.kind != "finding":
        return None
    own = threads.threads(mr.discussions, key, mr.ref, mr.me).get(marker.fingerprint)
    if own is None or own.discussion_id != discussion.id:
        return None
    known = (*version.findings, *version.dismissed)
    return next((one for one in known if one.fingerprint == marker.fingerprint), None)


def _text(source: Source, sha: str, path: str) -> str | None:
    try:
        return texts_at(source, sha, [path]).get(path)
    except SourceUnavailable:
        return None


def _words_of(rule: Rule | None) -> str:
    return "" if rule is None else f"{rule.id}: {rule.title}\n{rule.body}"


def _excerpt(path: str, file: FileDiff | None, text: str | None, spot: Spot, bench: Bench) -> Excerpt:
    try:
        return bench.isolation.run(excerpts.excerpt, path, file, text, [spot], EXCERPT_TOKENS)
    except TooHard:
        return excerpts.excerpt(path, file, None, [spot], EXCERPT_TOKENS)


def _overview(diff: Diff, bench: Bench, policy: ReviewPolicy) -> Excerpt:
    """The beginning of what a review would read."""
    files = selection.select(diff, policy, None).reviewed
    chunks = chunking.pack(files, OVERVIEW_TOKENS, bench.counter.count, lambda file: ())
    return Excerpt(chunking.render(chunks[0]) if chunks else "")


def _history(discussion: Discussion, asked: Note, mr: MergeRequest, key: bytes, *, skip_first: bool) -> list[Turn]:
    """What was said in the thread before the message; the first note is left out when the finding tells it."""
    before = [note for note in discussion.notes if note.id < asked.id and not note.system]
    return [_turn(note, mr, key) for note in before[1 if skip_first else 0 :][-MAX_TURNS:]]


def _turn(note: Note, mr: MergeRequest, key: bytes) -> Turn:
    mine = replying.by_machine(note, mr, key) and mr.me is not None and note.author.id == mr.me.id
    said = "\n".join(line for line in note.body.split("\n") if not line.startswith("<!-- reviewbot:"))
    return Turn("you" if mine else note.author.username, said)


def words(told: Told, about: Topic, bench: Bench, language: str) -> str:
    """What the model said, safe to post, with its code; empty when it said nothing."""
    parts = [sanitise(told.text)] if told.text else []
    if told.suggestion is not None:
        block = _applicable(told.suggestion, about, bench)
        parts.append(block or f"{phrases.of(language)('summary.code')}\n\n{fenced(told.suggestion)}")
    return "\n\n".join(parts)


def _applicable(suggested: str, about: Topic, bench: Bench) -> str:
    """A block that GitLab can apply in this thread; empty when the code does not fit the file as it is now."""
    finding, file = about.finding, about.file
    if finding is None or file is None or not about.current or about.line != finding.anchor.end[1]:
        return ""
    try:
        verified: Suggestion | None = bench.isolation.run(
            suggestions.verify, replace(finding, suggestion=suggested), file, about.text
        )
    except TooHard:
        return ""
    plain = verified is not None and about.line is not None and "`" not in verified.text
    return suggestions.block(verified, about.line) if plain and verified and about.line else ""
