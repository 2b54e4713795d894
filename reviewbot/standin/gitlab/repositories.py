"""A bare git repository: commits made from a dict of files, diffs and blobs read back."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from reviewbot.standin.gitlab.diffs import FileDiff, Limits, Shown, files, shown

# The person's own git configuration must not shape diffs or commits.
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
CONFIGURATION = {
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "transfer.hideRefs": "refs/keep-around",
    "http.receivepack": "true",
    "gc.auto": "0",
    "core.quotePath": "true",
}
# Gitaly asks for renames from 30 % similarity on.
DIFF = (
    "--raw",
    "-z",
    "--patch",
    "--abbrev=40",
    "--full-index",
    "--find-renames=30%",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--submodule=short",
)
FIRST_COMMIT = 1_700_000_000  # seconds; commits are a minute apart, so that the same files give the same SHAs

Content = bytes | str | tuple[str, bytes] | None
"""A file's bytes, or (mode, bytes) such as ("100755", …), ("120000", target), ("160000", commit SHA); None deletes."""


class GitFailed(Exception):
    """A git command did not succeed; the message is git's."""


class Repository:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits = 0
        self.read = lru_cache(maxsize=4096)(self._read)
        self.diff = lru_cache(maxsize=4096)(self._diff)
        self.shown = lru_cache(maxsize=256)(self._shown)
        self.by_paths = lru_cache(maxsize=256)(self._by_paths)

    def create(self) -> None:
        self.path.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main")
        with (self.path / "config").open("a") as file:
            for name, value in CONFIGURATION.items():
                section, _, key = name.partition(".")
                file.write(f"[{section}]\n\t{key} = {value}\n")

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ("git", "-C", str(self.path), *arguments),
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **ENVIRONMENT},
        )
        if done.returncode:
            raise GitFailed(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def commit(
        self,
        branch: str,
        files: Mapping[str, Content],
        message: str,
        *,
        parent: str | None = None,
        author: str = "Dev <dev@example.com>",
    ) -> str:
        """Add a commit to `branch` (made if new, on `parent` or without history) and return its SHA."""
        self._commits += 1
        start = parent or self.resolve(f"refs/heads/{branch}")
        text = message.encode()
        stream = [
            f"commit refs/heads/{branch}\nmark :1\n".encode(),
            f"author {author} {FIRST_COMMIT + 60 * self._commits} +0000\n".encode(),
            f"committer {author} {FIRST_COMMIT + 60 * self._commits} +0000\n".encode(),
            b"data %d\n%s\n" % (len(text), text),
        ]
        if start:
            stream.append(f"from {start}\n".encode())
        stream += [_change(path, content) for path, content in files.items()]
        stream.append(b"\nget-mark :1\ndone\n")
        return self.git("fast-import", "--quiet", "--force", "--done", stdin=b"".join(stream)).decode().strip()

    def resolve(self, name: str) -> str | None:
        """The SHA of a commit-ish (branch names first), None when there is none."""
        if not name or name.startswith("-"):
            return None
        for candidate in (f"refs/heads/{name}", name):
            try:
                return self.git("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}").decode().strip()
            except GitFailed:
                continue
        return None

    def set_ref(self, ref: str, sha: str) -> None:
        self.git("update-ref", ref, sha)

    def keep(self, sha: str) -> None:
        """Hold a commit for ever, as GitLab does for every version of a merge request."""
        self.set_ref(f"refs/keep-around/{sha}", sha)

    def fetch(self, other: "Repository", sha: str) -> None:
        self.git("fetch", "--quiet", "--no-tags", str(other.path), sha)

    def merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.git("merge-base", one, other).decode().strip()
        except GitFailed:
            return None

    def _diff(self, base: str, head: str, paths: tuple[str, ...] = ()) -> tuple[FileDiff, ...]:
        """Files changed between two commits (of some paths); empty when a commit is unknown. Cached."""
        limit = [f":(literal){path}" for path in paths]
        try:
            return files(self.git("diff", *DIFF, base, head, "--", *limit))
        except GitFailed:
            return ()

    def _shown(self, base: str, head: str, limits: Limits) -> tuple[tuple[Shown, ...], bool]:
        """What GitLab gives out of a diff, and whether it left files out altogether. Cached.

        GitLab ignores what the head makes of `.gitattributes` (gitlab-org: spec/lib/gitlab/git/compare_spec.rb).
        """
        attributes = (self.read(base, ".gitattributes") or b"").decode("utf-8", "replace")
        return shown(self.diff(base, head), attributes, limits)

    def _by_paths(self, base: str, head: str) -> dict[tuple[str, str], FileDiff]:
        return {(file.old_path, file.new_path): file for file in reversed(self.diff(base, head))}

    def _read(self, sha: str, path: str) -> bytes | None:
        """A file's content at a commit, None when it is not there. Cached: commits do not change."""
        try:
            return self.git("cat-file", "blob", f"{sha}:{path}")
        except GitFailed:
            return None

    def last_change(self, sha: str, path: str) -> str:
        """The SHA of the last commit up to `sha` that touched a path; empty when none did."""
        return self.git("log", "-1", "--format=%H", sha, "--", f":(literal){path}").decode().strip()

    def blob(self, sha: str) -> bytes | None:
        try:
            return self.git("cat-file", "blob", sha)
        except GitFailed:
            return None

    def tree(self, sha: str, folder: str, *, recursive: bool) -> list[tuple[str, str, str, str]]:
        """(mode, type, object id, path) of the entries of a folder; empty when there is no such folder."""
        options = ("-r", "-t") if recursive else ()
        spec = f"{sha}:{folder}" if folder else sha
        try:
            listing = self.git("ls-tree", "-z", *options, spec)
        except GitFailed:
            return []
        rows = []
        for line in filter(None, os.fsdecode(listing).split("\0")):
            meta, _, name = line.partition("\t")
            mode, kind, oid = meta.split()
            rows.append((mode, kind, oid, f"{folder}/{name}" if folder else name))
        return rows

    def places(self, sha: str, words: str) -> list[tuple[str, int, str]]:
        """(path, first line, text) of each place in a commit's text files, with two lines before and after."""
        options = ("--ignore-case", "-I", "-n", "-z", "-F", "--before-context=2", "--after-context=2", "--break")
        try:
            out = self.git("grep", *options, "-e", words, sha)
        except GitFailed:  # nothing found
            return []
        places: list[tuple[str, int, str]] = []
        for row in out.decode(errors="replace").split("\n"):
            name, _, rest = row.partition("\0")
            number, _, text = rest.partition("\0")
            path = name.removeprefix(f"{sha}:")
            if not number.isdecimal():
                continue
            if places and places[-1][0] == path and places[-1][1] + places[-1][2].count("\n") == int(number):
                places[-1] = (path, places[-1][1], f"{places[-1][2]}{text}\n")
            else:
                places.append((path, int(number), f"{text}\n"))
        return places

    def log(self, spec: Sequence[str]) -> list[dict[str, str]]:
        """Commits of a revision range, newest first: id, parents, author, email, date (ISO 8601), message."""
        if not spec:
            return []
        fields = ("id", "parents", "author", "email", "date", "message")
        out = self.git("log", "-z", "--format=%H%x01%P%x01%an%x01%ae%x01%aI%x01%B", *spec).decode(errors="replace")
        return [dict(zip(fields, row.split("\x01"), strict=True)) for row in out.split("\0") if row]


def _change(path: str, content: Content) -> bytes:
    name = b'"' + os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    if content is None:
        return b"D %s\n" % name
    mode, data = content if isinstance(content, tuple) else ("100644", content)
    if mode == "160000":
        return b"M 160000 %s %s\n" % (data if isinstance(data, bytes) else data.encode(), name)
    raw = data.encode() if isinstance(data, str) else data
    return b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), name, len(raw), raw)
