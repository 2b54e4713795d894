"""What the commands `help`, `explain` and `config` answer."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewbot.core import commands, linter_reports, phrases
from reviewbot.core.configuration import FILES
from reviewbot.core.guidance.compiling import LAYER
from reviewbot.core.guidance.instructions import TOOLS
from reviewbot.core.guidance.places import TOP_FILES
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.rule_listing import Listed
from reviewbot.core.rulebooks import FOLDER
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule

_EXAMPLES = 2  # of each kind
_LISTED = 60  # rules
_WITHIN = 5  # folders with a rule of the same id
_SOURCES = 20  # files of guidance
_LONGEST_VALUE = 500  # characters
# Told in another way: a long text that stands in the repository, and what the operator allows.
_UNTOLD = frozenset(
    {"guidance", "guidance_files", "guidance_led", "guidance_tools", "may_approve", "may_request_changes"}
)
# Keys that people write otherwise than the policy's field is named.
_NAMES = {"disabled_rules": "disabled", "combine": "passes_combine"}
# What it means that a value is 0 or not set.
_NOTHING = {
    "max_inline_comments": "no_cap",
    "pause_after": "never",
    "max_cost_per_review": "no_limit",
    "max_cost_per_day": "no_limit",
}


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


def name_of(asked: str) -> str:
    """The id that somebody asks about, empty where there is none."""
    return next(iter(asked.split()), "").strip("`'\".,").lower()


def rule(
    name: str, rows: Sequence[Listed], words: Phrases, problems: Sequence[str] = (), others: Sequence[str] = ()
) -> str:
    """A rule in words with its examples, its source and what it replaces, or the nearest names.

    `rows` are the rules of the project, `others` ids of rules that are not on here, `problems` tell of rule files that
    were left out.
    """
    named = [one for one in rows if one.rule.id == name]
    found = next(iter(sorted(named, key=lambda one: (not one.counts, bool(one.rule.folder)))), None)
    if found is not None:
        return _told(found, words, [one for one in named if one.rule.folder and one is not found])
    known = list(dict.fromkeys((*(one.rule.id for one in rows), *others)))
    if not name:
        return words("command.which", names=_list(known[:_LISTED]))
    near = commands.nearest(name, known)
    names = _list(near or known[:_LISTED])
    hint = words("command.nearest" if near else "command.there_are", names=names)
    told = f"{words('command.no_rule', rule=code(name[:100]))} {hint}"
    return "\n\n".join((told, *(f"> {sanitise_line(words.reason(problem))}" for problem in problems)))


def _told(one: Listed, words: Phrases, within: Sequence[Listed]) -> str:
    found = one.rule
    told = (
        words("summary.rule", rule=code(found.id)),
        words(f"severity.{found.severity}"),
        words(f"category.{found.category}"),
        words("command.blocks" if found.blocks else "command.advises"),
        code(one.source),
    )
    parts = [f"**{sanitise_line(found.title)}** · {' · '.join(told)}", sanitise(found.body)]
    for heading, examples in (("not_like", found.bad), ("like", found.good)):
        if examples:
            language = found.languages[0] if found.languages else ""
            parts += [words(f"command.{heading}"), *(fenced(example, language) for example in examples[:_EXAMPLES])]
    parts += [words("command.verified")] if found.verify else []
    parts += [words("command.draft")] if found.status == "draft" else []
    parts += [words("rules.instead_of", layer=code(one.instead_of))] if one.instead_of else []
    parts += [words("rules.replaced", layer=code(one.replaced_by))] if one.replaced_by else []
    parts += [words("command.switched_off")] if one.off_by else []
    inner = (
        words("rules.within", folder=code(each.rule.folder), source=code(each.source)) for each in within[:_WITHIN]
    )
    return "\n\n".join((*parts, *inner))


def _list(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the operator's beside the policy."""

    key: str
    value: object
    default: object


@dataclass(frozen=True, slots=True)
class InEffect:
    """What applies to a merge request into `branch`: the operator's policy, and what `files` make of it.

    `reviewers` says who reads what. `told` are sentences for people: what is wrong, or out of the ordinary. `reaching`
    says which rules reach the changed files.
    """

    operator: ReviewPolicy
    policy: ReviewPolicy
    files: Mapping[str, str]
    branch: str
    reviewers: str
    settings: Sequence[Setting]
    rules: Sequence[Rule] = ()
    told: Sequence[str] = ()
    reaching: str = ""


def configuration(found: InEffect) -> str:
    """Every value in effect and where it is from, in the language in effect."""
    words = phrases.of(found.policy.language)
    path = next((path for path in FILES if path in found.files), "")
    heads = (words(f"command.head_{head}") for head in ("key", "value", "from"))
    lines = [f"> {sanitise_line(words.reason(one))}\n" for one in found.told]
    lines += [words("command.config", branch=code(found.branch)), "", f"| {' | '.join(heads)} |", "|---|---|---|"]
    default = ReviewPolicy(linter_reports=linter_reports.DEFAULT)  # as the settings have it
    for field in dataclasses.fields(ReviewPolicy):
        if field.name not in _UNTOLD:
            was, set_to, value = (getattr(one, field.name) for one in (default, found.operator, found.policy))
            shown = found.reviewers if field.name == "reviewers" else value
            lines.append(
                _row(_NAMES.get(field.name, field.name), shown, _origin(was, set_to, value, path, words), words)
            )
    lines.append(_guidance(found, path, words))
    counted = Counter(one.layer for one in found.rules if one.status != "off")
    own = code(FOLDER) if "project" in counted else words("command.default")
    lines.append(_row("rules", tuple(f"{layer}: {number}" for layer, number in counted.items()), own, words))
    for one in found.settings:
        lines.append(_row(one.key, one.value, _origin(one.default, one.value, one.value, "", words), words))
    return "\n".join((*lines, *(("", found.reaching) if found.reaching else ())))


def _guidance(found: InEffect, path: str, words: Phrases) -> str:
    """The files that are meant for other tools and count."""
    tools = found.policy.guidance_tools
    top = [name for name, tool in TOP_FILES.items() if name in found.files and tool in tools]
    others = {one.origin for one in found.rules if one.layer == LAYER}
    files = tuple(dict.fromkeys((*top, *sorted(others))))[:_SOURCES]
    narrowed = path and set(tools) != set(TOOLS)
    return _row("guidance", files, code(path) if narrowed else words("command.default"), words)


def _row(key: str, value: object, origin: str, words: Phrases) -> str:
    nothing = _NOTHING.get(key) if not value else None
    return f"| {code(key)} | {words(f'command.{nothing}') if nothing else _shown(value, words)} | {origin} |"


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
