"""GitLab's JSON -> our records. What a field of an older or newer GitLab lacks gets its harmless value."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reviewbot.errors import ForgeUnavailable
from reviewbot.model.merge_request import (
    DiffRefs,
    Discussion,
    MergeRequest,
    MergeRequestRef,
    Note,
    Person,
    Pipeline,
    RawChange,
)

Json = Any  # what a JSON text may hold: the functions below find out


@contextmanager
def _read_as(what: str) -> Iterator[None]:
    """What is read inside has the shape that GitLab gives it, or is `ForgeUnavailable`: another server answered."""
    try:
        yield
    except (TypeError, ValueError, OverflowError, AttributeError, KeyError) as error:
        raise ForgeUnavailable(
            f"What answered is not GitLab's API: {what} has another shape",
            mend="check REVIEWBOT_GITLAB_URL and the proxies before it",
        ) from error


@_read_as("an object with a number")
def number(json: Json, name: str) -> int:
    """The field `name`; 0 when it or the object is absent."""
    return int((json or {}).get(name) or 0)


@_read_as("an object with an id")
def own_id(json: Json) -> int:
    return int(json["id"])


@_read_as("a merge request")
def reference(json: Json) -> MergeRequestRef:
    return MergeRequestRef(int(json.get("target_project_id") or json["project_id"]), int(json["iid"]))


@_read_as("a user")
def person(json: Json) -> Person:
    """The author of a note of a deleted user may be null."""
    if not json:
        return Person(0, "ghost")
    return Person(
        id=int(json.get("id") or 0),
        username=str(json.get("username") or ""),
        name=str(json.get("name") or ""),
        bot=bool(json.get("bot")),
    )


@_read_as("the commits of a version")
def refs(json: Json, suffix: str = "_sha") -> DiffRefs | None:
    """The trio of a `diff_refs` object, or with suffix "_commit_sha" of a version; None unless all three are there."""
    trio = [(json or {}).get(f"{name}{suffix}") for name in ("base", "start", "head")]
    return DiffRefs(*map(str, trio)) if all(trio) else None


@_read_as("a file of a diff")
def change(json: Json) -> RawChange:
    return RawChange(
        old_path=str(json.get("old_path") or json.get("new_path") or ""),
        new_path=str(json.get("new_path") or json.get("old_path") or ""),
        diff=str(json.get("diff") or ""),
        a_mode=str(json.get("a_mode") or "0"),
        b_mode=str(json.get("b_mode") or "0"),
        new_file=bool(json.get("new_file")),
        renamed_file=bool(json.get("renamed_file")),
        deleted_file=bool(json.get("deleted_file")),
        generated_file=bool(json.get("generated_file")),
        collapsed=bool(json.get("collapsed")),
        too_large=bool(json.get("too_large")),
    )


@_read_as("a note")
def note(json: Json) -> Note:
    position = json.get("position") or {}
    line = position.get("new_line")
    return Note(
        id=int(json.get("id") or 0),
        author=person(json.get("author")),
        body=str(json.get("body") or ""),
        system=bool(json.get("system")),
        resolvable=bool(json.get("resolvable")),
        resolved=bool(json.get("resolved")),
        resolved_by=person(json["resolved_by"]) if json.get("resolved_by") else None,
        created_at=str(json.get("created_at") or ""),
        path=str(position.get("new_path") or position.get("old_path") or ""),
        line=None if line is None else int(line),
    )


@_read_as("a thread")
def discussion(json: Json) -> Discussion:
    return Discussion(
        id=str(json.get("id") or ""),
        notes=tuple(note(each) for each in json.get("notes") or ()),
        individual=bool(json.get("individual_note")),
    )


@_read_as("a merge request")
def merge_request(json: Json, ref: MergeRequestRef, trio: DiffRefs, url: str) -> MergeRequest:
    """Without what other requests give: changes, threads, the bot itself. `url` is GitLab's, without "/" at its end."""
    source = json.get("source_project_id")
    return MergeRequest(
        ref=ref,
        path=_project_path(json, url),
        title=str(json.get("title") or ""),
        description=str(json.get("description") or ""),
        author=person(json.get("author")),
        state=str(json.get("state") or ""),
        draft=bool(json.get("draft", json.get("work_in_progress"))),
        labels=labels(json),
        source_branch=str(json.get("source_branch") or ""),
        target_branch=str(json.get("target_branch") or ""),
        source_project_id=None if source is None else int(source),
        web_url=str(json.get("web_url") or ""),
        refs=trio,
        pipeline=_pipeline(json.get("head_pipeline"), ref.project_id),
    )


def _pipeline(json: object, project_id: int) -> Pipeline | None:
    if not isinstance(json, dict) or not isinstance(json.get("id"), int):
        return None
    where = json.get("project_id")
    return Pipeline(where if isinstance(where, int) else project_id, json["id"], str(json.get("sha") or ""))


def fewer(json: Json, files: int) -> bool:
    """Whether a merge request has more files. `changes_count` is a text; at "1000+" GitLab stopped counting."""
    text = str(json.get("changes_count") or "")
    return text.endswith("+") or (text.isdecimal() and files < int(text[:18]))


def _project_path(json: Json, url: str) -> str:
    """The full path of the target project: from "group/project!12", else from the web address."""
    full = str((json.get("references") or {}).get("full") or "")
    if "!" in full:
        return full.rpartition("!")[0]
    behind = str(json.get("web_url") or "").removeprefix(f"{url}/")
    return behind.partition("/-/merge_requests/")[0]


def labels(json: Json) -> tuple[str, ...]:
    """Titles of the labels of a merge request as the API tells of it."""
    return tuple(_label(label) for label in json.get("labels") or ())


def _label(label: Json) -> str:
    """A name; an object with a name where label details are switched on."""
    return str(label.get("name") or "") if isinstance(label, dict) else str(label)
