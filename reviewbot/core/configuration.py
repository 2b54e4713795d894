"""`.reviewbot.yml` of the target branch -> the policy of a review. Strict: a wrong key is an error that names it."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from reviewbot.core import commands, labelling
from reviewbot.core.globs import matcher
from reviewbot.errors import ConfigurationError
from reviewbot.model.policy import ReviewPolicy, Wishes

FILES = (".reviewbot.yml", ".gitlab/reviewbot.yml")
GUIDANCE = ("AGENTS.md", "CLAUDE.md")
_SWITCHES = ("context", "tools", "judge", "walkthrough", "tickets", "commit_status")
_MOST_STRANGE, _LONGEST_ID = 5, 100
_CLOSE = 0.7  # from this likeness on an unknown key was probably meant to be a known one
_LARGEST = 64_000  # characters of a configuration file
_GUIDANCE_LARGEST = 8_000  # characters of guidance that go into every prompt of a review


class _File(BaseModel):
    """What a repository may set. Money, models and trust belong to the operator and are not among it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    exclude: list[str] = Field(default_factory=list)
    include: list[str] = Field(default_factory=list)
    security_paths: list[str] = Field(default_factory=list)
    ignored_branches: list[str] = Field(default_factory=list)
    ignored_authors: list[str] = Field(default_factory=list)
    ignored_labels: list[str] = Field(default_factory=list)
    trigger_labels: list[str] | None = None
    disabled: list[str] = Field(default_factory=list)
    review_drafts: bool | None = None
    max_inline_comments: int | None = Field(None, ge=0)
    pause_after: int | None = Field(None, ge=0)
    severity_floor: Literal["critical", "warning", "suggestion"] | None = None
    context: bool | None = None
    tools: bool | None = None
    judge: bool | None = None
    linters: bool | None = None
    linter_reports: list[str] | None = Field(None, max_length=10)
    walkthrough: bool | None = None
    tickets: bool | None = None
    language: str | None = Field(None, max_length=40)
    commit_status: bool | None = None
    approve: bool | None = None
    request_changes: bool | None = None
    labels: Annotated[dict[str, str], AfterValidator(labelling.checked)] = Field(default_factory=dict)


def configure(policy: ReviewPolicy, files: Mapping[str, str]) -> ReviewPolicy:
    """The operator's policy with what the repository's files add or narrow. `files` maps paths to their text.

    Raises `ConfigurationError` naming file, key and mend; the caller goes on with `policy` and says so.
    """
    policy = replace(policy, guidance=_guidance(files))
    path = next((name for name in FILES if name in files), None)
    if path is None:
        return policy
    read = _read(path, files[path])
    for globs in (read.exclude, read.include, read.security_paths, read.ignored_branches):
        matcher(globs)
    changed = {
        name: value
        for name in (
            "trigger_labels",
            "review_drafts",
            "max_inline_comments",
            "pause_after",
            "severity_floor",
            "language",
        )
        if (value := getattr(read, name)) is not None
    }
    if "trigger_labels" in changed:
        changed["trigger_labels"] = tuple(changed["trigger_labels"])
    if read.linter_reports is not None:
        changed["linter_reports"] = tuple(read.linter_reports)
    if read.linters is False:
        changed["linter_reports"] = ()
    for name in _SWITCHES:
        if getattr(read, name) is False:  # a repository may switch off, the operator's off stays off
            changed[name] = False
    changed["approve"] = policy.may_approve and read.approve is True
    changed["request_changes"] = policy.may_request_changes and read.request_changes is True
    for name in ("exclude", "include", "security_paths", "ignored_branches", "ignored_authors", "ignored_labels"):
        changed[name] = (*getattr(policy, name), *getattr(read, name))
    configured = replace(policy, **changed, disabled_rules=(*policy.disabled_rules, *read.disabled))
    return replace(configured, labels=_labels(path, read.labels, configured))


def _labels(path: str, labels: Mapping[str, str], policy: ReviewPolicy) -> tuple[tuple[str, str], ...]:
    """A label that the bot sets must neither ask for a review nor keep one from being made."""
    for key, title in labels.items():
        if title in {*policy.trigger_labels, *policy.ignored_labels}:
            problem = f"{path}: labels.{key}: {title!r} asks for reviews or is ignored"
            raise ConfigurationError(problem, mend="take another label than those of trigger_labels and ignored_labels")
    return tuple(labels.items())


def strange_rules(disabled: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """For people: each of the `disabled` ids that no known rule has, with the nearest one that there is."""
    strange = [name for name in dict.fromkeys(disabled) if name not in known]
    told = []
    for name in strange[:_MOST_STRANGE]:
        near = commands.nearest(name, list(known))
        hint = f"; did you mean {near[0]}?" if near else "."
        told.append(f"`disabled` names a rule that does not exist: {name[:_LONGEST_ID]}{hint}")
    more = len(strange) - _MOST_STRANGE
    return (*told, f"`disabled` names {more} more such rules.") if more > 0 else tuple(told)


def unheeded(policy: ReviewPolicy, files: Mapping[str, str]) -> tuple[str, ...]:
    """For people: what the repository's files ask for and the operator does not allow. A file with a mistake asks for
    nothing.
    """
    path = next((name for name in FILES if name in files), None)
    if path is None:
        return ()
    try:
        read = _read(path, files[path])
    except ConfigurationError:
        return ()
    allowed = {name: getattr(policy, name) for name in _SWITCHES} | {
        "approve": policy.may_approve,
        "request_changes": policy.may_request_changes,
    }
    asked = [name for name, may in allowed.items() if getattr(read, name) is True and not may]
    return tuple(f"{name}: true has no effect here: the operator does not allow it" for name in asked)


def wishes(files: Mapping[str, str]) -> Wishes:
    """What the repository's files say of events. Raises `ConfigurationError` as `configure` does."""
    path = next((name for name in FILES if name in files), None)
    if path is None:
        return Wishes()
    read = _read(path, files[path])
    labels = None if read.trigger_labels is None else tuple(read.trigger_labels)
    return Wishes(read.review_drafts, labels)


def _read(path: str, text: str) -> _File:
    mend = "see docs/configuration.md for the keys"
    if len(text) > _LARGEST:
        raise ConfigurationError(f"{path} is larger than {_LARGEST} characters", mend=mend)
    if "&" in text and any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in _tokens(path, text)):
        raise ConfigurationError(f"{path} uses YAML anchors or aliases", mend="write the values out")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError) as error:  # a date or a number that is none
        raise ConfigurationError(f"{path} is not valid YAML: {_first_line(error)}", mend=mend) from error
    try:
        return _File.model_validate(data or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100] or "the top level"
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(where, list(_File.model_fields), 1, _CLOSE)
            mend = f"did you mean {near[0]}? {mend}" if near else mend
            raise ConfigurationError(f"{path}: {where}: there is no such key", mend=mend) from error
        raise ConfigurationError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}", mend=mend) from error


def _tokens(path: str, text: str) -> list[yaml.Token]:
    try:
        return list(yaml.scan(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not valid YAML: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or type(error).__name__
    return f"{problem}, line {mark.line + 1}" if mark else str(problem)


def _guidance(files: Mapping[str, str]) -> str:
    texts = [files[name] for name in GUIDANCE if name in files]
    text = "\n\n".join(dict.fromkeys(part.strip() for part in texts))
    return text if len(text) <= _GUIDANCE_LARGEST else text[:_GUIDANCE_LARGEST] + "\n[… cut]"
