"""Layers of rules, far to near, to the rules of a review: the nearer rule of an id wins, `disabled` takes away."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self

import re2

from reviewbot.core import matchers, rule_fields, rules
from reviewbot.core.frontmatter import LARGEST
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Rule

FOLDER = ".reviewbot/rules"
DISABLED = "disabled"  # a file beside the rules: one id a line
_ID = re.compile(rule_fields.ID)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MOST_TEXT = 2_000_000  # bytes of all rule files of one commit: 500 of 4 kB
MOST_WEIGHT = 200_000  # characters of all globs, and of ast patterns times their languages, of one commit
_MOST_MISTAKEN = 5_000  # of these for a file with a mistake
_TOO_MUCH = Problem(1, "the globs and `ast` patterns of all rules together are too large", "keep fewer of them")
_MOST_VAIN = 5  # ids that are told one by one
MOST_DISABLED = 1_000  # ids in one list
MOST_FILES = 500  # rule files of one layer
MOST_STEPS = 40_000  # RE2's instructions of all expressions of one commit: each may cost a look at every character


@dataclass(slots=True)
class Allowance:
    """What the rule files of one commit may still cost, in whatever folders they are: each takes of it.

    `text` in bytes. `check` is called before each file, and raises when the run must end.
    """

    text: int = MOST_TEXT
    weight: int = MOST_WEIGHT
    steps: int = MOST_STEPS
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one owner says. `name` is for people, `folder` the folder of the repository it is for (empty: all of it).

    `disabled` takes rules away, its own and those of farther layers. `packs` are names of shipped packs that are
    switched on, or off with a `!` before the name. `problems` tell of the files that were left out. `led` are paths of
    other files that it was made of.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    disabled: tuple[str, ...] = ()
    folder: str = ""
    problems: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    led: tuple[str, ...] = ()


def layer(
    name: str,
    files: Iterable[tuple[str, str]],
    *,
    disabled: Sequence[str] = (),
    folder: str = "",
    allowance: Allowance | None = None,
) -> Layer:
    """A layer of (path, text) pairs of rule files. A file with a mistake is left out and told as a problem."""
    made, mistakes = tried(name, files, disabled=disabled, folder=folder, allowance=allowance)
    return replace(made, problems=tuple(str(error) for error in mistakes))


def tried(
    name: str,
    files: Iterable[tuple[str, str]],
    *,
    disabled: Sequence[str] = (),
    folder: str = "",
    allowance: Allowance | None = None,
) -> tuple[Layer, list[ConfigurationError]]:
    """As `layer`, with an error for each file that was left out instead of the layer's problems."""
    left = allowance or Allowance()
    found: dict[str, Rule] = {}
    mistakes: list[ConfigurationError] = []
    told = sorted(files)
    few = sum(len(text) + matchers.MOST_TREE for _, text in told) <= left.weight  # whatever is in them
    for origin, text in told:
        left.check()
        try:
            rule = _counted(origin, text, left, few=few)
            if isinstance(rule, InvalidFile):
                mistakes.append(rule)  # to raise what is kept would make it hold on to the text
                continue
            if rule.id in found:
                taken = f"the id {rule.id!r} is taken by {found[rule.id].origin}"
                raise InvalidFile(origin, [Problem(_line(text, "id"), taken, "give one another id")])
            left.steps = _afforded(rule, left.steps, _line(text, "pattern"))
        except ConfigurationError as error:
            mistakes.append(error)
            continue
        found[rule.id] = replace(rule, layer=name, folder=folder)
    return Layer(name, tuple(found.values()), tuple(disabled), folder), mistakes


def _counted(origin: str, text: str, left: Allowance, *, few: bool) -> Rule | InvalidFile:
    """The rule of a file, or what is wrong with it, taken from what is left; `few`: all surely fit."""
    if not few and left.weight >= 0:
        left.weight -= _weight(_File.of(text, origin))
    if left.weight < 0:
        return InvalidFile(origin, [_TOO_MUCH])
    rule = _parsed(_File.of(text, origin))
    if isinstance(rule, InvalidFile):
        left.weight -= min(len(text), _MOST_MISTAKEN) if few else 0
        return rule
    left.weight -= _weight_of(rule) if few else 0
    return rule


@dataclass(slots=True, unsafe_hash=True)
class _File:
    """The key of what is kept of a file. Its text goes when it has been read: thousands of large files cost little."""

    digest: bytes
    origin: str
    text: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, text: str, origin: str) -> Self:
        return cls(hashlib.sha256(text.encode(errors="surrogatepass")).digest(), origin, text)

    def taken(self) -> str:
        text, self.text = self.text, ""
        return text


@lru_cache(maxsize=4096)
def _weight(file: _File) -> int:
    """What compiling a file's globs and patterns may cost. A file with other mistakes is told of them for nothing."""
    text = file.taken()
    try:
        rule = rules.parse(text, file.origin, tried=True)
    except InvalidFile:
        return min(len(text), _MOST_MISTAKEN)
    return _weight_of(rule)


