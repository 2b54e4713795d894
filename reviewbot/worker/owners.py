"""Who holds a lease, and whether that process is alive: `NODE#PID.START#NONCE`."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def new_owner(node: str) -> str:
    """A name for this process, told apart from a later one with the same number."""
    pid = os.getpid()
    return f"{node}#{pid}.{_started(pid)}#{secrets.token_hex(4)}"


def dead_judge(mine: str) -> Callable[[str], bool]:
    """Tells of an owner whether it is a dead process of my node. Of other nodes nothing is known: their leases run out.

    Not to be asked about owners of this very process that are alive: within a process the newest is the only one.
    """
    node, me, _ = mine.rsplit("#", 2)

    def dead(owner: str) -> bool:
        parts = owner.rsplit("#", 2)
        if len(parts) != 3 or parts[0] != node or owner == mine:
            return False
        # My own number under another nonce: in a container every process is number 1, and I am the one that lives.
        return parts[1].partition(".")[0] == me.partition(".")[0] or not _alive(parts[1])

    return dead


def _alive(process: str) -> bool:
    pid, _, started = process.partition(".")
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When the process began, in ticks since boot (proc(5), field 22); empty where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
