"""A change that the bot proposes itself -> its branch, commit and merge request, in words."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from reviewbot.core import rule_tables
from reviewbot.core.shown import shown
from reviewbot.model.rule_health import RuleHealth

BRANCHES = "reviewbot/rules-"
"""How the bot's own branches begin. What it proposes there is not reviewed by it unless somebody asks."""
SIGN = "Proposed by reviewbot"
"""In the message of each of its commits: a branch whose last commit lacks it has somebody else's work."""
_LONGEST = 100  # characters of a branch's own part
_PLAIN = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One file changed on a branch. `before` None: the file is new. `message` is the commit's, its first line `title`.

    `last_commit` is the last one of the target branch that touched the file, empty for a new one.
    """

    branch: str
    path: str
    before: str | None
    after: str
    title: str
    description: str
    last_commit: str = ""

    @property
    def message(self) -> str:
        return f"{self.title}\n\n{SIGN}; the merge request says why."

    @property
    def diff(self) -> str:
        """What changes, as a unified diff."""
        old = (self.before or "").splitlines()
        name = "/dev/null" if self.before is None else f"a/{self.path}"
        return "\n".join(unified_diff(old, self.after.splitlines(), name, f"b/{self.path}", lineterm=""))


def branch(action: str, rule_id: str) -> str:
    """The same for the same change, and a name that git takes: what it might not is replaced and told apart by a hash.

    `action`: "mute" or "promote".
    """
    if _PLAIN.fullmatch(rule_id) and len(rule_id) <= _LONGEST:
        return f"{BRANCHES}{action}-{rule_id}"
    plain = re.sub(r"[^a-z0-9]+", "-", rule_id)[:_LONGEST].strip("-")
    return f"{BRANCHES}{action}-{plain}-{hashlib.sha256(rule_id.encode()).hexdigest()[:6]}"


def code(text: str) -> str:
    """A text as code in a line of Markdown: GitLab neither notifies people in it nor takes it for a quick action."""
    plain = shown(text).replace("`", "'")
    return f"`{plain}`"


def description(said: Sequence[str], rows: Sequence[RuleHealth], since: str, path: str) -> str:
    """Markdown for the merge request: what the change does (`said`), and the rule's row of the last `since`."""
    table = rule_tables.markdown(rows) if rows else [f"In the last {since} no comment of this rule is known here."]
    head = f"What became of its comments here in the last {since}:" if rows else ""
    note = (
        "Reviews go by the target branch, so this counts from its merge on."
        f" The table is of `reviewbot rules health --project {shown(path)} --since {since}`."
    )
    return "\n\n".join(filter(None, ("\n".join(said), head, "\n".join(table), note)))
