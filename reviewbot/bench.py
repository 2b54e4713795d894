"""What an examination works with, and what it is given to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reviewbot.control import Control
from reviewbot.core import rulebooks
from reviewbot.core.packs import Shelf
from reviewbot.core.prompts import About, Templates
from reviewbot.core.reviewers import Reviewer
from reviewbot.model.chunk import Chunk, Tier
from reviewbot.model.diff import FileDiff
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.ports import Isolation, TokenCounter, Tree

if TYPE_CHECKING:  # a review without a model does without them
    from reviewbot.asking.ask import Asker
    from reviewbot.asking.toolbox import Toolbox

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Made once per process. `asker` None: no model is configured. `price` tells what a usage costs with its model.

    `shelf` holds the rules that count in every project unless it says otherwise.
    `by_tier` holds the models of other classes: a whole review is asked of one model, for the prefix cache.
    """

    templates: Templates
    reviewers: tuple[Reviewer, ...]
    shelf: Shelf
    counter: TokenCounter
    asker: "Asker | None"
    requests_at_once: int
    isolation: Isolation
    price: Callable[[Usage], float | None] | None = None
    by_tier: Mapping[Tier, "Bench"] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that count where no project says anything, as `scopes.applicable` takes them."""
        return rulebooks.combine(self.shelf.under())

    def of(self, tier: Tier) -> "Bench":
        """The bench with the model class that reviews of this tier use."""
        return self.by_tier.get(tier, self)

    def anew(self, occasion: str) -> "Bench":
        """The bench at which every question is really asked, whatever was answered before the occasion."""
        if self.asker is None:
            return self
        others = {tier: bench.anew(occasion) for tier, bench in self.by_tier.items()}
        return replace(self, asker=self.asker.anew(occasion), by_tier=others)


@dataclass(frozen=True, slots=True)
class Material:
    """What is read: the files whose change is new, the texts of their new side, and the rules that count.

    `tickets` are the references of those in `about`; `whole`: no part of the change was read in an earlier run.
    """

    files: Sequence[FileDiff]
    texts: Mapping[str, str]
    rules: tuple[Rule, ...]
    about: About
    policy: ReviewPolicy
    tier: Tier
    toolbox: "Toolbox | None" = None
    tickets: tuple[str, ...] = ()
    whole: bool = True

    def shown_by(self, chunk: Chunk) -> bool:
        """Whether the chunk holds the whole change."""
        if not self.whole or len(self.files) > len(chunk.pieces) or any(piece.parts > 1 for piece in chunk.pieces):
            return False
        return {file.path for file in self.files} == set(chunk.paths)


def equip(tree: Tree | None, tier: Tier, policy: ReviewPolicy, bench: Bench, control: Control) -> "Toolbox | None":
    """What models may look things up with; None where there is no repository, or it is switched off.

    A trivial change gets none: each round sends its prompt again, and there is hardly anything to look up.
    """
    if tree is None or not policy.tools or tier is Tier.TRIVIAL or bench.asker is None:
        return None
    from reviewbot.asking.toolbox import Toolbox

    return Toolbox(tree, bench.isolation, bench.counter, control)
