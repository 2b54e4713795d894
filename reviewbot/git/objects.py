"""Blobs and diffs out of git's object store, by commands that no path and no name can turn into something else."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from reviewbot.errors import SourceUnavailable
from reviewbot.git.running import Git

LARGEST_BLOB = 16 * 1024 * 1024  # bytes; larger files are left out of `read`
_MOST_BEGUN = 20  # blobs of which the beginning is read: a command each
_LONGEST_COMMAND = 256 * 1024  # bytes of paths in one command; systems allow some MB
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SUBMODULE = "160000"
# What a person's or a repository's configuration could change about a diff is stated. Renames as Gitaly finds them.
DIFF = (
    *("--no-color", "--no-color-moved", "--no-ext-diff", "--no-textconv", "--no-relative", "--patch"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--inter-hunk-context=0", "--find-renames=30%"),
    *("--diff-algorithm=myers", "--indent-heuristic", "--submodule=short", "--ignore-submodules=none", "--full-index"),
)


def object_id(text: str) -> str:
    """`text` when it is a whole object id. Raises `SourceUnavailable` for anything else."""
    if _OBJECT.fullmatch(text) is None:
        raise SourceUnavailable(f"{text[:80]!r} is no commit id")
    return text


def plain_paths(paths: Iterable[str]) -> list[str]:
    """The paths that can name a file of a repository, without repetitions; others exist at no commit."""
    return [path for path in dict.fromkeys(paths) if _plain(path)]


def _plain(path: str) -> bool:
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/")) and _encodable(path)


def _encodable(path: str) -> bool:
    """JSON can smuggle in lone surrogates that no file name holds."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def blobs_at(git: Git, sha: str, paths: Iterable[str]) -> dict[str, str]:
    """Path to blob id, for the paths that are files or links at commit `sha`."""
    found: dict[str, str] = {}
    wanted = plain_paths(paths)
    for batch in batches(wanted):
        listing = git.run("ls-tree", "-z", "--full-tree", "--", object_id(sha), *batch)
        for row in listing.split(b"\0")[:-1]:
            head, _, name = row.partition(b"\t")
            _, kind, oid = head.decode().split(" ")
            if kind == "blob":
                found[name.decode(errors="surrogateescape")] = oid
    return {path: found[path] for path in wanted if path in found}


def batches(paths: Sequence[str]) -> Iterable[list[str]]:
    """Paths in lots that fit into a command."""
    batch: list[str] = []
    size = 0
    for path in paths:
        if batch and size > _LONGEST_COMMAND:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += len(path) * 4
    if batch:
        yield batch


def sizes(git: Git, oids: Iterable[str]) -> dict[str, int]:
    """Bytes of each object; one that is not in this store is left out."""
    asked = "".join(f"{oid}\n" for oid in dict.fromkeys(oids))
    if not asked:
        return {}
    rows = git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked.encode()).decode().splitlines()
    return {oid: int(size) for oid, size in (row.split(" ", 1) for row in rows) if size.isdecimal()}


def contents(git: Git, oids: Iterable[str]) -> dict[str, bytes]:
    """The bytes of blobs that are in this store."""
    asked = "".join(f"{oid}\n" for oid in dict.fromkeys(oids))
    if not asked:
        return {}
    data = git.run("cat-file", "--batch", stdin=asked.encode())
    found: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        oid, *rest = data[at:end].decode().split(" ")
        at = end + 1
        if len(rest) == 2:  # "<oid> blob <size>", not "<oid> missing"
            size = int(rest[1])
            found[oid] = data[at : at + size]
            at += size + 1
    return found


def read(
    git: Git, blobs: Mapping[str, str], known: Mapping[str, int] | None = None, largest: int | None = None
) -> dict[str, bytes]:
    """Path to bytes for path to blob id, without blobs above `LARGEST_BLOB`. `known`: their sizes. Of those above
    `largest` bytes only the beginning, one byte more than that; of very many of them, some are left out.
    """
    known = sizes(git, blobs.values()) if known is None else known
    there = {oid for oid in blobs.values() if known.get(oid, LARGEST_BLOB + 1) <= LARGEST_BLOB}
    large = sorted(oid for oid in there if largest is not None and known[oid] > largest)
    texts = contents(git, sorted(there.difference(large)))
    for oid in large[:_MOST_BEGUN]:
        texts[oid] = git.run("cat-file", "blob", oid, first=(largest or 0) + 1)
    return {path: texts[oid] for path, oid in blobs.items() if oid in texts}


def changed_blobs(git: Git, base: str, head: str, paths: Sequence[str]) -> set[str]:
    """Ids of all blobs on both sides of the files that differ between two commits."""
    command = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-commit-id", "--full-index")
    rows = git.run(*command, object_id(base), object_id(head), "--", *_few(paths)).split(b"\0")
    found: set[str] = set()
    for row in rows[::2]:
        if row.startswith(b":"):
            old_mode, new_mode, old, new, _ = row[1:].decode().split(" ")
            found |= {oid for mode, oid in ((old_mode, old), (new_mode, new)) if mode != _SUBMODULE}
    return {oid for oid in found if oid.strip("0")}


def diff(git: Git, base: str, head: str, paths: Sequence[str]) -> bytes:
    """`git diff` between two commits, limited to `paths` where they are few enough to be told."""
    return git.run("diff", *DIFF, object_id(base), object_id(head), "--", *_few(paths))


def _few(paths: Sequence[str]) -> Sequence[str]:
    """The paths, or none (which means all) when they do not fit into a command. Raises when nothing was meant."""
    wanted = plain_paths(paths)
    if paths and not wanted:
        raise SourceUnavailable(f"{PurePosixPath(paths[0])} is no path of a repository")
    return wanted if sum(len(path) * 4 for path in wanted) <= 4 * _LONGEST_COMMAND else ()
