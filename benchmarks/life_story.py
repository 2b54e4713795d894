"""The story of one merge request over five pushes, with the truth about its planted lines, and the model that reads it."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.standins import planted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.standin.gitlab.building import Project
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MAINTAINER, Discussion, MergeRequest, User
from reviewbot.standin.model_script import Behaviour, Received, confirmed

FILES, PLANTS = 6, 30
_TAGGED = re.compile(r"^o?\d+[a-z2-7]{2}\|[-+ ].*PLANT\(\w+\): Plant (\d+) ", re.MULTILINE)
NUMBER = re.compile(r"(?i)plant (\d+)")
_CANDIDATE = re.compile(r"(?ms)^## (F\d+) .*?(?=^## F|\Z)")
_WORDINGS = (
    ("correctness", "The {1} of plant {0} is never closed"),
    ("security", "Whoever asks is given what plant {0} holds of the {1}"),
    ("reliability", "Plant {0} leaves its {1} open after a fault"),
    ("performance", "Nothing releases the {1} that plant {0} took"),
)
_SUBJECTS = ("invoice", "ledger", "parcel", "coupon", "session", "carrier", "balance", "window", "cursor", "quota")
Files = dict[str, str]


class Model:
    """Reports each planted line it is shown, in other words after each push, each reviewer in another category. As a
    judge it refutes a candidate whose planted line is not in the code it is shown.
    """

    def __init__(self) -> None:
        self.asked = self.pushes = 0

    def __call__(self, received: Received) -> Behaviour:
        self.asked += 1
        told: dict[str, Any]
        if received.wanted == "verdicts":
            told = {"verdicts": self._verdicts(received.text)}
        else:
            told = {"findings": [self._worded(one) for one in planted(received.text)]}
        return Behaviour(text=orjson.dumps(told).decode())

    def _worded(self, one: dict[str, Any]) -> dict[str, Any]:
        number = int(NUMBER.findall(one["title"])[0])
        category = _WORDINGS[self.asked % len(_WORDINGS)][0]
        title = _WORDINGS[(number + self.pushes) % len(_WORDINGS)][1]
        subject = f"{_SUBJECTS[number % 10]} {_SUBJECTS[number // 10 % 10]}"
        return {**one, "category": category, "title": title.format(number, subject)}

    def _verdicts(self, text: str) -> list[dict[str, str]]:
        there = set(_TAGGED.findall(text))
        claims = {match[1]: set(NUMBER.findall(match[0])) for match in _CANDIDATE.finditer(text)}
        refuted = {name for name, numbers in claims.items() if numbers and not numbers & there}
        return [
            {**one, "verdict": "refuted" if one["id"] in refuted else "confirmed", "reason": "The line tells it."}
            for one in confirmed(text)
        ]


@dataclass
class Story:
    """One merge request and the truth about its plants: those mended and those dismissed, by number."""

    project: Project
    author: User
    mr: MergeRequest
    files: Files
    base: Files
    random: random.Random
    mended: set[str] = field(default_factory=set)
    dismissed: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)

    @property
    def ref(self) -> MergeRequestRef:
        return MergeRequestRef(self.project.id, self.mr.iid)

    def threads(self, number: str) -> list[Discussion]:
        return [
            one
            for one in self.mr.discussions
            if one.notes[0].position and NUMBER.findall(one.notes[0].body)[:1] == [number]
        ]

    def living(self) -> list[str]:
        found = {number for text in self.files.values() for number in NUMBER.findall(text)}
        return sorted(found - self.dismissed, key=int)

    def mend(self, count: int) -> None:
        """The planted line becomes another one, as an author mends it."""
        for number in self.random.sample(self.living(), count):
            self.mended.add(number)
            self._edit(
                lambda line, number=number: "    close(order)  # was open" if f"Plant {number} " in line else line
            )

    def retouch(self, count: int) -> None:
        """Planted lines are edited and are as wrong as before."""
        for number in self.random.sample(self.living(), count):
            self._edit(lambda line, number=number: f"  {line}" if f"Plant {number} " in line else line)

    def shift(self) -> None:
        """Lines come in above and go away here and there, everywhere but on planted lines."""
        for path, text in self.files.items():
            lines = text.split("\n")
            at = self.random.randrange(len(lines))
            lines[at:at] = [f"    # {self.random.random()}" for _ in range(self.random.randrange(1, 9))]
            spare = [index for index, line in enumerate(lines) if "PLANT" not in line and "#" in line]
            del lines[self.random.choice(spare)]
            self.files[path] = "\n".join(lines)

    def rename(self) -> None:
        for path in self.random.sample(sorted(self.files), 2):
            self.files[f"moved/{path}"] = self.files.pop(path)

    def _edit(self, change: Callable[[str], str]) -> None:
        self.files = {path: "\n".join(map(change, text.split("\n"))) for path, text in self.files.items()}


def opened(lab: Lab, bot: User, seed: int) -> Story:
    chance = random.Random(seed)
    author = lab.user(f"ada{seed}")
    project = lab.project(f"team/life{seed}", members={author: MAINTAINER, bot: MAINTAINER})
    base = {f"part{number}.py": _code(number, chance) for number in range(FILES // 2)}
    project.commit("main", {"README.md": "Read me\n", **base}, author=author)
    numbers = iter(range(100 * seed, 100 * seed + PLANTS))
    files = {}
    for number in range(FILES):
        plants = [next(numbers) for _ in range(PLANTS // FILES)]
        name = f"part{number}.py"
        files[name] = _planted(base.get(name) or _code(number, chance), plants, chance)
    project.commit("feature", files, author=author)
    mr = project.merge_request("feature", "main", f"Life {seed}", author=author)
    return Story(project, author, mr, files, base, chance)


def _code(number: int, chance: random.Random) -> str:
    body = (
        f"    step_{number}_{line} = order.{chance.choice('abcdefgh')}{line} + {line}  # line {line}"
        for line in range(60)
    )
    return f"def part_{number}(order):\n" + "\n".join(body) + "\n    return order\n"


def _planted(text: str, plants: list[int], chance: random.Random) -> str:
    lines = text.split("\n")
    for plant in plants:
        at = chance.randrange(1, len(lines) - 2)
        lines.insert(at, f"    handle_{plant} = open(order)  # PLANT(warning): Plant {plant} is open")
    return "\n".join(lines)


def edits(story: Story) -> None:
    story.shift()
    story.mend(2)
    story.retouch(2)
    _push(story)


def rebase(story: Story) -> None:
    """The target has moved: lines above everything, another file; the branch stands on it now, its changes as they are."""
    top = "# One more line\n# and another one\n"
    moved = {path: top + text for path, text in story.base.items()}
    start = story.project.commit("main", {**moved, "else.py": "x = 1\n"}, author=story.author)
    story.files = {path: top + text if path in story.base else text for path, text in story.files.items()}
    story.base = moved
    _replace(story, start, story.files)


def rename(story: Story) -> None:
    before = set(story.files)
    story.rename()
    story.mend(1)
    gone: dict[str, Any] = dict.fromkeys(before - set(story.files))
    story.project.push("feature", {**story.files, **gone}, user=story.author)


def force(story: Story) -> None:
    story.shift()
    story.mend(2)
    story.retouch(1)
    gone: dict[str, Any] = dict.fromkeys(set(story.base) - set(story.files))
    _replace(story, "main", {**story.files, **gone})


def _push(story: Story) -> None:
    story.project.push("feature", dict(story.files), user=story.author)


def _replace(story: Story, start: str, files: dict[str, Any]) -> None:
    """The branch becomes one commit on `start`, whatever it was: a rebase or a force push."""
    name = f"made-{story.random.randrange(10**9)}"
    sha = story.project.commit(name, files, parent=start, author=story.author)
    story.project.repository.set_ref("refs/heads/feature", sha)
    story.project.push("feature", None, user=story.author)


def judged(story: Story, planted_in_all: int) -> Counter[str]:
    """What is to be said of the story at its end."""
    numbers = [
        number
        for one in story.mr.discussions
        if one.notes[0].position
        for number in NUMBER.findall(one.notes[0].body)[:1]
    ]
    count = Counter(numbers)
    by_bot = {number for number in count if any(one.resolved for one in story.threads(number))} - story.dismissed
    fixed = story.mended & set(count)
    return Counter(
        planted=planted_in_all,
        found=len(count),
        doubles=sum(count.values()) - len(count),
        fixed=len(fixed),
        resolved=len(fixed & by_bot),
        false=len(by_bot - fixed),
        back=len(story.back),
    )
