"""Rule files to rules."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn

import re2
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reviewbot.core import frontmatter, languages, rfc2119, scopes
from reviewbot.errors import ConfigurationError
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Enforcement, Pattern, Rule, Status

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Example = Annotated[str, StringConstraints(min_length=1, max_length=8_000)]

MOST_STEPS = 10_000
"""RE2's instructions of one expression: each may cost a look at every character."""
_MOST_TOLD = 5  # wrong fields of one file
_LONGEST_PROBLEM = 600  # characters
_LONGEST_REASON = 200  # of RE2, which repeats what it was given
_ID = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Pattern(_Strict):
    regex: Text | None = None
    ast: Text | dict[str, Any] | None = None


class _Examples(_Strict):
    bad: list[Example] = Field(default=[], max_length=50)
    good: list[Example] = Field(default=[], max_length=50)


class _FrontMatter(_Strict):
    id: Text
    title: Text
    severity: Literal["critical", "warning", "suggestion"] = "warning"
    category: str = Category.MAINTAINABILITY.value
    enforcement: Literal["advise", "block"] | None = None
    status: Literal["draft", "approved", "enforced"] | None = None
    paths: list[Glob] = Field(default=[], max_length=100)
    languages: list[Text] = Field(default=[], max_length=50)
    pattern: _Pattern | None = None
    message: str = Field(default="", max_length=4_000)
    examples: _Examples = _Examples()


def parse(text: str, origin: str) -> Rule:
    """One rule from a Markdown file with YAML front matter; the body is the rule in words.

    `origin` names the file in errors. Raises `ConfigurationError` (file, line where known, mend) for anything
    unknown, of a wrong type, or a pattern that does not compile for each of its languages.
    """
    document = frontmatter.read(text, origin)
    at = _Place(origin, document.lines)
    try:
        fields = _FrontMatter.model_validate(document.fields)
    except ValidationError as error:
        at.refuse_all(error)
    if not _ID.fullmatch(fields.id):
        at.refuse(["id"], f"{fields.id!r} is no id", "use lower-case letters, digits, `-`, `_`, `.` and `/`")
    if not document.body:
        raise ConfigurationError(f"{origin}: the rule has no words", mend="say below the front matter what the rule is")
    named = _languages(fields.languages, at)
    status, enforcement = _force(fields, document.body, at)
    return Rule(
        id=fields.id,
        title=fields.title,
        severity=Severity(fields.severity),
        category=_category(fields.category, at),
        enforcement=enforcement,
        body=document.body,
        paths=_paths(fields.paths, at),
        languages=named,
        pattern=None if fields.pattern is None else _pattern(fields.pattern, named, at),
        message=fields.message.strip(),
        bad=tuple(fields.examples.bad),
        good=tuple(fields.examples.good),
        origin=origin,
        status=status,
        level=rfc2119.stated(document.body) or ("must" if enforcement == "block" else "should"),
    )


def parse_pack(files: Iterable[tuple[str, str]]) -> tuple[Rule, ...]:
    """Rules of one pack from (origin, text) pairs, in their order. Raises `ConfigurationError` for an id used twice."""
    found: dict[str, Rule] = {}
    for origin, text in files:
        rule = parse(text, origin)
        if rule.id in found:
            raise ConfigurationError(
                f"{origin}: the id {rule.id!r} is taken by {found[rule.id].origin}", mend="give one of both another id"
            )
        found[rule.id] = rule
    return tuple(found.values())


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


