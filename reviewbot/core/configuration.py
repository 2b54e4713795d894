"""`.reviewbot.yml` of the target branch -> the policy of a review. Strict: a wrong key is an error that names it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reviewbot.core import commands, glob_lists, labelling, plain_yaml, rule_fields
from reviewbot.core.guidance import compiling, top
from reviewbot.core.guidance.instructions import TOOLS, Tool
from reviewbot.core.guidance.places import TOP_FILES
from reviewbot.core.plain_yaml import Place
from reviewbot.core.tickets import TEMPLATE
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.inheritance import Include, Ruling
from reviewbot.model.policy import ReviewPolicy, Wishes
from reviewbot.model.rule import RULE_FILE

FILES = (".reviewbot.yml", ".gitlab/reviewbot.yml")
GUIDANCE = tuple(TOP_FILES)
READ = (*FILES, *GUIDANCE, ".gitattributes", TEMPLATE)
"""All by which a repository's owners say how it is reviewed, beside rules and the guidance of folders."""
_SWITCHES = ("context", "tools", "judge", "walkthrough", "tickets", "commit_status")
_GLOBS = ("exclude", "include", "security_paths", "ignored_branches")
_MEND = "see docs/configuration.md for the keys"
_MOST_STRANGE, _LONGEST_ID = 5, 100
_MOST_TRIED = 50  # ids that may be others' and are held against those that are known
_OF_RULES = {"packs", "disabled", "include_rules", "shared_with"}
_LARGEST = 64_000  # characters of a configuration file
_GUIDANCE_LARGEST = 8_000  # characters of guidance that go into every prompt of a review


_Path = Annotated[str, StringConstraints(max_length=300, pattern=r"^[\w.][\w.\-/]*$")]


class IncludedRules(BaseModel):
    """Rules of another project, pinned."""

    model_config = ConfigDict(extra="forbid", strict=True)

    project: _Path = Field(description="The project's full path.")
    ref: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="The branch, tag or commit that its rules are read at."
    )
    rules: list[rule_fields.Glob] = Field(
        default_factory=list, max_length=100, description="Ids to take in, as gitignore patterns. Without: all."
    )


class _File(BaseModel):
    """What a repository may set. Money, models and trust belong to the operator and are not among it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    exclude: list[str] = Field(default_factory=list, description="Files to leave out, as gitignore patterns.")
    include: list[str] = Field(
        default_factory=list,
        description="Files to read although a built-in filter would leave them out, as gitignore patterns.",
    )
    security_paths: list[str] = Field(
        default_factory=list,
        description="Changes of these files are always reviewed at full depth, as gitignore patterns.",
    )
    ignored_branches: list[str] = Field(
        default_factory=list,
        description="Merge requests from or to these branches are not reviewed, as gitignore patterns.",
    )
    ignored_authors: list[str] = Field(
        default_factory=list, description="Merge requests of these users are not reviewed."
    )
    ignored_labels: list[str] = Field(
        default_factory=list, description="Merge requests with one of these labels are not reviewed."
    )
    trigger_labels: list[str] | None = Field(
        None, description="Labels that ask for a review, instead of the operator's."
    )
    disabled: list[str] = Field(default_factory=list, description="Ids of rules to switch off.")
    packs: list[str] = Field(
        default_factory=list, description="Packs of shipped rules to switch on by name, or off with a ! before it."
    )
    guidance: bool | list[Tool] | None = Field(
        None,
        description="false: without the guidance that is meant for other tools; or the tools whose guidance counts.",
    )
    include_rules: list[IncludedRules] = Field(
        default_factory=list, max_length=10, description="Rules of other projects, farther than one's own."
    )
    shared_with: list[_Path] = Field(
        default_factory=list,
        max_length=100,
        description="Groups and projects that may take in the rules of this project although it is not public.",
    )
    review_drafts: bool | None = Field(None, description="Whether drafts are reviewed, too.")
    max_inline_comments: int | None = Field(None, ge=0, description="At most so many inline comments; 0: no limit.")
    pause_after: int | None = Field(None, ge=0, description="Reviewed pushes after which the bot pauses; 0: never.")
    severity_floor: Literal["critical", "warning", "suggestion"] | None = Field(
        None, description="Findings below it are not told."
    )
    context: bool | None = Field(None, description="false: without the code around a change.")
    tools: bool | None = Field(None, description="false: the model looks nothing up.")
    judge: bool | None = Field(None, description="false: without a second look at each finding.")
    linters: bool | None = Field(None, description="false: reads no reports of linters.")
    linter_reports: list[str] | None = Field(
        None, max_length=10, description="Paths of linters' reports in the artifacts of the pipeline."
    )
    walkthrough: bool | None = Field(None, description="false: does not tell in the summary what the change does.")
    tickets: bool | None = Field(None, description="false: reads no issues and no template for merge requests.")
    language: str | None = Field(
        None, max_length=40, description="The language of everything that is posted, as in: German."
    )
    commit_status: bool | None = Field(None, description="false: sets no commit status.")
    approve: bool | None = Field(None, description="Approve what is clean, where the operator allows it.")
    request_changes: bool | None = Field(
        None, description="Request changes where there are significant concerns, where the operator allows it."
    )
    labels: Annotated[dict[str, str], AfterValidator(labelling.checked)] = Field(
        default_factory=dict, description="What was found (as in verdict.approved, risk.full) and the label for it."
    )


def configure(policy: ReviewPolicy, files: Mapping[str, str]) -> ReviewPolicy:
    """The operator's policy with what the repository's files add or narrow. `files` maps paths to their text: those
    of `READ`, and others to which links among the guidance lead.

    Raises `ConfigurationError` naming file, key and mend; the caller goes on with `policy` and says so.
    """
    path = next((name for name in FILES if name in files), None)
    if path is None:
        return _guided(policy, files)
    text = files[path]
    read = _read(path, text)
    policy = _guided(policy, files, read.guidance)
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
    changed["disabled_rules"] = (*policy.disabled_rules, *read.disabled)
    said = _ruling(path, read, text)
    configured = replace(policy, **changed, packs=said.packs, include_rules=said.includes)
    for name in _GLOBS:
        if glob_lists.unread(getattr(configured, name)):  # with the operator's: both are used together
            problem, mend = glob_lists.TOO_LARGE
            raise InvalidFile(path, [Problem(0, f"{name}: {problem}", mend)])
    return replace(configured, labels=_labels(path, read.labels, configured))


def _labels(path: str, labels: Mapping[str, str], policy: ReviewPolicy) -> tuple[tuple[str, str], ...]:
    """A label that the bot sets must neither ask for a review nor keep one from being made."""
    for key, title in labels.items():
        if title in {*policy.trigger_labels, *policy.ignored_labels}:
            problem = f"{path}: labels.{key}: {title!r} asks for reviews or is ignored"
            raise ConfigurationError(problem, mend="take another label than those of trigger_labels and ignored_labels")
    return tuple(labels.items())


def strange_rules(disabled: Iterable[str], known: Sequence[str], *, whole: bool = True) -> tuple[str, ...]:
    """For people: each of the `disabled` ids that no known rule has, with the nearest one that there is. `whole` False:
    others may have rules that are not `known`, so only what looks misspelt is told. Of guidance of other tools nobody
    reads all.
    """
    strange = unknown(disabled, known)
    if not whole:
        strange = [name for name in strange[:_MOST_TRIED] if commands.nearest(name, list(known))]
    told = []
    for name in strange[:_MOST_STRANGE]:
        near = commands.nearest(name, list(known))
        hint = f"; did you mean {near[0]}?" if near else "."
        told.append(f"`disabled` names a rule that does not exist: {name[:_LONGEST_ID]}{hint}")
    more = len(strange) - _MOST_STRANGE
    return (*told, f"`disabled` names {more} more such rules.") if more > 0 else tuple(told)


def unknown(disabled: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those of the `disabled` ids, each once, that no known rule has and no guidance of other tools may have."""
    there = {*known, RULE_FILE}
    return [name for name in dict.fromkeys(disabled) if name not in there and not name.startswith(compiling.PREFIX)]


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


