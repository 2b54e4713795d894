"""Instructions of other tools as rules: the same ids in a review and after `rules import`, so that one replaces the
other.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import re2

from reviewbot.core import rfc2119
from reviewbot.core.guidance.instructions import Instruction, Tool
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Rule, Status

LAYER = "guidance"
PREFIX = "guidance/"  # of all ids
_KINDS: dict[Tool, str] = {"agents": "agents-md", "claude": "claude-md"}
_LONGEST_PART, _LONGEST_TITLE = 35, 120  # characters
_GRAVE = re2.compile(r"(?i)\b(must|never)\b")


def rules(instructions: Sequence[Instruction], status: Status = "approved") -> tuple[Rule, ...]:
    """One rule for each, with ids that are unique among them."""
    found: dict[str, Rule] = {}
    for one in instructions:
        name = wanted = id_of(one)
        number = 1
        while name in found:
            number += 1
            name = f"{wanted}-{number}"
        found[name] = _rule(one, name, status)
    return tuple(found.values())


def distinct(
    instructions: Sequence[Instruction], before: Sequence[Instruction] = ()
) -> tuple[list[Instruction], list[str]]:
    """Without those that say what an earlier one says of the same files or of all, and a sentence on each of these."""
    seen: dict[str, list[Instruction]] = {}
    for one in before:
        seen.setdefault(_gist(one.text), []).append(one)
    kept, told = [], []
    for one in instructions:
        same = seen.setdefault(_gist(one.text), [])
        earlier = next((each for each in same if not each.paths or each.paths == one.paths), None)
        if earlier is None:
            kept.append(one)
            same.append(one)
        else:
            told.append(f'{one.source}, "{one.title[:100]}": {earlier.source} says the same')
    return kept, told


def _rule(one: Instruction, name: str, status: Status) -> Rule:
    level = rfc2119.stated(one.text) or "should"
    grave = level == "must" or re2.search(_GRAVE, one.text) is not None
    return Rule(
        id=name,
        title=" ".join(one.title.split())[:_LONGEST_TITLE] or name,
        severity=Severity.WARNING if grave else Severity.SUGGESTION,
        category=Category.AGENTS_MD if one.tool in _KINDS else Category.MAINTAINABILITY,
        enforcement="advise",
        body=one.text,
        paths=one.paths,
        origin=one.source,
        status=status,
        level=level,
        layer=LAYER,
    )


def id_of(one: Instruction) -> str:
    """The id of its rule, where no other instruction's comes to the same."""
    kind = _KINDS.get(one.tool, str(one.tool))
    if one.source == ".cursorrules":
        kind = "cursorrules"
    return PREFIX + "/".join([kind, *(_slug(part) for part in (one.folder, one.name) if part)])


def _slug(text: str) -> str:
    """Lower-case letters, digits, dots and hyphens; of what has none, or is longer, a digest."""
    plain = unicodedata.normalize("NFKD", text.replace("/", ".")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9]*[^a-z0-9.][^a-z0-9]*", "-", plain)).strip("-.")
    if len(slug) > _LONGEST_PART or not slug:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
        slug = f"{slug[: _LONGEST_PART - 9].rstrip('-.')}-{digest}".strip("-")
    return slug


def _gist(text: str) -> str:
    return " ".join(text.split()).lower()
