"""Slash commands in a text: which lines GitLab takes for commands, and what they do."""

import re

from reviewbot.standin.gitlab import merging
from reviewbot.standin.gitlab.state import DEVELOPER, MergeRequest, QuickAction, User

COMMAND = re.compile(r"/([a-z_]+)(?:[ \t]+(.*?))?\s*$", re.IGNORECASE)
KNOWN = frozenset(
    """
    approve unapprove close reopen merge title draft ready label unlabel
    relabel assign unassign reassign assign_reviewer reviewer unassign_reviewer
    request_review request_changes submit_review rebase target_branch todo done
    subscribe unsubscribe milestone remove_milestone lock unlock react award
    estimate spend copy_metadata tableflip shrug cc
    """.split()  # noqa: SIM905 -- a word list reads better than 35 quoted lines
)


def split(body: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without its commands, and the commands as (name, arguments). Code blocks and quotes hold none."""
    kept: list[str] = []
    found: list[tuple[str, str]] = []
    fence = ""
    for line in body.split("\n"):
        mark = re.match(r"\s*(`{3,}|~{3,}|>>>)", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and set(line.strip()) == set(fence):
            fence = ""
        command = None if fence else COMMAND.match(line)
        if command and command[1].lower() in KNOWN:
            found.append((command[1].lower(), command[2] or ""))
        else:
            kept.append(line)
    return "\n".join(kept).strip("\n") if found else body, found


def execute(merge_request: MergeRequest, user: User, commands: list[tuple[str, str]]) -> list[str]:
    """Carry the commands out with the rights of `user`, record them, and return GitLab's summary of each."""
    world = merge_request.project.world
    may = merge_request.project.level(user) >= DEVELOPER
    done = []
    for name, arguments in commands:
        world.quick_actions.append(QuickAction(merge_request, user, name, arguments))
        if may:
            _apply(merge_request, user, name, arguments)
        done.append(f"Applied /{name}." if may else f"Could not apply {name} command.")
    return done


def _apply(merge_request: MergeRequest, user: User, name: str, arguments: str) -> None:
    labels = re.findall(r'~"([^"]+)"|~(\S+)', arguments)
    titles = [quoted or plain for quoted, plain in labels]
    if name in merging.STATES:
        merging.change_state(merge_request, user, name)
    elif name == "approve" and user is not merge_request.author and user not in merge_request.approvals:
        merging.approve(merge_request, user)
    elif name == "unapprove" and user in merge_request.approvals:
        merging.unapprove(merge_request, user)
    elif name == "title" and arguments:
        merging.edit(merge_request, user, {"title": arguments})
    elif name == "label":
        merging.edit(merge_request, user, {"labels": [*merge_request.labels, *titles]})
    elif name == "unlabel":
        merging.edit(merge_request, user, {"labels": [one for one in merge_request.labels if one not in titles]})
