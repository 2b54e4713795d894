"""What the commands `help`, `explain` and `config` answer."""

import dataclasses
from collections.abc import Mapping, Sequence

from reviewbot.core import commands
from reviewbot.core.configuration import FILES
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule

_EXAMPLES = 2  # of each kind
_LISTED = 60  # rules
_LONGEST_VALUE = 300  # characters
# Not told: a long text that stands in the repository, and what the operator allows, which shows in what is in effect.
_UNTOLD = frozenset({"guidance", "may_approve", "may_request_changes"})


def usage(name: str, glass_level: int) -> str:
    """The list of commands. `name` is what the bot is called here."""
    lines = ["What I understand at the beginning of a line:", "", "| Command | Does | Needs |", "|---|---|---|"]
    for command in commands.COMMANDS:
        takes = "nothing" if not command.level else commands.needed(command, glass_level)
        whose = ", or being the author" if command.author else ""
        lines.append(f"| {code(f'@{name} {command.words}')} | {command.tells} | {takes}{whose} |")
    lines += ["", "Ask anything else after a mention, or answer in a thread of mine: I read the code and answer."]
    return "\n".join(lines)


def rule(asked: str, rules: Sequence[Rule]) -> str:
    """A rule in words with its examples, or the nearest names."""
    name = asked.strip().strip("`'\"").lower()
    found = next((one for one in rules if one.id == name), None)
    if found is not None:
        return _told(found)
    known = [one.id for one in rules]
    if not name:
        return "Which one? " + _list(known[:_LISTED])
    near = commands.nearest(name, known)
    hint = f" Nearest: {_list(near)}." if near else f" There are: {_list(known[:_LISTED])}."
    return f"There is no rule {code(name[:100])}.{hint}"


def _told(found: Rule) -> str:
    force = "blocks a merge" if found.enforcement == "block" else "advises"
    head = f"**{sanitise_line(found.title)}**: rule {code(found.id)}, {found.severity}, {found.category}; it {force}."
    parts = [head, sanitise(found.body)]
    for heading, examples in (("Not like this:", found.bad), ("Like this:", found.good)):
        if examples:
            language = found.languages[0] if found.languages else ""
            parts += [heading, *(fenced(example, language) for example in examples[:_EXAMPLES])]
    return "\n\n".join(parts)


def _list(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def configuration(operator: ReviewPolicy, effective: ReviewPolicy, path: str, problems: Sequence[str] = ()) -> str:
    """Every value in effect and where it is from. `path` is the repository's file, empty when there is none."""
    lines = [*(f"> {sanitise_line(problem)}\n" for problem in problems), "| Key | Value | From |", "|---|---|---|"]
    default = ReviewPolicy()
    for field in dataclasses.fields(ReviewPolicy):
        if field.name in _UNTOLD:
            continue
        was, set_to, value = (getattr(policy, field.name) for policy in (default, operator, effective))
        lines.append(f"| {code(field.name)} | {_shown(value)} | {_origin(was, set_to, value, path)} |")
    return "\n".join(lines)


def _origin(default: object, operator: object, effective: object, path: str) -> str:
    if effective != operator and path:
        lists = isinstance(operator, tuple) and isinstance(effective, tuple)
        both = lists and bool(operator) and effective[: len(operator)] == operator  # type: ignore[index,arg-type]  # lists
        return f"{code(path)} and the operator" if both else code(path)
    return "the operator" if operator != default else "default"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, tuple):
        text = ", ".join(str(one) for one in value)
    else:
        text = "" if value is None else str(value)
    text = text.replace("|", "¦")  # it would end the table's cell
    return code(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…") if text else "none"


def file_of(files: Mapping[str, str]) -> str:
    """The path of the repository's configuration among its files; empty when it has none."""
    return next((path for path in FILES if path in files), "")
