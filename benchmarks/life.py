"""What becomes of findings over five pushes to one merge request, and what a one-line push to a large one costs."""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks import life_story
from benchmarks.life_story import FILES, NUMBER, PLANTS, Model, Story
from benchmarks.making import Order, make
from benchmarks.measuring import Instance, instance
from benchmarks.standins import Standins, script
from benchmarks.table import Result, Row, at_most
from reviewbot.control import Control
from reviewbot.model.event import Reaction, ReviewWanted
from reviewbot.model.outcome import Outcome
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MAINTAINER, User
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import Script
from reviewbot.standin.serving import serving

SEEDS, LARGE = 4, 5_000


def run(quick: bool) -> Result:
    totals: Counter[str] = Counter()
    with house(model := Model(), 1_500) as (lab, bot, measured):
        for seed in range(1 if quick else SEEDS):
            totals += _told(lab, bot, measured, model, seed)
    lines = 600 if quick else LARGE
    first, second = one_line(lines)
    share = 100 * second / first
    rows = [
        Row("findings that have a comment / planted lines", f"{totals['found']} / {totals['planted']}"),
        at_most("duplicate comments", totals["doubles"], 0, digits=0),
        Row("fixed ones whose thread is resolved", f"{totals['resolved']} of {totals['fixed']}", "all", totals["resolved"] == totals["fixed"]),
        at_most("threads falsely resolved", totals["false"], 0, digits=0),
        at_most("dismissed ones that came back", totals["back"], 0, digits=0),
        at_most(f"one-line push to {lines:,} lines / first review: prompt tokens", share, 2, " %") if not quick
        else Row(f"one-line push to {lines:,} lines / first review: prompt tokens", f"{share:.2f} %"),
    ]  # fmt: skip
    notes = (
        f"{1 if quick else SEEDS} merge requests of {FILES} files with {PLANTS} planted lines each; pushes: edits around "
        "and mending, a rebase onto a changed target, a rename, a force push of one squashed commit, edits again; after "
        "the first review three findings are dismissed (thread resolved, reply, thumbs down)",
        "the model words each finding anew after each push, each reviewer in another category; the judge refutes what is "
        "not in the code that it is shown; planted lines that are edited without being mended count as open",
    )
    return Result("life", rows, notes, {**totals, "tokens": [first, second]})


@contextlib.contextmanager
def house(model: Script, chunk_tokens: int) -> Iterator[tuple[Lab, User, Instance]]:
    """Stand-ins and reviewer in this process: nothing here is about time."""
    with Lab() as lab, serving(ModelStandIn(model, judge=None).app) as model_url, lab.serve() as url:
        bot = lab.user("reviewbot", bot=True)
        standins = Standins(url, f"{model_url}/v1", lab.token(bot))
        with instance(standins, pause_after=0, judge="true", reviewers="", chunk_tokens=chunk_tokens) as measured:
            yield lab, bot, measured


def _told(lab: Lab, bot: User, measured: Instance, model: Model, seed: int) -> Counter[str]:
    """The story of one merge request, and what is to be said of it at its end."""
    story = life_story.opened(lab, bot, seed)
    planted_in_all = len(story.living())
    _review(story, measured, "opened")
    _dismiss(story, lab, measured)
    for push in (life_story.edits, life_story.rebase, life_story.rename, life_story.force, life_story.edits):
        push(story)
        model.pushes += 1
        _review(story, measured, "pushed")
    return life_story.judged(story, planted_in_all)


def _dismiss(story: Story, lab: Lab, measured: Instance) -> None:
    """Three findings, each in another way, by somebody who may."""
    told = [number for number in story.living() if story.threads(number)][:3]
    story.dismissed.update(told)
    one, two, three = (story.threads(number)[0] for number in told)
    lab.resolve(story.mr, one, story.author)
    lab.write(story.mr, "Won't fix, this is by design.", story.author, two)
    measured.store.jobs.want(Reaction(story.ref, three.notes[0].id, story.author.id, "thumbsdown", True), time.time())


def _review(story: Story, measured: Instance, trigger: Any) -> Outcome:
    jobs = measured.store.jobs
    job_id = jobs.want(ReviewWanted(story.ref, story.mr.sha, trigger, story.project.path), time.time())
    assert job_id is not None
    taken = jobs.take(job_id, "benchmarks", time.time() + 60)
    assert taken is not None
    job, lease = taken
    outcome = measured.reviewer.run(job, lease, Control(600, guard=lambda: jobs.guard(lease)))
    jobs.finish(lease, outcome, time.time())
    assert outcome.state == "done", outcome.reason
    found = outcome.examination
    assert found is not None
    told = {number for one in (*found.findings, *found.overflow) for number in NUMBER.findall(one.title)[:1]}
    story.back |= told & story.dismissed
    return outcome


def one_line(lines: int) -> tuple[int, int]:
    """Prompt tokens of the first review of a merge request of so many lines, and of one after a one-line push."""
    change = make(Order(max(5, lines // 28), lines, 6, seed=99))
    with house(script(0, 0), 12_000) as (lab, bot, measured):
        author = lab.user("ada")
        project = lab.project("team/large", members={author: MAINTAINER, bot: MAINTAINER})
        project.commit("main", {"README.md": "Read me\n", **change.base}, author=author)
        project.commit("feature", change.head, author=author)
        mr = project.merge_request("feature", "main", "A large one", author=author)
        story = Story(project, author, mr, {}, {}, random.Random(0))
        first = _review(story, measured, "opened")
        path = next(path for path in sorted(change.head) if path not in change.base)
        middle = change.head[path].split("\n")
        middle[len(middle) // 2] += " changed"
        project.push("feature", {path: "\n".join(middle)}, user=author)
        second = _review(story, measured, "pushed")
    assert first.examination is not None
    assert second.examination is not None
    return first.examination.usage.prompt_tokens, second.examination.usage.prompt_tokens
