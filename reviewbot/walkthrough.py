"""What the merge request does, in a model's words: asked beside the specialists, and of no consequence if it fails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reviewbot.asking.questions import Question, Reply
from reviewbot.bench import Bench, Material
from reviewbot.core import walkthroughs
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import Diff, FileDiff
from reviewbot.model.outcome import ReviewedVersion, Walkthrough


def questions(files: Sequence[FileDiff], material: Material, bench: Bench) -> Iterator[Question[Walkthrough]]:
    """The one question about all reviewed `files`, or none: where nothing of them is new, the change is trivial, or a
    walkthrough is not wanted. It is made when it is wanted: its view of the change takes a while.
    """
    if not material.policy.walkthrough or material.tier is Tier.TRIVIAL or not material.files or bench.asker is None:
        return
    diff = walkthroughs.shown_of(files, bench.counter.count)
    yield Question(
        prompt=bench.templates.summary(diff, material.about.language, walkthroughs.MOST),
        read=walkthroughs.reader(files),
        repair=bench.templates.repair,
        again=bench.templates.again,
        aside=True,
    )


def told(replies: Sequence[Reply[Walkthrough]], earlier: ReviewedVersion | None, diff: Diff) -> Walkthrough:
    """What the model told now, else what it told in the `earlier` version, of the files that are still in the diff."""
    value = next((reply.value for reply in replies if reply.value is not None and not reply.problem), None)
    paths = {file.path for file in diff.files}
    found = value or (earlier.walkthrough if earlier else Walkthrough())
    return replace(found, changes=tuple(entry for entry in found.changes if entry[0] in paths))
