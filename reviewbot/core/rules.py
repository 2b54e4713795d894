"""Rule files to rules."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

import re2

from reviewbot.core import frontmatter, glob_sets, languages, matchers, rfc2119, rule_fields, scopes
from reviewbot.core.frontmatter import Document
from reviewbot.core.plain_yaml import Place
from reviewbot.core.rule_fields import FrontMatter
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Enforcement, Pattern, Rule, Status

MOST_STEPS = 10_000
"""RE2's instructions of one expression: each may cost a look at every character."""
_LONGEST_REASON = 200  # of RE2, which repeats what it was given
_ID = re.compile(rule_fields.ID)


def parse(text: str, origin: str, *, tried: bool = False) -> Rule:
    """One rule from a Markdown file with YAML front matter; the body is the rule in words.

    `origin` names the file in errors. Raises `InvalidFile` with all that is wrong (file, line, mend): anything unknown,
    of a wrong type, or a pattern that does not compile for each of its languages. Globs and patterns that were `tried`,
    as those of shipped rules are by their tests, are not compiled to see that.
    """
    document = frontmatter.read(text, origin)
    fields, problems = rule_fields.read(document)
    at = _Noted(document, problems)
    if not _ID.fullmatch(fields.id):
        at.note(("id",), f"{fields.id[:100]!r} is no id", "use lower-case letters, digits, `-`, `_`, `.` and `/`")
    if not document.body:
        at.problems.append(Problem(0, "the rule has no words", "say below the front matter what the rule is"))
    named = _languages(fields.languages, at)
    status, enforcement = _force(fields, document.body, at)
    category = _category(fields.category, at)
    if not tried:
        _check_paths(fields.paths, at)
    pattern = None if fields.pattern is None else _pattern(fields.pattern, named, at, tried=tried)
    if fields.verify and document.fields.get("pattern") is None:
        at.note(("verify",), "there is no `pattern` whose hits could be verified", "add one, or leave `verify` out")
    if at.problems:
        raise InvalidFile(origin, at.problems)
    return Rule(
        id=fields.id,
        title=fields.title,
        severity=Severity(fields.severity),
        category=category,
        enforcement=enforcement,
        body=document.body,
        paths=tuple(fields.paths),
        languages=named,
        pattern=pattern,
        message=fields.message.strip(),
        bad=tuple(fields.examples.bad),
        good=tuple(fields.examples.good),
        origin=origin,
        status=status,
        level=rfc2119.stated(document.body) or ("must" if enforcement == "block" else "should"),
        verify=fields.verify,
    )


def sample_path(rule: Rule) -> str:
    """A path that `rule` applies to, for trying its examples; an empty text when none can be made up from its globs."""
    names = [languages.sample_path(language) for language in rule.languages] or ["example.txt", "example.conf"]
    folders = [_filled(glob) for glob in rule.paths if not glob.startswith("!")]
    made = [*names, *folders, *(f"{folder.rstrip('/')}/{name}" for folder in folders for name in names)]
    return next((path for path in made if scopes.applicable((rule,), path)), "")


def _filled(glob: str) -> str:
    """A path that a simple glob takes in."""
    plain = re.sub(r"\{([^,}]*)[^}]*\}|\[([^\]])[^\]]*\]", r"\1\2", glob.strip("/"))
    return plain.replace("**/", "").replace("/**", "").replace("*", "example").replace("?", "x")


class _Noted:
    """What is wrong with a rule file, as far as it was looked at."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.problems = problems
        self._front = document.front

    def note(self, place: Place, text: str, mend: str) -> None:
        self.problems.append(rule_fields.problem(self._front, place, text, mend))


def _force(fields: FrontMatter, body: str, at: _Noted) -> tuple[Status, Enforcement]:
    """What the rule's status and enforcement come to: each says the other where it stands alone."""
    if fields.status == "enforced" and fields.enforcement != "advise":
        if rfc2119.stated(body) != "must":
            at.note(("status",), "an enforced rule says what MUST hold, in capitals", "say so, or make it `approved`")
        return "enforced", "block"
    if fields.status == "draft":
        return "draft", fields.enforcement or "advise"
    if fields.status is None and fields.enforcement == "block":
        return "enforced", "block"
    if (fields.status, fields.enforcement) in {("approved", "block"), ("enforced", "advise")}:
        problem = f"`status: {fields.status}` and `enforcement: {fields.enforcement}` contradict each other"
        at.note(("status",), problem, "leave one of both out")
    return "approved", "advise"


def _category(name: str, at: _Noted) -> Category:
    if name not in set(Category):
        at.note(("category",), f"{name[:100]!r} is no category", f"use one of {', '.join(Category)}")
        return Category.MAINTAINABILITY
    return Category(name)


def _languages(names: Sequence[str], at: _Noted) -> tuple[str, ...]:
    found = []
    for index, name in enumerate(names):
        language = languages.canonical(name)
        if language is None:
            near = difflib.get_close_matches(name[:100].lower(), sorted(languages.KNOWN), 1)
            mend = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(languages.KNOWN))}"
            at.note(("languages", index), f"unknown language {name[:100]!r}", mend)
        else:
            found.append(language)
    return tuple(dict.fromkeys(found))


def _check_paths(globs: Sequence[str], at: _Noted) -> None:
    """Where they cannot be compiled together, as they are used, each is tried alone to tell which is wrong."""
    if not _unread(globs):
        return
    wrong = [(index, why) for index, glob in enumerate(globs) if (why := _unread([glob]))]
    for index, why in wrong:
        at.note(("paths", index), f"not a gitignore glob: {why}", "see the pattern format in gitignore's manual")
    if not wrong:
        at.note(("paths",), "the globs are too large together", "write fewer of them, or with fewer `*`")


def _unread(globs: Sequence[str]) -> str:
    """Why the globs cannot be compiled; empty when they can."""
    try:
        glob_sets.spec(tuple(globs))
    except (ValueError, TypeError, re.error, re2.error) as error:
        return str(error)[:_LONGEST_REASON] or "it cannot be read"
    return ""


def _pattern(pattern: Any, named: Sequence[str], at: _Noted, *, tried: bool) -> Pattern | None:
    if (pattern.regex is None) == (pattern.ast is None):
        at.note(("pattern",), "needs exactly one of `regex` and `ast`", "keep one of both")
        return None
    if tried:
        return Pattern(pattern.regex, pattern.ast)
    if pattern.regex is not None:
        _check_regex(pattern.regex, at)
        return Pattern(regex=pattern.regex)
    if not named:
        at.note(("pattern", "ast"), "an `ast` pattern needs `languages`", "name the languages it is written for")
        return None
    if problem := matchers.oversize(pattern.ast, len(named)):
        at.note(("pattern", "ast"), problem, "write a smaller one, or several rules")
        return None
    from reviewbot.core import syntax

    for language in named:
        try:
            syntax.check(language, pattern.ast)
        except ConfigurationError as error:
            at.note(("pattern", "ast"), error.message, error.mend)
    return Pattern(ast=pattern.ast)


def _check_regex(regex: str, at: _Noted) -> None:
    place = ("pattern", "regex")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(regex, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        mend = "see RE2's syntax: no look-around, no back-references"
        at.note(place, f"not an RE2 expression: {reason[:_LONGEST_REASON]}", mend)
        return
    if compiled.programsize > MOST_STEPS:
        at.note(place, "the expression is too large", "repeat fewer times, or without a number: `*`, `+`")
    if compiled.search(""):
        at.note(place, "the expression matches an empty line", "let it match at least one character")
