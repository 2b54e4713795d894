"""Templates, a chunk and what is known about its merge request, to the messages of one request.

The order is for the provider's prefix cache: system (the same for a version of the templates and a language), merge
request (the same for all its chunks), chunk (the same for all reviewers), task. What differs stands as late as it can.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.core import chunking, cleaning, overview
from reviewbot.core.answering import MAX_QUESTION, MAX_TURN, MAX_TURNS, Asked
from reviewbot.core.candidates import block
from reviewbot.core.excerpts import Excerpt
from reviewbot.core.framing import frame, visible
from reviewbot.core.redaction import redact
from reviewbot.core.reviewers import Reviewer
from reviewbot.core.shown import shown
from reviewbot.core.verification import Candidate
from reviewbot.errors import ConfigurationError
from reviewbot.model.chunk import Chunk, Enclosing
from reviewbot.model.finding import Category
from reviewbot.model.prompt import Message, Prefix, Prompt
from reviewbot.model.rule import Rule

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

MAX_DESCRIPTION, MAX_GUIDANCE, MAX_RULE, MAX_TICKET = 3_000, 6_000, 4_000, 2_000  # characters
MAX_LABELS, MAX_FILES = 20, 30
MAX_CLAIM = 2_000  # characters of the finding that a conversation is about
_WHOLE = 10**9  # bounded where it is made
_KEPT_OF_ANSWER = 3_000  # characters of a broken answer that its repair turn shows, at each end
_MOST_WHEN_AGAIN = 8  # findings
_BYTES_OF_TOKEN = 4  # about; a prefix's length is needed for how long its reading takes, and that is a guess as well

_TEMPLATES = (
    "system",
    "merge_request",
    "chunk",
    "task",
    "judge_system",
    "judge",
    "reply_system",
    "reply",
    "summary_system",
    "summary",
    "repair",
    "again",
)


@dataclass(frozen=True, slots=True)
class About:
    """What is known about the merge request. `files` are (path, change, added, removed); `guidance` is AGENTS.md.
    `tickets` are issues as `core.tickets.told` has them, `unfilled` what is open of the merge request's template.

    Everything in it is untrusted and may be empty.
    """

    title: str = ""
    description: str = ""
    author: str = ""
    source_branch: str = ""
    target_branch: str = ""
    labels: Sequence[str] = ()
    files: Sequence[tuple[str, str, int, int]] = ()
    guidance: str = ""
    language: str = "English"
    tickets: Sequence[str] = ()
    unfilled: Sequence[str] = ()


class Templates:
    """All templates of a folder, read once. `version` is a hash over every file in it and over `reviewers`."""

    def __init__(self, folder: Path, reviewers: Sequence[Reviewer] = ()) -> None:
        """Raises `ConfigurationError` when a template is missing."""
        files = sorted(path for path in folder.rglob("*") if path.suffix in {".j2", ".md"})
        texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}
        for name in _TEMPLATES:
            if f"{name}.j2" not in texts:
                raise ConfigurationError(f"The template {name}.j2 is missing in {folder}", mend="restore the folder")
        own = [part for reviewer in reviewers for part in (reviewer.id, reviewer.body, str(reviewer.budget))]
        self.version = _digest(*(part for entry in texts.items() for part in entry), *own)
        self._texts = texts

    @cached_property
    def _environment(self) -> "SandboxedEnvironment":
        """Made when something is asked: a review without a model does without Jinja."""
        from jinja2 import DictLoader, StrictUndefined
        from jinja2.sandbox import SandboxedEnvironment

        environment = SandboxedEnvironment(
            loader=DictLoader(self._texts),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # prompts are no HTML: frames and `cleaning` take its place
        )
        environment.filters["frame"] = lambda text, name: frame(name, text.strip("\n"))
        return environment

    def opening(
        self, chunk: Chunk, about: About, context: Sequence[Enclosing], rules: Sequence[Rule]
    ) -> tuple[Message, ...]:
        """What all reviewers of a chunk are told, in the order of the prefix cache."""
        return (
            Message(
                "system", self._render("system", categories=list(Category), language=cleaning.name(about.language))
            ),
            Message("user", self._merge_request(about)),
            Message("user", self._chunk(chunk, context, rules)),
        )

    def review(
        self, opening: tuple[Message, ...], reviewer: Reviewer, label: str, *, mind_rules: bool = False
    ) -> Prompt:
        """Ask `reviewer` about the chunk of an `opening`, and about broken rules besides if it should mind them.

        `label` is for logs and stands in no message.
        """
        task = self._render("task", task=reviewer.body, most=reviewer.budget, mind_rules=mind_rules)
        return Prompt(
            messages=(*opening, Message("user", task)),
            schema="findings",
            prefixes=_prefixes(opening),
            version=self.version,
            label=label,
        )

    def judge(self, candidates: Sequence[Candidate], excerpt: Excerpt, title: str, language: str, label: str) -> Prompt:
        """Ask for a verdict on each of the candidates, which are named F1, F2, … in their order.

        `excerpt` is the code that they are about. The messages share a beginning with other such prompts alone.
        """
        system = self._render("judge_system", language=cleaning.name(language))
        named = dict.fromkeys(candidate.rule for candidate in candidates if candidate.rule is not None)
        asked = self._render(
            "judge",
            title=cleaning.name(title),
            diff=excerpt.diff,
            context=_around(excerpt.context),
            rules=_told(tuple(named)),
            candidates=[block(number, candidate) for number, candidate in enumerate(candidates, 1)],
            ids=", ".join(f"F{number}" for number in range(1, len(candidates) + 1)),
        )
        return Prompt(
            messages=(Message("system", system), Message("user", asked)),
            schema="verdicts",
            prefixes=(_prefix(system),),
            version=self.version,
            label=label,
        )

    def reply(self, asked: Asked, label: str) -> Prompt:
        """Ask for an answer in a conversation. The messages share a beginning with other such prompts alone."""
        system = self._render("reply_system", language=cleaning.name(asked.language))
        turns = [
            {"who": cleaning.name(turn.who), "said": cleaning.clean(turn.said, MAX_TURN)}
            for turn in asked.history[-MAX_TURNS:]
        ]
        shown_to_model = self._render(
            "reply",
            title=cleaning.name(asked.title),
            code=asked.excerpt.diff,
            context=_around(asked.excerpt.context),
            rule=cleaning.clean(asked.rule, MAX_RULE),
            finding=cleaning.clean(asked.finding, MAX_CLAIM),
            lines=cleaning.name(asked.lines),
            history=turns,
            asker=cleaning.name(asked.asker),
            question=cleaning.clean(asked.question, MAX_QUESTION),
        )
        return Prompt(
            messages=(Message("system", system), Message("user", shown_to_model)),
            schema="reply",
            prefixes=(_prefix(system),),
            version=self.version,
            label=label,
        )

    def summary(self, diff: str, language: str, most: int) -> Prompt:
        """Ask what a change does: `diff` is `walkthroughs.shown_of`'s, `most` how many files may be told of."""
        system = self._render("summary_system", language=cleaning.name(language), most=most)
        return Prompt(
            messages=(Message("system", system), Message("user", self._render("summary", diff=diff))),
            schema="summary",
            prefixes=(),
            version=self.version,
            label="summary",
        )

    def repair(self, prompt: Prompt, answer: str, problem: str) -> Prompt:
        """Go on after an unreadable answer: show it, long ones shortened in the middle, and say what is wrong."""
        said = redact(cleaning.shortened(answer, _KEPT_OF_ANSWER)) or "(no text)"
        asked = self._render("repair", problem=visible(problem[: cleaning.MAX_NAME]), schema=prompt.schema)
        return replace(prompt, messages=(*prompt.messages, Message("assistant", said), Message("user", asked)))

    def again(self, prompt: Prompt) -> Prompt:
        """Ask for a shorter answer after one that was cut off. The cut one is not shown: it would be paid for again."""
        asked = self._render("again", most=_MOST_WHEN_AGAIN, schema=prompt.schema)
        return replace(prompt, messages=(*prompt.messages, Message("user", asked)))

    def _merge_request(self, about: About) -> str:
        many = len(about.files) > MAX_FILES  # then a list would be the alphabet's beginning, in each prompt
        return self._render(
            "merge_request",
            title=cleaning.name(about.title),
            author=cleaning.name(about.author),
            source_branch=cleaning.name(about.source_branch),
            target_branch=cleaning.name(about.target_branch),
            labels=[cleaning.name(label) for label in about.labels[:MAX_LABELS]],
            description=cleaning.clean(about.description, MAX_DESCRIPTION),
            guidance=cleaning.clean(about.guidance, MAX_GUIDANCE),
            tickets=[cleaning.clean(ticket, MAX_TICKET) for ticket in about.tickets],
            unfilled=[cleaning.name(line) for line in about.unfilled],
            files=[] if many else [(cleaning.name(path), *rest) for path, *rest in about.files],
            folders=overview.folders([(path, plus, minus) for path, _, plus, minus in about.files]) if many else (),
        )

    def _chunk(self, chunk: Chunk, context: Sequence[Enclosing], rules: Sequence[Rule]) -> str:
        return self._render("chunk", diff=chunking.render(chunk), context=_around(context), rules=_told(rules))

    def _render(self, name: str, **values: object) -> str:
        return self._environment.get_template(f"{name}.j2").render(values).strip("\n")


def _around(context: Sequence[Enclosing]) -> list[Enclosing]:
    return [
        replace(one, path=shown(one.path), name=cleaning.name(one.name), text=cleaning.clean(one.text, _WHOLE))
        for one in context
    ]


def _told(rules: Sequence[Rule]) -> list[Rule]:
    return [
        replace(rule, id=cleaning.name(rule.id), title=cleaning.name(rule.title), body=cleaning.clean(body, MAX_RULE))
        for rule in rules
        for body in [f"(Only for files in {rule.folder}/.)\n{rule.body}" if rule.folder else rule.body]
    ]


@lru_cache(maxsize=64)  # asked for once per reviewer of a chunk, one after the other
def _prefixes(opening: tuple[Message, ...]) -> tuple[Prefix, ...]:
    """System and merge request, which all chunks share, and both with the chunk."""
    texts = [message.content for message in opening]
    return _prefix(*texts[:2]), _prefix(*texts)


def _prefix(*parts: str) -> Prefix:
    return Prefix(_digest(*parts), sum(len(part.encode("utf-8", "replace")) for part in parts) // _BYTES_OF_TOKEN)


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "replace")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]
