"""GitLab's JSON -> our records. What a field of an older or newer GitLab lacks gets its harmless value."""

from typing import Any

from reviewbot.model.merge_request import DiffRefs, Discussion, Note, Person, RawChange

Json = dict[str, Any]


def person(json: Json | None) -> Person:
    """The author of a note of a deleted user may be null."""
    if not json:
        return Person(0, "ghost")
    return Person(
        id=int(json.get("id") or 0),
        username=str(json.get("username") or ""),
        name=str(json.get("name") or ""),
        bot=bool(json.get("bot")),
    )


def refs(json: Json | None, suffix: str = "_sha") -> DiffRefs | None:
    """The trio of a `diff_refs` object, or with suffix "_commit_sha" of a version; None unless all three are there."""
    trio = [(json or {}).get(f"{name}{suffix}") for name in ("base", "start", "head")]
    return DiffRefs(*map(str, trio)) if all(trio) else None


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


def note(json: Json) -> Note:
    return Note(
        id=int(json.get("id") or 0),
        author=person(json.get("author")),
        body=str(json.get("body") or ""),
        system=bool(json.get("system")),
        resolvable=bool(json.get("resolvable")),
        resolved=bool(json.get("resolved")),
        resolved_by=person(json["resolved_by"]) if json.get("resolved_by") else None,
        created_at=str(json.get("created_at") or ""),
    )


def discussion(json: Json) -> Discussion:
    return Discussion(
        id=str(json.get("id") or ""),
        notes=tuple(note(each) for each in json.get("notes") or ()),
        individual=bool(json.get("individual_note")),
    )
