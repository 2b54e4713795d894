"""The list of a project's past merge requests is not read further than it is wanted."""

from dataclasses import dataclass, field

import pytest

from reviewbot.control import Control
from reviewbot.gitlab.archive import MergeRequests, Project
from reviewbot.gitlab.client import PAGE, Page
from reviewbot.gitlab.retrying import Reads


@dataclass
class Busy:
    """A project with so many merge requests, every other one of them closed."""

    rows: int
    asked: list[int] = field(default_factory=list)

    def page(self, path, query):
        first = PAGE * (query.get("page", 1) - 1)
        self.asked.append(first)
        numbers = range(first, min(first + PAGE, self.rows))
        rows = [{"iid": number + 1, "state": "closed" if number % 2 else "merged"} for number in numbers]
        return Page(rows, {"page": first // PAGE + 2} if first + PAGE < self.rows else {})


@pytest.mark.parametrize(
    ("rows", "most", "pages", "wanted", "left_out", "more"),
    [
        (20_000, 100, 6, 100, 200, True),
        (600, 100, 6, 100, 200, False),
        (150, 100, 2, 75, 0, False),
        (20_000, 0, 0, 0, 0, False),
    ],
)
def test_few_pages_are_asked_for(rows, most, pages, wanted, left_out, more):
    busy = Busy(rows)
    listed = MergeRequests(Reads(busy, Control()), Project(1, "g/p", "main"), None).opened(0.0, most)
    assert (len(busy.asked), listed.wanted, listed.left_out, listed.more) == (pages, wanted, left_out, more)
