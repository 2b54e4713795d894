"""GitLab's rules for the labels of a merge request: named in one text with commas, made when they do not exist."""

from reviewbot.standin.gitlab.state import REPORTER, Json, MergeRequest, User

_LONGEST = 255


def edited(found: MergeRequest, user: User, values: Json) -> list[str]:
    """The labels after a request with `labels` (which replaces), `add_labels` and `remove_labels`."""
    kept = _existing(found, user, _names(values["labels"])) if "labels" in values else list(found.labels)
    for title in _existing(found, user, _names(values.get("add_labels"))):
        if found.project.world.premium:
            kept = [one for one in kept if _scope(one) is None or _scope(one) != _scope(title)]
        kept = [*kept, title]
    gone = _names(values.get("remove_labels"))
    return [one for one in dict.fromkeys(kept) if one not in gone]


def _existing(found: MergeRequest, user: User, titles: list[str]) -> list[str]:
    """Labels that are there, or can be made: whoever may not make them, and a title that is none, leaves them out."""
    there = found.project.labels | set(found.labels)
    may = found.project.level(user) >= REPORTER
    kept = [title for title in titles if title in there or (may and len(title) <= _LONGEST)]
    found.project.labels |= set(kept)
    return kept


def _scope(title: str) -> str | None:
    scope, found, name = title.rpartition("::")
    return scope if scope and found and name else None


def _names(value: object) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(part).strip() for part in parts if str(part).strip()]
