"""Labels that were added to a merge request: a wish for a review, where repository or operator take one for that."""

from reviewbot.core.payloads import Change, MergeRequestEvent
from reviewbot.model.event import Labelled
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import ReviewPolicy

_MOST, _LONGEST = 50, 255  # labels of one event; characters of a title, GitLab's own limit


def labelled(event: MergeRequestEvent, ref: MergeRequestRef, author: str, policy: ReviewPolicy) -> Labelled:
    """The event of an update that added labels."""
    attributes = event.object_attributes
    titles = sorted(added(event.changes.get("labels")))
    return Labelled(
        ref=ref,
        head_sha=attributes.last_commit.id,
        labels=tuple(title[:_LONGEST] for title in titles[:_MOST]),
        branch=attributes.target_branch,
        usual=not set(titles).isdisjoint(policy.trigger_labels),
        path=event.project.path_with_namespace,
        title=attributes.title,
        author=author,
        user_id=event.user.id or 0,
        username=event.user.username,
    )


def added(change: Change | None) -> set[str]:
    """Titles of the labels that were not there before. An odd shape adds none."""
    if change is None:
        return set()
    before, after = (
        {str(entry.get("title")) for entry in (value if isinstance(value, list) else []) if isinstance(entry, dict)}
        for value in (change.previous, change.current)
    )
    return after - before