def _weight_of(rule: Rule) -> int:
    tree = rule.pattern.ast if rule.pattern is not None else None
    globs = sum(len(glob) for glob in rule.paths)
    return globs + (0 if tree is None else matchers.weight(tree, len(rule.languages)))


@lru_cache(maxsize=4096)
def _parsed(file: _File) -> Rule | InvalidFile:
    """Kept: to read and check a rule takes some milliseconds, and most are those of the last review, mistakes too."""
    try:
        return rules.parse(file.taken(), file.origin)
    except InvalidFile as error:
        error.__cause__ = error.__context__ = None  # they and the traceback hold on to the text
        return error.with_traceback(None)


def _line(text: str, key: str) -> int:
    """Where a key of the front matter is, or the file's first line."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key}:")), 1)


def _afforded(rule: Rule, left: int, line: int) -> int:
    """The steps that are left after the rule's own, whose pattern is on a `line`. Raises `InvalidFile` when there are
    not so many.
    """
    if rule.pattern is None or rule.pattern.regex is None:
        return left
    steps: int = re2.compile(rule.pattern.regex).programsize
    if steps > left:
        mend = "repeat fewer times, or without a number: `*`, `+`"
        problem = Problem(line, "the expressions of all rules together are too large", mend)
        raise InvalidFile(rule.origin, [problem])
    return left - steps


def decoded(origin: str, data: bytes) -> str:
    """The text of a rule file. Raises `InvalidFile` naming the line of the first byte that is no UTF-8 text."""
    if len(data) > LARGEST:
        raise InvalidFile(origin, [Problem(1, f"larger than {LARGEST // 1024} kB", "keep one rule per file")])
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "UTF-16, not UTF-8 text" if data[:2] in _UTF_16 else "no UTF-8 text"
        raise InvalidFile(origin, [Problem(line, what, "save the file as UTF-8")]) from error
    if (at := text.find("\0")) >= 0:
        problem = Problem(text[:at].count("\n") + 1, "a NUL character: no text", "save the file as UTF-8")
        raise InvalidFile(origin, [problem])
    return text


def disabled(text: str, origin: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids that a list of them takes away, one a line (`#` begins a remark), and what is wrong with other lines."""
    found, problems = disabled_lines(text)
    return found, tuple(f"{origin}:{one.line}: {one.text} ({one.mend})" for one in problems)


def disabled_lines(text: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """As `disabled`."""
    found: list[str] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if len(found) == MOST_DISABLED:
            mend = "write an id once, and none that no rule has"
            problems.append(Problem(number, f"more than {MOST_DISABLED:,} ids: from here on none counts", mend))
            break
        if _ID.fullmatch(name):
            found.append(name)
        elif len(problems) < InvalidFile.MOST:
            problems.append(Problem(number, f"{name[:100]!r} is no id of a rule", "write one id a line"))
    return tuple(dict.fromkeys(found)), tuple(problems)


def combine(layers: Sequence[Layer]) -> tuple[Rule, ...]:
    """The rules of all layers, as `scopes.applicable` takes them: those of the whole repository once per id,
    then those of its folders, outer before inner, with a rule that is "off" where a folder takes one away. Nearer ones
    stand later.
    """
    everywhere: dict[str, Rule] = {}
    for one in layers:
        if not one.folder:
            for rule in one.rules:
                everywhere.pop(rule.id, None)  # else it would stand where the farther one did
                everywhere[rule.id] = rule
            for name in one.disabled:
                everywhere.pop(name, None)
    folders = sorted((one for one in layers if one.folder), key=lambda one: (one.folder.count("/"), one.folder))
    known = {rule.id for one in layers for rule in one.rules}  # to take away others says nothing, however many they are
    within = [
        rule for one in folders for rule in (*one.rules, *(_off(name, one) for name in one.disabled if name in known))
    ]
    return (*everywhere.values(), *within)


def of_folders_alone(disabled: Iterable[str], layers: Sequence[Layer]) -> tuple[str, ...]:
    """For people: those of the ids `disabled` in the whole repository that only rules of folders have, so that nothing
    is switched off; each with the list that would do it.
    """
    whole = {rule.id for one in layers if not one.folder for rule in one.rules}
    within: dict[str, str] = {}
    for one in layers:
        if one.folder:
            within |= {rule.id: one.folder for rule in one.rules if rule.id not in within}
    vain = [name for name in dict.fromkeys(disabled) if name in within and name not in whole]
    told = (
        f"`disabled` does not reach the rule {name} of folder {within[name]}: name it in"
        f" {within[name]}/{FOLDER}/{DISABLED}."
        for name in vain[:_MOST_VAIN]
    )
    more = len(vain) - _MOST_VAIN
    return (*told, f"`disabled` names {more} more rules of folders.") if more > 0 else tuple(told)


def _off(name: str, by: Layer) -> Rule:
    return Rule(
        id=name,
        title="",
        severity=Severity.SUGGESTION,
        category=Category.MAINTAINABILITY,
        enforcement="advise",
        body="",
        status="off",
        layer=by.name,
        folder=by.folder,
    )
