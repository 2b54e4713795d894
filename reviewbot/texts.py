"""Texts of a repository at a commit: those of a change, and those by which its owners say how it is reviewed."""

from collections.abc import Mapping, Sequence

from reviewbot.core import configuration
from reviewbot.core.guidance import links
from reviewbot.ports import Source

_LARGEST = 2_000_000  # bytes of a file that is read for context and rules


def texts_at(source: Source, sha: str, paths: Sequence[str]) -> Mapping[str, str]:
    """UTF-8 texts at `sha`; binaries, other encodings and very large files are left out."""
    read = {path: _text(data) for path, data in source.read(sha, paths).items()}
    return {path: text for path, text in read.items() if text is not None}


def _text(data: bytes) -> str | None:
    if len(data) > _LARGEST or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def configuration_at(source: Source, sha: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The files by which a repository's owners say how it is reviewed, and what people must be told of them."""
    data = source.read(sha, configuration.READ, _LARGEST)
    texts, notices = {}, []
    for path, content in data.items():
        if (text := _text(content)) is None:
            notices.append(f"{path} is no UTF-8 text or larger than 2 MB: the review went on without it.")
        else:
            texts[path] = text
    return _linked(source, sha, texts), tuple(notices)


def _linked(source: Source, sha: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    """The texts with what a link among the guidance files leads to, under its own path, too (empty: it is not there);
    one file under two names is told once.
    """
    wanted = {path: links.target(path, texts[path]) for path in configuration.GUIDANCE if path in texts}
    wanted = {path: target for path, target in wanted.items() if target}
    if not wanted:
        return texts
    elsewhere = sorted({target for target in wanted.values() if target not in texts})
    found = {**texts, **(texts_at(source, sha, elsewhere) if elsewhere else {})}
    gone = {path for path, target in wanted.items() if target in texts}
    told = {path: found.get(wanted.get(path, path), "") for path in texts if path not in gone}
    return {**{target: found.get(target, "") for target in elsewhere}, **told}
