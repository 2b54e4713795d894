"""Rules tried on past merge requests: what they would have said there, and what became of what was said."""

from dataclasses import dataclass, field
from typing import Literal

from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule

Kind = Literal["added", "changed", "deleted", "same"]
Fate = Literal["addressed", "liked", "dismissed", "unknown"]
"""What an earlier comment in a place was worth: its finding was fixed; 👍 and nobody said no; a person said no; none of
these (open, ignored, resolved without a word).
"""


@dataclass(frozen=True, slots=True)
class Past:
    """A past merge request, or a commit of the default branch that stands for one.

    `base_sha` and `head_sha` are the version that the rules are tried on, `final_sha` the last one (empty: there is no
    other). `web` is the address of its project. `at`: seconds since the epoch, when it was last touched. `ref` None: no
    merge request is known. `problem`: why its commits are not known.
    """

    name: str
    title: str
    base_sha: str = ""
    head_sha: str = ""
    final_sha: str = ""
    url: str = ""
    web: str = ""
    at: float = 0.0
    ref: MergeRequestRef | None = None
    state: str = "merged"
    description: str = ""
    author: str = ""
    source_branch: str = ""
    target_branch: str = ""
    labels: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule on both sides of a change: the entries of its id as `scopes.applicable` takes them, several where folders
    have their own; none: there is no such rule.
    """

    id: str
    kind: Kind
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]

    @property
    def newest(self) -> Rule:
        """The rule as it will be, or as it was last."""
        return next(rule for rules in (self.after, self.before) for rule in rules if rule.status != "off")

    @property
    def worded(self) -> bool:
        """Whether a model is needed to tell what either side of it says."""
        return any(rule.pattern is None and rule.status != "off" for rule in (*self.before, *self.after))


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A comment that a rule would make: on lines `first` to `last` of the new side (git's numbers, from 1).

    `later`: whether one of these lines, or of the three around them, was changed before the end; None: nobody can
    tell. `also` are the ids of the other rules that say something there.
    """

    rule: str
    path: str
    first: int
    last: int
    fingerprint: str
    later: bool | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """What the rules of one side of the change do to a past merge request.

    `tokens`: by rule, how many its words take of all prompts of one review. `asked` are the questions that a model
    answered (`kept` of them earlier), `unasked` those that it did not; `unasked_tokens` what their prompts take,
    `silent` by rule how many of them it would have been in.
    """

    comments: tuple[WouldBe, ...] = ()
    tokens: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    kept: int = 0
    unasked: int = 0
    unasked_tokens: int = 0
    silent: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tried:
    """One past merge request with what both sides would say. `problem`: why it could not be tried, empty when it was.

    `lines` counts its added lines, `lines_later` those of them that were changed before the end (0 of 0 where there is
    no later version). `cut`: what of it was left out, for people; `stopped`: why the model was not asked any more.
    """

    past: Past
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    lines: int = 0
    lines_later: int = 0
    problem: str = ""
    cut: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Would-be comments that stand where a comment of ours stood, by what became of that one."""

    addressed: int = 0
    liked: int = 0
    dismissed: int = 0
    unknown: int = 0

    @property
    def hits(self) -> int:
        """Comments that were worth it."""
        return self.addressed + self.liked

    @property
    def told(self) -> int:
        """Comments of which it is known whether they were worth it: the precision's n."""
        return self.hits + self.dismissed

    @property
    def together(self) -> int:
        return self.told + self.unknown


@dataclass(frozen=True, slots=True)
class Example:
    """A would-be comment for people: `where` is `path:line`, `link` where it can be looked at, `fate` empty where no
    comment stood before. `new`: with the change of the rule, else without.
    """

    name: str
    url: str
    where: str
    link: str = ""
    fate: Fate | Literal[""] = ""
    new: bool = True


@dataclass(frozen=True, slots=True)
class Count:
    """One side of a rule over all past merge requests.

    `overlap` are comments in whose place another rule or a reviewer speaks or spoke. `later` of `watched` are those
    whose lines were changed before the end, among those that no earlier comment stands by and of which that is known.
    `tokens` is what the rule takes of all prompts of a review, on average, and `cost_usd` that in money, None: unknown.
    `silent`: questions about it that no model answered.
    """

    comments: int = 0
    merge_requests: int = 0
    verdicts: Verdicts = field(default_factory=Verdicts)
    overlap: int = 0
    watched: int = 0
    later: int = 0
    tokens: float = 0.0
    cost_usd: float | None = None
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the table. `verify`: its hits are candidates, of which the judge of a review refutes some."""

    rule: str
    kind: Kind
    how: Literal["pattern", "words"]
    status: str
    before: Count
    after: Count
    examples: tuple[Example, ...] = ()
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The whole table. `wanted` are the past merge requests there were to try, `left_out` those beyond the bound
    (`more`: at least so many), `noun` what they are: merge requests, or commits that stand for them.

    `control`: of how many added lines how many were changed before the end, whatever a rule says of them.
    `unasked_cost` is what asking the rest would cost in US dollars, without the answers; None: the price is unknown.
    `stopped`: why nobody asks it, empty where nobody wanted that. `language` is the project's.
    """

    where: str
    noun: str
    since: float
    rows: tuple[Row, ...]
    wanted: int
    tried: int
    left_out: int = 0
    more: bool = False
    problems: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    control: tuple[int, int] = (0, 0)
    asked: int = 0
    kept: int = 0
    unasked: int = 0
    unasked_tokens: int = 0
    unasked_cost: float | None = None
    stopped: str = ""
    usage: Usage = field(default_factory=Usage)
    interrupted: bool = False
    language: str = "English"
