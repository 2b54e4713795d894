"""The parts of GitLab's webhook payloads that the product reads, leniently typed.

Shapes: GitLab docs "Webhook events". An administrator may cut bodies by custom templates, so all but the identity of
the merge request is optional. `changes.reviewers` comes as `[[before], [after]]` or as `{previous, current}`: both
shapes exist, and labels come as objects.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from reviewbot.core.moments import moment


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _or_empty(value: object) -> object:
    return {} if value is None else value


def _or_none(value: object) -> object:
    return [] if value is None else value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


# What a database's 64-bit column takes.
Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
Counted = Annotated[int, Field(ge=1, le=2**63 - 1)]  # projects and merge requests: GitLab counts from 1
# What only puts things in order: a body that an administrator has altered is not refused for it.
Number = Annotated[int | None, BeforeValidator(lambda value: value if _is_number(value) else None)]
When = Annotated[float | None, BeforeValidator(lambda value: moment(value) if isinstance(value, str) else None)]
# GitLab's own limits are 255 characters for most names and 4,096 for paths: what is longer is not GitLab's and is cut,
# before it is matched against anything, kept or shown.
Name = Annotated[str, AfterValidator(lambda text: text[:1024])]
PathName = Annotated[str, AfterValidator(lambda text: text[:4096])]
Sha = Annotated[str, AfterValidator(lambda text: text[:64])]


class User(Payload):
    id: Id | None = None
    username: Name = ""
    re_requested: bool = False


class Project(Payload):
    id: Counted | None = None
    path_with_namespace: PathName = ""


class Label(Payload):
    title: Name = ""


class Commit(Payload):
    id: Sha = ""


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

    iid: Counted
    target_project_id: Counted | None = None
    author_id: Id | None = None
    title: Name = ""
    source_branch: Name = ""
    target_branch: Name = ""
    state: Name = ""
    action: Name = ""
    oldrev: Sha | None = None
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
    noteable_type: Name = ""
    author_id: Id | None = None
    discussion_id: Sha | None = None
    system: bool = False
    internal: bool = False
    type: Name | None = None  # none: a plain note, in no thread
    action: Name = "create"  # older versions send none and fire on creation only
    created_at: When = None


class NoteEvent(Payload):
    user: Annotated[User, BeforeValidator(_or_empty)] = User()
    project: Annotated[Project, BeforeValidator(_or_empty)] = Project()
    project_id: Counted | None = None
    object_attributes: NoteAttributes
    merge_request: MergeRequestAttributes | None = None


class EmojiAttributes(Payload):
    id: Number = None
    created_at: When = None
    user_id: Id | None = None
    name: Name = ""
    awardable_type: Name = ""
    awardable_id: Id | None = None
    action: Name = ""


class EmojiEvent(Payload):
    event_type: Name = ""
    project_id: Counted | None = None
    object_attributes: EmojiAttributes
    merge_request: MergeRequestAttributes | None = None
