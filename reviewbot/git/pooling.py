"""What all threads of this process want of one mirror: who may fetch brings it for the others that wait as well."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

_Key = tuple[Path, str]
_guard = threading.Lock()
_wanted: dict[_Key, list[frozenset[str]]] = {}


@contextmanager
def wanting(folder: Path, kind: str, oids: Collection[str]) -> Iterator[Callable[[], set[str]]]:
    """Tell the others what is wanted, until the end of the block; yields what all want by then, oneself included."""
    key, mine = (folder, kind), frozenset(oids)
    with _guard:
        _wanted.setdefault(key, []).append(mine)

    def everyone() -> set[str]:
        with _guard:
            return set().union(*_wanted.get(key, ()))

    try:
        yield everyone
    finally:
        with _guard:
            _wanted[key].remove(mine)
            if not _wanted[key]:
                del _wanted[key]
