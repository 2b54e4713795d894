"""The repository a person stands in: commits by name, and the working tree. Nothing in it is changed."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reviewbot.control import Control
from reviewbot.errors import SourceUnavailable, UsageError
from reviewbot.git import objects, searching
from reviewbot.git.landing import Landed, landed
from reviewbot.git.running import Git, GitFailed
from reviewbot.model.repository import Found, Listing, Paths, Sought

# Git looks for uncommitted changes of a submodule by a git of its own, under the submodule's configuration.
_STAY_HERE = ("--ignore-submodules=dirty",)
_NO_FILTER = (("clean", ""), ("process", ""), ("required", "false"))


class LocalRepository:
    """Fills `ports.Source`; an empty `sha` means the working tree, of which only what git tracks is read.

    The person's own git configuration counts (line endings, ownership of folders), the machine's does not.
    Raises `UsageError` when `path` is in no repository with a working tree.
    """

    def __init__(self, path: Path, control: Control | None = None) -> None:
        home = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME", "USERPROFILE") if name in os.environ}
        git = Git(path, environment=home, control=control)
        try:
            top = git.run("rev-parse", "--show-toplevel").decode(errors="surrogateescape").rstrip("\n")
        except GitFailed as error:
            raise _homeless(path, error.words) from error
        self.root = Path(top)
        self._git = Git(self.root, environment=home, control=control)

    def resolve(self, ref: str) -> str:
        """The id of the commit that `ref` names. Raises `UsageError`."""
        if not ref or ref.startswith("-") or any(character < " " for character in ref):
            raise UsageError(f"{ref[:80]!r} is no name of a commit", mend="give a branch, a tag or a commit id")
        try:
            found = self._git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        except GitFailed as error:
            empty = ref == "HEAD"
            raise UsageError(
                "This repository has no commit yet" if empty else f"{ref[:80]!r} names no commit of this repository",
                mend="commit something first" if empty else "check the spelling, or `git fetch` it first",
            ) from error
        return objects.object_id(found.decode().split()[-1])

    def merge_base(self, base: str, head: str) -> str:
        """The commit from which two commits (names or ids) went separate ways. Raises `UsageError`."""
        ids = self.resolve(base), self.resolve(head)
        try:
            return self._git.run("merge-base", *ids).decode().split()[0]
        except GitFailed as error:
            raise UsageError(
                f"{base[:80]} and {head[:12]} have no common commit here",
                mend="a shallow clone: git fetch --unshallow; unrelated: git diff A B | reviewbot review --diff -",
            ) from error

    def default_branch(self) -> str:
        """The branch that changes land on, as far as a clone knows: the remote's, else a usual name, else HEAD."""
        head = self._git.run("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", fine=(0, 1))
        names = (head.decode(errors="surrogateescape").strip(), "origin/main", "origin/master", "main", "master")
        return next((name for name in names if name and self._is_commit(name)), "HEAD")

    def origin(self) -> str:
        """The address that the remote `origin` is fetched from; empty: there is none."""
        found = self._git.run("remote", "get-url", "origin", fine=(0, 2, 128))
        return found.decode(errors="replace").strip()

    def _is_commit(self, name: str) -> bool:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return bool(self._git.run(*asked, fine=(0, 1, 128)))

    def landed(self, ref: str, since: float) -> list[Landed]:
        """As `landing.landed`, of the commit that `ref` names. Raises `UsageError`."""
        return landed(self._git, self.resolve(ref), since)

    def read(self, sha: str, paths: Iterable[str], largest: int | None = None) -> Mapping[str, bytes]:
        if not sha:
            return self._working_files(paths, largest)
        return objects.read(self._git, objects.blobs_at(self._git, sha, paths), largest=largest)

    def folder(self, sha: str, path: str, most: int) -> Listing | None:
        return searching.folder(self._git, sha, path, most) if sha else searching.working_folder(self._git, path, most)

    def files(self, sha: str, under: Sequence[str], most: int) -> Paths:
        return searching.files(self._git, sha, under, most)

    def tracked(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """All regular files that git tracks in the working tree, and all links."""
        found = searching.tracked(self._git)
        return tuple(path for path, kind in found if kind == "file"), tuple(
            path for path, kind in found if kind == "link"
        )

    def search(self, sha: str, sought: Sought) -> Found:
        def read(paths: Sequence[str]) -> Mapping[str, bytes]:
            return searching.small(self._git, objects.blobs_at(self._git, sha, paths)) if sha else self.read("", paths)

        return searching.search(self._git, sha, sought, read)

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        return objects.diff(self._git, base, head, paths)

    def working_tree_diff(self, base: str, paths: Sequence[str] = ()) -> bytes:
        """What the working tree changes since the commit `base`: tracked files, as `git diff BASE` has it."""
        command = ("diff", *objects.DIFF, *_STAY_HERE, objects.object_id(base), "--", *objects.plain_paths(paths))
        return self._git.run(*command, config=self._without_filters())

    def _without_filters(self) -> tuple[tuple[str, str], ...]:
        """Configuration that switches off the programs which this repository wants its files to be read through.

        Those of the person's own configuration (Git LFS) stay: that person chose them.
        """
        command = ("config", "--show-scope", "--null", "--name-only", "--get-regexp", r"^filter\.")
        rows = self._git.run(*command, fine=(0, 1)).decode(errors="surrogateescape").split("\0")
        owned = {name for scope, name in zip(rows[::2], rows[1::2], strict=False) if scope in {"local", "worktree"}}
        drivers = sorted({name.rpartition(".")[0] for name in owned})
        return tuple((f"{driver}.{key}", value) for driver in drivers for key, value in _NO_FILTER)

    def untracked(self) -> tuple[str, ...]:
        """Files that git does not know and was not told to ignore: they are in no diff."""
        rows = self._git.run("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
        return tuple(row.decode(errors="surrogateescape") for row in rows if row)

    def _working_files(self, paths: Iterable[str], largest: int | None) -> dict[str, bytes]:
        """Regular files and the targets of links, as git would store them; no link is followed, the last or before."""
        found: dict[str, bytes] = {}
        known = {
            path
            for batch in objects.batches(objects.plain_paths(paths))
            for path, _ in searching.tracked(self._git, batch)
        }
        for path in objects.plain_paths(paths):
            if path not in known:  # .git/config, or a file of secrets that git was told to ignore
                continue
            file = self.root / path
            try:
                if file.parent.resolve() != self.root.resolve() / Path(path).parent:
                    continue
                mode = file.lstat()
                if stat.S_ISLNK(mode.st_mode):
                    found[path] = os.fsencode(file.readlink())
                elif stat.S_ISREG(mode.st_mode) and mode.st_size <= objects.LARGEST_BLOB:
                    with file.open("rb") as opened:
                        found[path] = opened.read(-1 if largest is None else largest + 1)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise SourceUnavailable(f"{path} cannot be read: {error.strerror}") from error
        return found


def _homeless(path: Path, words: str) -> UsageError:
    """Why there is no working tree at `path`; `words` are git's own."""
    if "dubious ownership" in words:
        what, mend = "belongs to somebody else", f"git config --global --add safe.directory {path}"
    elif "must be run in a work tree" in words:
        what, mend = "has no working tree", "give the change itself: git diff A...B | reviewbot review --diff -"
    else:
        what = "is in no git repository that can be read"
        mend = "run this inside a checkout; `reviewbot review --diff FILE` needs none"
    return UsageError(f"{path} {what}", mend=mend)
