"""Kinds of findings that a project has dismissed several times, and what people said that tells it."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.finding import Category, Severity

VoiceKind = Literal["no", "up", "valued"]
"""no: a comment was dismissed; up: 👍; valued: its finding was fixed, or somebody agreed in words."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody made of one comment. `level`: the person's role, None: not asked yet. `by`: a user's id, 0 unknown.

    `at`: seconds since the epoch.
    """

    iid: int
    fingerprint: str
    title: str
    rule: str | None
    category: Category
    severity: Severity
    path: str
    kind: VoiceKind
    at: float
    by: int = 0
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes findings alike: the rule, else the category with what the title claims (stems); the kind of file."""

    rule: str | None
    category: Category
    area: str
    claim: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A kind of finding that is held back in a project, or would be if nobody had lifted it.

    `dismissed` comments in `merge_requests`, by `people` as far as they are known, none graver than `severity`;
    `valued` comments speak for it. `examples` are dismissed ones, newest first, as (merge request, path, title).
    `lifted_at` None: it counts. `id` 0: it was not kept.
    """

    kind: Kind
    title: str
    project_id: int = 0
    id: int = 0
    dismissed: int = 0
    merge_requests: int = 0
    people: int = 0
    valued: int = 0
    severity: Severity = Severity.SUGGESTION
    examples: tuple[tuple[int, str, str], ...] = ()
    at: float = 0.0
    lifted_at: float | None = None
    lifted_by: str = ""
