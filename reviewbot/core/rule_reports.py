"""What is wrong with rule files and configuration that a change brings -> findings on the lines of the change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from reviewbot.core import (
    commands,
    configuration,
    frontmatter,
    phrases,
    plain_yaml,
    rule_fields,
    rule_trials,
    rule_warnings,
    rulebooks,
    rules,
)
from reviewbot.core.packs import Shelf
from reviewbot.core.phrases import Phrases
from reviewbot.core.rulebooks import DISABLED, FOLDER
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.diff import FileDiff, Line
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import RULE_FILE, Rule

_LONGEST_TITLE = 160  # characters
_TRIED = "correct the pattern or the example"


@dataclass(frozen=True, slots=True)
class Reports:
    """`findings` have no fingerprints yet; `paths` are the files that were checked, `notices` tell of what has no line
    in the diff.
    """

    findings: tuple[Finding, ...] = ()
    paths: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A file of the head. `rule` None: it is none, or has mistakes. `problems` keep it from being used, `failed`
    are examples that its pattern does not treat as it should, `remarks` are about what works and is
    hardly meant so.
    """

    rule: Rule | None
    problems: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()


def folder_of(path: str) -> str | None:
    """The folder that a rule file is for ("": the whole repository); None: the path is none of a rule file."""
    before, found, name = f"/{path}".rpartition(f"/{FOLDER}/")
    counts = found and name.endswith(".md") and name.rpartition("/")[2].lower() != "readme.md"
    return before.removeprefix("/") if counts else None


def concerned(path: str) -> bool:
    """Whether the path is one of the files that this is about."""
    return path in configuration.FILES or lists_disabled(path) or folder_of(path) is not None


def lists_disabled(path: str) -> bool:
    """Whether it is a list of rules that are switched off."""
    return f"/{path}".endswith(f"/{FOLDER}/{DISABLED}")


def of_rule(path: str, data: bytes, taken: Mapping[str, str]) -> Read:
    """Read a rule file and try its pattern on its examples, which may take long. `taken`: the files of the same folder
    by the id of their rule, without this one.
    """
    try:
        text = rulebooks.decoded(path, data)
        rule = rules.parse(text, path)
    except InvalidFile as error:
        return Read(None, error.problems)
    front = frontmatter.read(text, path).front
    twice: tuple[Problem, ...] = ()
    if (other := taken.get(rule.id)) is not None:
        told = f"{rule.id!r} is taken by {other}"
        twice = (rule_fields.problem(front, ("id",), told, "give one of both another id"),)
    if rule.pattern is None:
        return Read(rule, twice)
    failed = [(one, why) for one in rule_trials.trials(rule) if (why := rule_trials.problem(one))]
    places = ((("examples", one.kind, one.number - 1), why) for one, why in failed)
    wrong = tuple(rule_fields.problem(front, place, why, _TRIED) for place, why in places)
    doubts = tuple(rule_fields.problem(front, *doubt) for doubt in rule_warnings.of_pattern(rule))
    return Read(rule, twice, wrong, doubts)


def of_configuration(path: str, data: bytes, policy: ReviewPolicy, shelf: Shelf, known: Sequence[str] = ()) -> Read:
    """Read a repository's configuration where `policy` counts and the packs of `shelf` are there. `known`: the ids of
    all rules, with those that the change brings; empty: there may be others.
    """
    try:
        text = rulebooks.decoded(path, data)
        said = configuration.configure(policy, {path: text})
    except InvalidFile as error:
        return Read(None, error.problems)
    except ConfigurationError as error:
        return Read(None, (Problem(0, error.message.removeprefix(f"{path}: "), error.mend),))
    disabled = said.disabled_rules[len(policy.disabled_rules) :]
    known = known if said.include_rules == policy.include_rules else ()  # others may be taken in
    strange = chain(_no_packs(path, text, said.packs, shelf), _no_rules(path, text, disabled, known))
    return Read(None, remarks=tuple(islice(strange, InvalidFile.MOST)))


def _no_packs(path: str, text: str, packs: Sequence[str], shelf: Shelf) -> Iterator[Problem]:
    names = frozenset(shelf.names)
    strange = [(index, name) for index, each in enumerate(packs) if (name := each.removeprefix("!")) not in names]
    if not (strange and names):
        return
    front = plain_yaml.load(text.removeprefix("\ufeff"), path, "the configuration")
    for index, name in strange:
        near = commands.nearest(name, shelf.names)
        mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(shelf.names)}"
        yield rule_fields.problem(front, ("packs", index), f"there is no pack {name[:100]!r}", mend)


def _no_rules(path: str, text: str, disabled: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    strange = configuration.unknown(disabled, known) if known else []
    if not strange:
        return
    front = plain_yaml.load(text.removeprefix("\ufeff"), path, "the configuration")
    for name in strange:
        near = commands.nearest(name, list(known))
        mend = f"did you mean {near[0]}?" if near else "take it out"
        told = f"there is no rule {name[:100]!r}"
        yield rule_fields.problem(front, ("disabled", disabled.index(name)), told, mend)


def of_disabled(path: str, data: bytes) -> Read:
    """Read a list of rules that are switched off."""
    try:
        return Read(None, rulebooks.disabled_lines(rulebooks.decoded(path, data))[1])
    except InvalidFile as error:
        return Read(None, error.problems)


def reported(file: FileDiff, read: Read, language: str) -> Reports:
    """Each problem on its own line, where the diff shows that, else on the added line that is nearest."""
    words = phrases.of(language)
    off = words("rule_file.configuration" if file.path in configuration.FILES else "rule_file.rule")
    outcome = "" if lists_disabled(file.path) else off
    told = [*((one, outcome) for one in read.problems), *((one, words("rule_file.counts")) for one in read.failed)]
    told += [(one, "") for one in read.remarks]
    findings, notices = [], []
    for one, outcome in told[: InvalidFile.MOST]:
        line = _line(file, one.line)
        if line is None:
            notices.append(f"{file.path}:{one.line or 1}: {one.text} ({one.mend})")
        else:
            findings.append(_finding(file.path, line, one, words, outcome))
    return Reports(tuple(findings), frozenset({file.path}), tuple(notices))


def _line(file: FileDiff, number: int) -> Line | None:
    shown = [line for line in file.lines() if line.new is not None]
    exact = next((line for line in shown if line.new == max(number, 1)), None)
    if exact is not None:
        return exact
    added = [line for line in shown if line.sign == "+"] or shown
    return min(added, key=lambda line: abs((line.new or 0) - number), default=None)


def _finding(path: str, line: Line, problem: Problem, words: Phrases, outcome: str) -> Finding:
    title = problem.text if len(problem.text) <= _LONGEST_TITLE else f"{problem.text[:_LONGEST_TITLE]}…"
    told = [problem.text] if title != problem.text else []
    if problem.line and problem.line != line.new:
        told.append(words("rule_file.elsewhere", line=problem.line))
    if problem.mend:
        told.append(words("rule_file.mend", mend=problem.mend))
    told += [outcome] if outcome else []
    return Finding(
        anchor=Anchor(path, line.key, line.key),
        severity=Severity.WARNING,
        category=Category.MAINTAINABILITY,
        title=title,
        body="\n\n".join(told),
        rule=RULE_FILE,
        source="pattern",
        quote=line.text,
    )
