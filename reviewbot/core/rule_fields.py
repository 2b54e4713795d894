"""The front matter of a rule file: its fields, what each may hold, and their JSON Schema for editors."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reviewbot.core import languages
from reviewbot.core.frontmatter import Document
from reviewbot.core.plain_yaml import Mapped, Place
from reviewbot.errors import Problem
from reviewbot.model.finding import Category

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Example = Annotated[str, StringConstraints(min_length=1, max_length=8_000)]

ID = r"[a-z0-9][a-z0-9._/-]{0,99}"
_LONGEST_PROBLEM = 600  # characters
_CLOSE = 0.7  # from this likeness on an unknown key was probably meant to be a known one
_CATEGORIES: list[Any] = [str(one) for one in Category]
_LANGUAGES: list[Any] = [sorted(languages.KNOWN)]
_NO_MAPPING = ("is no mapping", "write `key: value` lines below it")
_WRONG = {  # pydantic's types of errors, and what they are to people who have not heard of it
    "missing": ("is needed", "add it"),
    "list_type": ("is no list", "write it as a list, as in [one, two]"),
    "dict_type": _NO_MAPPING,
    "model_type": _NO_MAPPING,
    "string_type": ("is no text", "put it in quotes"),
    "bool_type": ("is neither true nor false", "write true or false, without quotes"),
    "int_type": ("is no whole number", "write a number, without quotes"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Pattern(_Strict):
    """Finds hits on added lines without any model. Exactly one of both."""

    regex: Text | None = Field(None, description="An expression in RE2's syntax, tried on each added line.")
    ast: Text | dict[str, Any] | None = Field(
        None, description="An ast-grep pattern, or a rule in ast-grep's YAML. Needs `languages`."
    )


class Examples(_Strict):
    """Code that breaks the rule and code that keeps it: the tests of the rule."""

    bad: list[Example] = Field(default=[], max_length=50, description="Code that must be found, one text each.")
    good: list[Example] = Field(default=[], max_length=50, description="Code that must be left alone, one text each.")


class FrontMatter(_Strict):
    """A rule of reviewbot. The text below the front matter says the rule in its owner's words."""

    id: Text = Field(
        description="The name by which the rule is overridden, disabled and explained, as in `orders/no-float-money`.",
        json_schema_extra={"pattern": f"^{ID}$"},
    )
    title: Annotated[Text, StringConstraints(max_length=300)] = Field(
        description="What the rule wants, in a few words."
    )
    severity: Literal["critical", "warning", "suggestion"] = Field("warning", description="How grave a breach is.")
    category: str = Field(
        Category.MAINTAINABILITY.value,
        description="Where hits of the pattern are counted.",
        json_schema_extra={"enum": _CATEGORIES},
    )
    enforcement: Literal["advise", "block"] | None = Field(
        None, description="`block` is short for `status: enforced`, and needs no MUST in the text."
    )
    status: Literal["draft", "approved", "enforced"] | None = Field(
        None,
        description="`draft`: findings are recorded and said to nobody. `approved` (the default): they are said, and "
        "advise. `enforced`: they fail the gate; the text then says what MUST hold.",
    )
    paths: list[Glob] = Field(
        default=[],
        max_length=100,
        description="gitignore patterns of the files that the rule is for; `!` takes back. Without: everywhere.",
    )
    languages: list[Text] = Field(
        default=[],
        max_length=50,
        description="Languages that the rule is for. Without: all.",
        json_schema_extra={"examples": _LANGUAGES},
    )
    pattern: Pattern | None = Field(
        None, description="Finds hits on added lines without any model.", json_schema_extra={"minProperties": 1}
    )
    verify: bool = Field(
        default=False, description="Hits of the pattern are only said where the judge confirms them. Needs `pattern`."
    )
    message: str = Field("", max_length=4_000, description="What a hit says to the author. Without: the text below.")
    examples: Examples = Field(
        default_factory=Examples, description="Code that breaks the rule, and code that keeps it."
    )

    @classmethod
    def lenient(cls, fields: Mapping[str, object]) -> Self:
        """Of fields of which some were refused: those that are missing are made up."""
        return cls.model_validate({"id": "unknown", "title": "Unknown", **fields})


def schema() -> dict[str, Any]:
    """JSON Schema of the front matter."""
    return published(FrontMatter, "reviewbot rule")


def published(model: type[BaseModel], title: str) -> dict[str, Any]:
    """JSON Schema of a file, as editors read it: draft 7, which all of them know."""
    return {"$schema": "http://json-schema.org/draft-07/schema#", **model.model_json_schema(), "title": title}


def read(document: Document) -> tuple[FrontMatter, list[Problem]]:
    """The fields, and what is wrong with those that were left out of them."""
    try:
        return FrontMatter.model_validate(document.fields), []
    except ValidationError as error:
        known = list(FrontMatter.model_fields)
        found = list(problems(error, document.front, "field", known, f"known fields: {', '.join(known)}"))
        off = {one["loc"][0] for one in error.errors(include_input=False, include_url=False) if one["loc"]}
        return FrontMatter.lenient({key: value for key, value in document.fields.items() if key not in off}), found


def problems(
    error: ValidationError, read: Mapped, what: str, known: Sequence[str], otherwise: str
) -> Iterator[Problem]:
    """What pydantic says, of each place only the first. `what` the `known` keys are called; `otherwise`: the mend of an
    unknown one that is like none of them.
    """
    told = set[Place]()
    for one in error.errors(include_input=False, include_url=False):
        place = _place(one["loc"], read, missing=one["type"] == "missing")
        if place in told:
            continue
        told.add(place)
        strange = one["type"] == "extra_forbidden"
        text, mend = (f"there is no such {what}", _mend(place, what, known, otherwise)) if strange else _said(one)
        yield problem(read, place, text, mend)


def _said(one: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with a value by what pydantic says of it, and the mend."""
    if one["type"] == "literal_error":
        return f"should be {one['ctx']['expected']}", "write one of these"
    return _WRONG.get(one["type"], (one["msg"].removeprefix("Value error, "), "correct the value"))


def _place(loc: Place, read: Mapped, *, missing: bool) -> Place:
    """Without the names that pydantic gives to the branches of a union."""
    return loc if missing else next((loc[:end] for end in range(len(loc), 0, -1) if loc[:end] in read.lines), loc)


def _mend(place: Place, what: str, known: Sequence[str], otherwise: str) -> str:
    if len(place) > 1:
        return f"take the {what} out, or correct its name"
    near = difflib.get_close_matches(str(place[0]), list(known), 1, _CLOSE)
    return f"did you mean {near[0]}?" if near else otherwise


def problem(read: Mapped, place: Place, text: str, mend: str) -> Problem:
    """`text` with the name of its place, as in: examples.bad[2]: …"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    named = "".join(parts).removeprefix(".")[:100] or "the top level"
    return Problem(read.line(place), f"{named}: {text[:_LONGEST_PROBLEM]}", mend)
