"""Who is asked about what: the chunks of a change, the reviewers whom each concerns, and the questions that come of it.

The questions of one chunk follow each other and differ in their last message alone, so they share a prefix in the
provider's cache.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from reviewbot import beside
from reviewbot.asking.questions import Question
from reviewbot.bench import Bench, Material
from reviewbot.core import answers, chunking, context, languages, rule_share, syntax
from reviewbot.core.reviewers import Reviewer
from reviewbot.core.scopes import Reach
from reviewbot.errors import TooHard
from reviewbot.model.chunk import Chunk, Enclosing, Piece, Tier
from reviewbot.model.diff import Change, FileDiff
from reviewbot.ports import Isolation

_AHEAD = 2  # chunks whose surroundings are looked up while another one's questions are made


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's subject: whom it asked about which chunk, in which pass (`turn`). Numbers are from 1.

    `untold` are the ids of rules that apply and had no room in the prompt.
    """

    chunk: Chunk
    reviewer: Reviewer
    turn: int = 1
    number: int = 1
    untold: tuple[str, ...] = ()

    @property
    def voter(self) -> str:
        """Who spoke: the same reviewer in another pass is another voter."""
        return self.reviewer.id if self.turn == 1 else f"{self.reviewer.id}#{self.turn}"


def questions(
    material: Material, bench: Bench, chunks: Sequence[Chunk] | None = None
) -> Iterator[Question[answers.Parsed]]:
    """All questions of a review, pass by pass, chunk by chunk, made when they are wanted: that takes its time.

    `chunks` are those of the `material`, where they are known already.
    """
    chunks = chunks_of(material, bench) if chunks is None else chunks
    reviewers = reviewers_of(material.policy.reviewers, material.tier, bench.reviewers)
    turns = range(1, material.policy.passes + 1)
    shown = ((turn, number, shuffled(chunk, turn)) for turn in turns for number, chunk in enumerate(chunks, 1))
    reach = Reach(material.rules)
    surrounded = beside.begun(shown, lambda one: _around(one[2], material, bench.isolation), _AHEAD)
    for (turn, number, chunk), around in surrounded:
        told = _Told(chunk, material, bench, around, reach)
        asked = [reviewer for reviewer in reviewers if reviewer.concerned(chunk, ruled=told.ruled)]
        # Whoever comes first minds the rules where nobody is asked about them alone.
        minder = None if any(reviewer.needs == "rules" for reviewer in asked) else next(iter(asked), None)
        for one in asked:
            label = f"{number}/{len(chunks)}"
            yield told.question(Asked(chunk, one, turn, number), label, mind_rules=one is minder)


def reviewers_of(chosen: Sequence[str], tier: Tier, known: Sequence[Reviewer]) -> list[Reviewer]:
    """Those whom the operator has chosen, in every tier, else those of the tier."""
    return [one for one in known if (one.id in chosen if chosen else tier in one.tiers)]


def shuffled(chunk: Chunk, turn: int) -> Chunk:
    """The chunk as pass number `turn` shows it: the same pieces, from the second pass on with the files in an order of
    its own, the same in every run. Parts of one file stay in order.
    """
    if turn == 1:
        return chunk
    files: dict[str, list[Piece]] = {}
    for piece in chunk.pieces:
        files.setdefault(piece.path, []).append(piece)
    order = sorted(files)
    seed = crc32("\0".join((str(turn), *order)).encode("utf-8", "replace"))
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    return replace(chunk, pieces=tuple(piece for path in order for piece in files[path]), text="")


def chunks_of(material: Material, bench: Bench) -> tuple[Chunk, ...]:
    """The files in portions of what one request reads, large ones cut at definitions where their text can be parsed."""

    def borders(file: FileDiff) -> Sequence[int]:
        language = languages.language_of(file.path)
        if language is None or file.path not in material.texts:
            return ()
        try:
            return bench.isolation.run(syntax.borders, material.texts[file.path], language)
        except TooHard:
            return ()

    return chunking.pack(material.files, material.policy.chunk_tokens, bench.counter.count, borders)


class _Told:
    """What all reviewers of a chunk are told: its diff, the code around it, the rules that apply."""

    def __init__(
        self, chunk: Chunk, material: Material, bench: Bench, around: tuple[Enclosing, ...], reach: Reach
    ) -> None:
        self.chunk = chunk
        self._material = material
        self._bench = bench
        self._reach = reach
        # Files of several folders may each have a rule of the same id.
        apply = tuple(one for one in reach.of_any(chunk.paths) if one.pattern is None)
        room = material.policy.chunk_tokens * rule_share.SHARE
        self._rules, left_out = rule_share.fitting(apply, room, bench.counter.count)
        self._untold = tuple(rule.id for rule in left_out)
        self._opening = bench.templates.opening(chunk, material.about, around, self._rules)

    @property
    def ruled(self) -> bool:
        return bool(self._rules or self._material.about.guidance)

    def _of(self, half: Chunk) -> "_Told":
        return _Told(
            half, self._material, self._bench, _around(half, self._material, self._bench.isolation), self._reach
        )

    def question(self, asked: Asked, label: str, *, mind_rules: bool) -> Question[answers.Parsed]:
        templates = self._bench.templates
        return Question(
            prompt=templates.review(
                self._opening, asked.reviewer, f"{asked.voter} {label}", mind_rules=mind_rules and bool(self._rules)
            ),
            read=answers.findings,
            repair=templates.repair,
            again=templates.again,
            split=lambda: [
                self._of(half).question(replace(asked, chunk=half), label, mind_rules=mind_rules)
                for half in chunking.halve(asked.chunk, self._bench.counter.count)
            ],
            subject=replace(asked, untold=self._untold),
            toolbox=self._material.toolbox,
            round=asked.turn,
        )


def _around(chunk: Chunk, material: Material, isolation: Isolation) -> tuple[Enclosing, ...]:
    """The definitions around the hunks of whole files; a file in parts shows enough of itself.

    The budget is the chunk's: many small files share it, a single one may have it all.
    """
    if not material.policy.context:
        return ()
    whole = [
        (replace(piece.file, hunks=piece.hunks), material.texts[piece.path])
        for piece in chunk.pieces
        if piece.parts == 1 and piece.path in material.texts and piece.file.change is not Change.ADDED
    ]
    if not whole:
        return ()
    try:
        return isolation.run(context.around, whole, material.policy.context_tokens)
    except TooHard:
        return ()
