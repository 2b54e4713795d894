"""What the commands `help`, `explain` and `config` answer."""

import dataclasses
from collections.abc import Mapping, Sequence

from reviewbot.core import commands, phrases
from reviewbot.core.configuration import FILES
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule

_EXAMPLES = 2  # of each kind
_LISTED = 60  # rules
_LONGEST_VALUE = 300  # characters
# Not told: a long text that stands in the repository, and what the operator allows, which shows in what is in effect.
_UNTOLD = frozenset({"guidance", "may_approve", "may_request_changes"})


def usage(name: str, glass_level: int, words: Phrases) -> str:
    """The list of commands. `name` is what the bot is called here."""
    heads = (words(f"command.head_{head}") for head in ("command", "does", "needs"))
    lines = [words("command.usage"), "", f"| {' | '.join(heads)} |", "|---|---|---|"]
    for command in commands.COMMANDS:
        takes = words("command.role", role=commands.needed(command, glass_level))
        takes = takes if command.level else words("command.nothing")
        takes = words("command.or_author", role=takes) if command.author else takes
        does = words(f"does.{command.name.replace(' ', '_')}")
        lines.append(f"| {code(f'@{name} {command.words}')} | {does} | {takes} |")
    return "\n".join([*lines, "", words("command.ask")])


def rule(asked: str, rules: Sequence[Rule], words: Phrases) -> str:
    """A rule in words with its examples, or the nearest names."""
    name = asked.strip().strip("`'\"").lower()
    found = next((one for one in rules if one.id == name), None)
    if found is not None:
        return _told(found, words)
    known = [one.id for one in rules]
    if not name:
        return words("command.which", names=_list(known[:_LISTED]))
    near = commands.nearest(name, known)
    names = _list(near or known[:_LISTED])
    hint = words("command.nearest" if near else "command.there_are", names=names)
    return f"{words('command.no_rule', rule=code(name[:100]))} {hint}"


def _told(found: Rule, words: Phrases) -> str:
    told = (
        words("summary.rule", rule=code(found.id)),
        words(f"severity.{found.severity}"),
        words(f"category.{found.category}"),
        words("command.blocks" if found.enforcement == "block" else "command.advises"),
    )
    parts = [f"**{sanitise_line(found.title)}** · {' · '.join(told)}", sanitise(found.body)]
    for heading, examples in (("not_like", found.bad), ("like", found.good)):
        if examples:
            language = found.languages[0] if found.languages else ""
            parts += [words(f"command.{heading}"), *(fenced(example, language) for example in examples[:_EXAMPLES])]
    return "\n\n".join(parts)


def _list(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def configuration(operator: ReviewPolicy, effective: ReviewPolicy, path: str, problems: Sequence[str] = ()) -> str:
    """Every value in effect and where it is from, in the language in effect. `path` is the repository's file, empty
    when there is none.
    """
    words = phrases.of(effective.language)
    heads = (words(f"command.head_{head}") for head in ("key", "value", "from"))
    told = (f"> {sanitise_line(words.reason(problem))}\n" for problem in problems)
    lines = [*told, f"| {' | '.join(heads)} |", "|---|---|---|"]
    default = ReviewPolicy()
    for field in dataclasses.fields(ReviewPolicy):
        if field.name in _UNTOLD:
            continue
        was, set_to, value = (getattr(policy, field.name) for policy in (default, operator, effective))
        lines.append(f"| {code(field.name)} | {_shown(value, words)} | {_origin(was, set_to, value, path, words)} |")
    return "\n".join(lines)


def _origin(default: object, operator: object, effective: object, path: str, words: Phrases) -> str:
    if effective != operator and path:
        lists = isinstance(operator, tuple) and isinstance(effective, tuple)
        both = lists and bool(operator) and effective[: len(operator)] == operator  # type: ignore[index,arg-type]  # lists
        return words("command.both", path=code(path)) if both else code(path)
    return words("command.operator" if operator != default else "command.default")


def _shown(value: object, words: Phrases) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, tuple):
        text = ", ".join(": ".join(one) if isinstance(one, tuple) else str(one) for one in value)
    else:
        text = "" if value is None else str(value)
    text = text.replace("|", "¦")  # it would end the table's cell
    return code(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…") if text else words("command.none")


def file_of(files: Mapping[str, str]) -> str:
    """The path of the repository's configuration among its files; empty when it has none."""
    return next((path for path in FILES if path in files), "")
