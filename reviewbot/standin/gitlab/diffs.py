"""`git diff` output -> one record per file, and GitLab's limits on what of it is given out."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath

from reviewbot.standin.gitlab.lines import Line, parse

SPLIT = re.compile(rb"^diff --git ", re.MULTILINE)
ALWAYS_GENERATED = {
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Cargo.lock",
    "composer.lock",
    "Gopkg.lock",
    "glide.lock",
    "poetry.lock",
    "Pipfile.lock",
    "flake.lock",
}


@dataclass(frozen=True)
class Limits:
    """GitLab's diff limits (administration/diff_limits) with its defaults; bytes are of one file's patch."""

    patch_bytes: int = 204_800
    files: int = 1000
    lines: int = 50_000
    safe_files: int = 100
    safe_lines: int = 5000

    @property
    def collapse_bytes(self) -> int:
        return self.patch_bytes // 10


@dataclass(frozen=True)
class FileDiff:
    """`patch` starts at `@@`, or is git's line about binary files, or empty."""

    old_path: str
    new_path: str
    a_mode: str
    b_mode: str
    status: str  # git's letter: A D M R C T
    patch: str
    header: str
    size: int  # bytes of the patch

    @property
    def new_file(self) -> bool:
        return self.status == "A"

    @property
    def deleted_file(self) -> bool:
        return self.status == "D"

    @property
    def renamed_file(self) -> bool:
        return self.status == "R"

    @property
    def binary(self) -> bool:
        return self.patch.startswith("Binary files ")

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return parse(self.patch)

    @cached_property
    def keys(self) -> dict[tuple[int | None, int | None], Line]:
        found: dict[tuple[int | None, int | None], Line] = {}
        for line in self.lines:
            if line.kind not in {"match", "meta"}:
                found.setdefault(line.key, line)
        return found

    @cached_property
    def changed_lines(self) -> int:
        return sum(line[:1] in {"+", "-", " "} for line in self.patch.split("\n"))


@dataclass(frozen=True)
class Shown:
    """A file as the API gives it: `text` is empty when collapsed or too large."""

    file: FileDiff
    collapsed: bool
    too_large: bool
    generated: bool

    @property
    def text(self) -> str:
        return "" if self.collapsed or self.too_large else self.file.patch


def files(raw: bytes) -> tuple[FileDiff, ...]:
    """Read `git diff --raw -z --patch`. A change of type counts as two files: one deleted, one added."""
    entries, patches = _split(raw)
    found = []
    waiting = iter(patches)
    for old_mode, new_mode, status, old_path, new_path in entries:
        parts = [("D", old_mode, "0"), ("A", "0", new_mode)] if status == "T" else [(status, old_mode, new_mode)]
        for letter, a_mode, b_mode in parts:
            header, body = _body(next(waiting, b""))
            text = body.decode("utf-8", "ignore")  # GitLab drops bytes that are not UTF-8: numbers stay
            found.append(FileDiff(old_path, new_path, a_mode, b_mode, letter, text, header, len(body)))
    return tuple(found)


def _split(raw: bytes) -> tuple[list[tuple[str, str, str, str, str]], list[bytes]]:
    entries = []
    at = 0
    while raw[at : at + 1] == b":":
        end = raw.index(b"\0", at)
        old_mode, new_mode, _, _, status = raw[at + 1 : end].decode().split(" ")
        names = []
        for _ in range(2 if status[0] in "RC" else 1):
            stop = raw.index(b"\0", end + 1)
            names.append(os.fsdecode(raw[end + 1 : stop]))
            end = stop
        at = end + 1
        entries.append((old_mode, new_mode, status[0], names[0], names[-1]))
    rest = raw[at:].removeprefix(b"\0")
    starts = [match.start() for match in SPLIT.finditer(rest)]
    return entries, [rest[start:end] for start, end in pairwise([*starts, len(rest)])]


def _body(patch: bytes) -> tuple[str, bytes]:
    lines = patch.split(b"\n")
    for index, line in enumerate(lines):
        if line.startswith((b"@@ ", b"Binary files ")):
            return b"\n".join(lines[:index]).decode("utf-8", "replace"), b"\n".join(lines[index:])
    return patch.decode("utf-8", "replace"), b""


def shown(all_files: Sequence[FileDiff], attributes: str, limits: Limits) -> tuple[tuple[Shown, ...], bool]:
    """The files GitLab gives out, and whether it left some out altogether (overflow)."""
    out: list[Shown] = []
    total = 0
    rules = generated_rules(attributes)
    for index, file in enumerate(all_files):
        too_large = file.size >= limits.patch_bytes
        lines = 0 if too_large else file.changed_lines
        if index >= limits.files or total + lines > limits.lines:
            return tuple(out), True
        total += lines
        is_generated = generated(file.new_path, rules)
        beyond_safe = index >= limits.safe_files or total > limits.safe_lines
        collapsed = not too_large and (file.size >= limits.collapse_bytes or beyond_safe or is_generated)
        out.append(Shown(file, collapsed and bool(file.patch), too_large, is_generated))
    return tuple(out), False


def generated_rules(attributes: str) -> list[tuple[str, bool]]:
    """(pattern, generated) of the `gitlab-generated` lines of a `.gitattributes` file, in order."""
    rules = []
    for line in attributes.splitlines():
        pattern, *names = line.split() or [""]
        for name in names:
            if name in {"gitlab-generated", "gitlab-generated=true"}:
                rules.append((pattern, True))
            elif name in {"-gitlab-generated", "gitlab-generated=false"}:
                rules.append((pattern, False))
    return rules


def generated(path: str, rules: Sequence[tuple[str, bool]]) -> bool:
    """GitLab's `generated_file`: the last matching attribute wins, else the well-known names."""
    verdict = PurePosixPath(path).name in ALWAYS_GENERATED or path.startswith("node_modules/")
    for pattern, value in rules:
        if PurePosixPath(path).match(pattern.lstrip("/")):
            verdict = value
    return verdict