class _Place:
    """Where in a rule file something is wrong."""

    def __init__(self, origin: str, lines: Mapping[str, int]) -> None:
        self._origin = origin
        self._lines = lines

    def refuse(self, field: Sequence[str | int], problem: str, mend: str) -> NoReturn:
        line = self._line(field)
        where = f"{self._origin}:{line}" if line else self._origin
        raise ConfigurationError(f"{where}: {_said(field, problem)}", mend=mend)

    def refuse_all(self, error: ValidationError) -> NoReturn:
        """One error for all that is wrong with the fields: the first with the file's name, the others by line."""
        known = ", ".join(_FrontMatter.model_fields)
        told = []
        mends: dict[str, None] = {}
        for one in error.errors(include_input=False, include_url=False)[:_MOST_TOLD]:
            strange = one["type"] == "extra_forbidden"
            told.append((one["loc"], "there is no such field" if strange else one["msg"]))
            mends[f"known fields: {known}" if strange else "correct the value"] = None
        (field, problem), *others = told
        more = (f"; line {self._line(loc) or '?'}: {_said(loc, what)}" for loc, what in others)
        self.refuse(field, problem + "".join(more), "; ".join(mends))

    def _line(self, field: Sequence[str | int]) -> int | None:
        return self._lines.get(str(field[0])) if field else None


def _said(field: Sequence[str | int], problem: str) -> str:
    return f"{'.'.join(str(part) for part in field)[:100]}: {problem[:_LONGEST_PROBLEM]}"


def _force(fields: _FrontMatter, body: str, at: _Place) -> tuple[Status, Enforcement]:
    """What the rule's status and enforcement come to: each says the other where it stands alone."""
    if fields.status == "enforced" and fields.enforcement != "advise":
        if rfc2119.stated(body) != "must":
            at.refuse(["status"], "an enforced rule says what MUST hold, in capitals", "say so, or make it `approved`")
        return "enforced", "block"
    if fields.status == "draft":
        return "draft", fields.enforcement or "advise"
    if fields.status is None and fields.enforcement == "block":
        return "enforced", "block"
    if (fields.status, fields.enforcement) in {("approved", "block"), ("enforced", "advise")}:
        problem = f"`status: {fields.status}` and `enforcement: {fields.enforcement}` contradict each other"
        at.refuse(["status"], problem, "leave one of both out")
    return "approved", "advise"


def _category(name: str, at: _Place) -> Category:
    if name not in set(Category):
        at.refuse(["category"], f"{name!r} is no category", f"use one of {', '.join(Category)}")
    return Category(name)


def _languages(names: Iterable[str], at: _Place) -> tuple[str, ...]:
    found = []
    for name in names:
        language = languages.canonical(name)
        if language is None:
            at.refuse(["languages"], f"unknown language {name!r}", f"known: {', '.join(sorted(languages.KNOWN))}")
        found.append(language)
    return tuple(dict.fromkeys(found))


def _paths(globs: Sequence[str], at: _Place) -> tuple[str, ...]:
    try:
        scopes.spec(tuple(globs))
    except (ValueError, TypeError, re.error, re2.error) as error:
        at.refuse(["paths"], f"not a gitignore glob: {error}", "see the pattern format in gitignore's manual")
    return tuple(globs)


def _pattern(pattern: _Pattern, named: Sequence[str], at: _Place) -> Pattern:
    if (pattern.regex is None) == (pattern.ast is None):
        at.refuse(["pattern"], "needs exactly one of `regex` and `ast`", "keep one of both")
    if pattern.regex is not None:
        _check_regex(pattern.regex, at)
        return Pattern(regex=pattern.regex)
    if not named:
        at.refuse(["pattern"], "an `ast` pattern needs `languages`", "name the languages it is written for")
    from reviewbot.core import syntax

    for language in named:
        try:
            syntax.check(language, pattern.ast or "")
        except ConfigurationError as error:
            at.refuse(["pattern"], error.message, error.mend)
    return Pattern(ast=pattern.ast)


def _check_regex(regex: str, at: _Place) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(regex, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        at.refuse(
            ["pattern"],
            f"not an RE2 expression: {reason[:_LONGEST_REASON]}",
            "see RE2's syntax: no look-around, no back-references",
        )
    if compiled.programsize > MOST_STEPS:
        at.refuse(["pattern"], "the expression is too large", "repeat fewer times, or without a number: `*`, `+`")
    if compiled.search(""):
        at.refuse(["pattern"], "the expression matches an empty line", "let it match at least one character")