def ruling(path: str, text: str, where: str = "") -> Ruling:
    """What a configuration says of rules. `where` is put before its path, for people. Raises as `configure` does."""
    return _ruling(f"{where}{path}", _read(f"{where}{path}", text), text)


def _ruling(origin: str, read: _File, text: str) -> Ruling:
    lines = plain_yaml.load(text.removeprefix("\ufeff"), origin, "the configuration") if read.include_rules else None
    return Ruling(
        packs=tuple(read.packs),
        disabled=tuple(read.disabled),
        includes=tuple(
            Include(
                one.project.strip("/"),
                one.ref,
                tuple(one.rules),
                f"{origin}:{lines.line(('include_rules', index)) if lines else 0}",
            )
            for index, one in enumerate(read.include_rules)
        ),
        shared_with=tuple(read.shared_with),
        others=tuple(sorted(read.model_fields_set - _OF_RULES)),
    )


def schema() -> dict[str, Any]:
    """JSON Schema of the configuration file."""
    return rule_fields.published(_File, "reviewbot configuration")


def _read(path: str, text: str) -> _File:
    """Raises `InvalidFile` with all that is wrong."""
    if len(text) > _LARGEST:
        raise InvalidFile(path, [Problem(1, f"larger than {_LARGEST} characters", _MEND)])
    mapped = plain_yaml.load(text.removeprefix("\ufeff"), path, "the configuration")
    try:
        read = _File.model_validate(mapped.fields)
    except ValidationError as error:
        problems = rule_fields.problems(error, mapped, "key", list(_File.model_fields), _MEND)
        raise InvalidFile(path, list(problems)) from error
    lists: list[tuple[Place, Sequence[str]]] = [((name,), getattr(read, name)) for name in _GLOBS]
    lists += [(("include_rules", at, "rules"), include.rules) for at, include in enumerate(read.include_rules)]
    if bad := list(glob_lists.wrong(lists, mapped)):
        raise InvalidFile(path, bad)
    return read


def _guided(
    policy: ReviewPolicy, files: Mapping[str, str], wanted: bool | Sequence[Tool] | None = None
) -> ReviewPolicy:
    """The policy with the guidance of the repository: none, all of it or that of the `wanted` tools."""
    chosen: Sequence[Tool] = () if wanted is False else TOOLS
    tools = tuple(chosen if wanted is None or isinstance(wanted, bool) else wanted)
    texts = tuple((name, files[name][:_LARGEST]) for name, tool in TOP_FILES.items() if name in files and tool in tools)
    led = tuple(path for path in files if path not in READ) if tools else ()
    return replace(policy, guidance=guidance(texts), guidance_files=texts, guidance_led=led, guidance_tools=tools)


def guidance(files: Sequence[tuple[str, str]], taken: Collection[str] = ()) -> str:
    """What AGENTS.md and CLAUDE.md say in every prompt, without the sections of the `taken` ids."""
    text = top.joined(files, taken)
    return text if len(text) <= _GUIDANCE_LARGEST else text[:_GUIDANCE_LARGEST] + "\n[… cut]"
