"""Fills a lab with the sample project and opens its merge request."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypedDict

from reviewbot.standin.gitlab.building import Project
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MAINTAINER, MergeRequest

PROJECT = "acme/webshop"
AUTHOR = "ada"
BRANCH = "order-search-and-refunds"
TITLE = "Add order search, paging and refunds"
DESCRIPTION = """Customers can page through and search their orders, and get their money back for a paid one.

- `GET /orders?page=`, `GET /orders/search`, `POST /orders/{id}/refund`
- `images` is now `media` and scales uploaded pictures
- the cart adds up the quantities of the same product
"""
RENAMED = ("shop/images.py",)
SUFFIX = ".txt"  # the files are data here: no tool of this project shall take them for its own code


class RecordedFinding(TypedDict):
    """What one reviewer (its id) found, placed by quotes: `quote` is its first line, `end_quote` its last."""

    reviewer: str
    path: str
    quote: str
    end_quote: str
    severity: str
    category: str
    title: str
    body: str
    suggestion: str | None


class RecordedAnswers(TypedDict):
    """All that a model said of the sample: its findings, and what the change does, as a whole and by file."""

    findings: list[RecordedFinding]
    summary: str
    walkthrough: list[dict[str, str]]


def build(lab: Lab) -> MergeRequest:
    """Make the project and open its merge request at once."""
    return open_merge_request(lab, prepare(lab))


def prepare(lab: Lab) -> Project:
    """Make the project with its people; its bot is the only bot of the project."""
    author = lab.user(AUTHOR, name="Ada Byron")
    project = lab.project(PROJECT, members={author: MAINTAINER})
    lab.bot(project)
    project.commit("main", _tree("before"), "The shop as it is", author=author)
    changed: dict[str, bytes | None] = {**_tree("after"), **dict.fromkeys(RENAMED)}
    project.commit(BRANCH, changed, TITLE, author=author)
    return project


def open_merge_request(lab: Lab, project: Project) -> MergeRequest:
    """Open it as its author would: hooks are told."""
    author = next(user for user in lab.world.users.values() if user.username == AUTHOR)
    return project.merge_request(BRANCH, "main", TITLE, DESCRIPTION, author=author)


def token(lab: Lab) -> str:
    """A token of the sample's bot."""
    project = next(one for one in lab.world.projects.values() if one.path == PROJECT)
    bot = next(lab.world.users[id_] for id_ in project.members if lab.world.users[id_].bot)
    return next(one.value for one in lab.world.tokens.values() if one.user is bot)


def author_token(lab: Lab) -> str:
    """A new token of the merge request's author, a Maintainer: for what people say and do."""
    return lab.token(next(user for user in lab.world.users.values() if user.username == AUTHOR))


def recorded_answers() -> RecordedAnswers:
    """What a model said of the sample, in the words of the contract, with quotes instead of line tags."""
    found: RecordedAnswers = json.loads((files(__package__) / "answers.json").read_text("utf-8"))
    return found


def _tree(name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    _collect(files(__package__) / name, "", found)
    return found


def _collect(folder: Traversable, at: str, found: dict[str, bytes]) -> None:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            _collect(entry, f"{at}{entry.name}/", found)
        else:
            found[at + entry.name.removesuffix(SUFFIX)] = entry.read_bytes()
