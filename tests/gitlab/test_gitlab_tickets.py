"""The issues of a merge request, over HTTP from the stand-in: only what each of its readers may see."""

import pytest

from reviewbot.control import Control
from reviewbot.standin.gitlab.state import OWNER


def read(world, description="", title="Change things"):
    """References of the tickets, and how many requests they took."""
    world.lab.edit(world.mr, description=description, title=title)
    forge = world.forge()
    snapshot = forge.snapshot(world.ref, Control(30))
    before = forge.requests
    found = forge.tickets(snapshot, Control(30))
    return [ticket.reference for ticket in found], forge.requests - before


@pytest.fixture
def issue(world):
    return world.project.issue("Export", "- [ ] A header")


def test_a_merge_request_without_issues_costs_one_request(world):
    assert read(world) == ([], 1)


def test_an_issue_that_it_closes_is_read_whole(world, issue):
    assert read(world, "Closes #1") == (["#1"], 2)
    snapshot = world.forge().snapshot(world.ref, Control(30))
    (ticket,) = world.forge().tickets(snapshot, Control(30))
    assert (ticket.title, ticket.description, ticket.closed) == ("Export", "- [ ] A header", False)


def test_issues_that_it_names_cost_one_request_together(world, issue):
    other = world.project.issue("Import")
    other.state = "closed"
    assert read(world, "Related to #1 and #2, and #99", title="Fix #2") == (["#1", "#2"], 3)


def test_an_issue_that_a_commit_closes_is_found(world, issue):
    world.project.push("feature", {"more.py": "x = 1\n"}, "Add it\n\nFixes #1")
    assert read(world) == (["#1"], 2)


def test_a_confidential_issue_is_never_read_whoever_the_bot_is(world):
    world.project.issue("Salaries", confidential=True)
    world.project.members[world.bot.id] = OWNER
    assert read(world, "Closes #1, see #1") == ([], 1)


def test_at_most_four_are_read_and_those_that_it_closes_first(world):
    for number in range(9):
        world.project.issue(f"Issue {number}")
    found, requests = read(world, "See #1, #2, #3, #4, #5. Closes #9, #8")
    assert (sorted(found[:2]), found[2:], requests) == (["#8", "#9"], ["#1", "#2"], 3)


@pytest.mark.parametrize(
    ("visibility", "issues", "merge_requests", "shown"),
    [
        ("private", "enabled", "enabled", True),
        ("private", "private", "enabled", True),
        ("public", "enabled", "enabled", True),
        ("public", "private", "private", True),
        ("public", "private", "enabled", False),
        ("internal", "private", "enabled", False),
    ],
)
def test_issues_for_members_alone_are_not_shown_where_others_read_the_merge_request(
    world, issue, visibility, issues, merge_requests, shown
):
    project = world.project
    project.visibility, project.issues_access_level = visibility, issues
    project.merge_requests_access_level = merge_requests
    assert read(world, "Closes #1")[0] == (["#1"] if shown else [])


@pytest.mark.parametrize(
    ("visibility", "level", "shown"),
    [("public", "enabled", True), ("public", "private", False), ("private", "enabled", False)],
)
def test_an_issue_of_another_project_is_read_only_when_it_is_public(world, visibility, level, shown):
    other = world.lab.project("team/other", members={world.bot: OWNER}, visibility=visibility)
    other.issues_access_level = level
    other.issue("Elsewhere")
    assert read(world, "Closes team/other#1")[0] == (["team/other#1"] if shown else [])


def test_of_other_projects_two_are_looked_at(world):
    for number in range(4):
        world.lab.project(f"team/p{number}", members={world.bot: OWNER}, visibility="public").issue("x")
    found, requests = read(world, "Closes " + ", ".join(f"team/p{number}#1" for number in range(4)))
    assert (len(found), requests) == (2, 3)


@pytest.mark.parametrize("path", ["closes_issues", "issues"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_gitlab_does_not_give_out_costs_no_more_than_the_ticket(world, issue, path, status):
    world.deny("GET", path, status)
    found, requests = read(world, "Related to #1")
    assert requests <= 3
    assert found in ([], ["#1"])


def test_a_project_that_cannot_be_read_shows_none(world, issue):
    world.deny("GET", f"/projects/{world.project.id}$", 403)
    assert read(world, "Closes #1")[0] == []
