"""A made change as GitLab's API would give it out, with git's own diff."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.making import Change
from reviewbot.model.merge_request import RawChange


def git_diff(change: Change) -> str:
    """`git diff` between the change's two states."""
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as name:
        folder = Path(name)
        _git(folder, "init", "--quiet")
        _write(folder, change.base)
        _git(folder, "add", "--all")
        before = _git(folder, "write-tree").strip()
        _write(folder, change.head)
        _git(folder, "add", "--all")
        return _git(folder, "diff", "--no-color", "--no-ext-diff", before, _git(folder, "write-tree").strip())


def changes_of(change: Change) -> tuple[RawChange, ...]:
    """One record per file, in git's order."""
    changes = []
    for part in git_diff(change).split("diff --git ")[1:]:
        head, _, body = part.partition("\n@@")
        path = head.partition("\n")[0].rpartition(" b/")[2]
        added = "\nnew file mode" in head
        changes.append(RawChange(path, path, f"@@{body}", a_mode="0" if added else "100644", new_file=added))
    return tuple(changes)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _git(folder: Path, *arguments: str) -> str:
    clean = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(("git", *arguments), cwd=folder, env=clean, check=True, capture_output=True)
    return done.stdout.decode()
