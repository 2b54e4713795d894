"""The parts of GitLab's webhook payloads that the product reads, leniently typed.

Shapes: GitLab docs "Webhook events". An administrator may cut bodies by custom templates, so all but the identity of
the merge request is optional. `changes.reviewers` comes as `[[before], [after]]` or as `{previous, current}`: both
shapes exist, and labels come as objects.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _or_empty(value: object) -> object:
    return {} if value is None else value


def _or_none(value: object) -> object:
    return [] if value is None else value


# What a database's 64-bit column takes; GitLab counts from 1.
Id = Annotated[int, Field(ge=0, le=2**63 - 1)]


class User(Payload):
    id: Id | None = None
    username: str = ""
    re_requested: bool = False


class Project(Payload):
    id: Id | None = None
    path_with_namespace: str = ""


class Label(Payload):
    title: str = ""


class Commit(Payload):
    id: str = ""


class Change(Payload):
    """One entry of `changes`, both shapes brought to one."""

    previous: Any = None
    current: Any = None


def _change(value: object) -> object:
    if isinstance(value, list):
        return {"previous": value[0] if value else None, "current": value[1] if len(value) > 1 else None}
    return value if isinstance(value, dict) else {}


Changed = Annotated[Change, BeforeValidator(_change)]


class MergeRequestAttributes(Payload):
    """`object_attributes` of a merge request event, and `merge_request` of a note or emoji event."""

    iid: Id
    target_project_id: Id | None = None
    author_id: Id | None = None
    title: str = ""
    source_branch: str = ""
    target_branch: str = ""
    state: str = ""
    action: str = ""
    oldrev: str | None = None
    draft: bool = False
    work_in_progress: bool = False
    last_commit: Annotated[Commit, BeforeValidator(_or_empty)] = Commit()
    labels: Annotated[tuple[Label, ...], BeforeValidator(_or_none)] = ()

    @property
    def is_draft(self) -> bool:
        return self.draft or self.work_in_progress


class MergeRequestEvent(Payload):
    user: Annotated[User, BeforeValidator(_or_empty)] = User()
    project: Annotated[Project, BeforeValidator(_or_empty)] = Project()
    object_attributes: MergeRequestAttributes
    labels: Annotated[tuple[Label, ...], BeforeValidator(_or_none)] = ()
    changes: Annotated[dict[str, Changed], BeforeValidator(_or_empty)] = Field(default_factory=dict)


class NoteAttributes(Payload):
    id: Id
    note: str = ""
    noteable_type: str = ""
    author_id: Id | None = None
    discussion_id: str | None = None
    system: bool = False
    action: str = "create"  # older versions send none and fire on creation only


class NoteEvent(Payload):
    user: Annotated[User, BeforeValidator(_or_empty)] = User()
    project: Annotated[Project, BeforeValidator(_or_empty)] = Project()
    project_id: Id | None = None
    object_attributes: NoteAttributes
    merge_request: MergeRequestAttributes | None = None


class EmojiAttributes(Payload):
    user_id: Id | None = None
    name: str = ""
    awardable_type: str = ""
    awardable_id: Id | None = None
    action: str = ""


class EmojiEvent(Payload):
    event_type: str = ""
    project_id: Id | None = None
    object_attributes: EmojiAttributes
    merge_request: MergeRequestAttributes | None = None
