"""The labels of a merge request: one request, and none where nothing changes. A token that may not costs a warning."""

from typing import Any

from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import records
from reviewbot.gitlab.desk import Desk
from reviewbot.model.outcome import LabelChange


def set_labels(desk: Desk, change: LabelChange | None) -> tuple[str, ...]:
    """Add and remove labels, others are left alone (GitLab docs, "Merge requests API"); what went wrong.

    GitLab creates a label that does not exist, and leaves out without a word what the token may not create or set.
    """
    if change is None:
        return ()
    data = {
        name: ",".join(titles)
        for name, titles in (("add_labels", change.add), ("remove_labels", change.remove))
        if titles
    }
    try:
        answer: Any = desk.write(lambda: desk.client.put(desk.path, data))
    except (ForgeNotFound, ForgeRefused, ForgeRejected) as error:
        return (f"The labels could not be set: {error.message}",)
    there = records.labels(answer) if isinstance(answer, dict) else change.add
    left_out = [title for title in change.add if title not in there]
    return (f"GitLab did not set the labels {', '.join(left_out)}",) if left_out else ()
