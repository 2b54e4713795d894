"""What has landed on a branch: its own commits, without those that came with a merge."""

import re
from dataclasses import dataclass

from reviewbot.git.objects import object_id
from reviewbot.git.running import Git

_FORMAT = "%H%x00%P%x00%ct%x00%an%x00%s%x00%b%x00%x01"
MOST = 20_000  # commits that are listed
_MERGE_REQUEST = re.compile(r"^See merge request \S{0,300}?(![0-9]{1,9})$", re.MULTILINE)  # GitLab's own words
_LONGEST = 2_000  # characters of a message that are looked at


@dataclass(frozen=True, slots=True)
class Landed:
    """A commit of the branch and the one before it there. `name`: "!12" where its message tells of the merge request,
    else the commit's short id. `at`: seconds since the epoch.
    """

    name: str
    sha: str
    before: str
    at: float
    author: str
    title: str


def landed(git: Git, sha: str, since: float) -> list[Landed]:
    """The commits on the way of first parents from `sha` back, newest first, at most `MOST`, those before `since` left
    out: merges, and in a history without them every commit. One without a parent changes nothing that could be told.
    """
    bounds = (f"--since=@{int(since)} +0000", f"--max-count={MOST}", f"--format={_FORMAT}")
    rows = git.run("log", "--first-parent", "--no-show-signature", *bounds, "--end-of-options", object_id(sha))
    found = []
    for row in rows.decode(errors="replace").split("\x01"):
        fields = row.strip("\n").split("\0")
        if len(fields) < 6 or not fields[1]:
            continue
        named = _MERGE_REQUEST.search(fields[5][-_LONGEST:])
        name = named[1] if named else fields[0][:12]
        before = fields[1].split()[0]
        found.append(Landed(name, fields[0], before, float(fields[2]), fields[3], fields[4][:_LONGEST]))
    return found
