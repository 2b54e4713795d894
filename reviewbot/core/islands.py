"""Chunks -> islands: what was found in one says nothing about what is found in another.

Findings are doubles only within one file, and their fingerprints depend on its lines alone: as soon as all chunks of an
island are read, its findings are what they will be at the end.
"""

from collections.abc import Sequence

from reviewbot.model.chunk import Chunk


def islands(chunks: Sequence[Chunk]) -> tuple[int, ...]:
    """For each chunk the number of its island, from 0 in the order of their first chunks.

    Chunks that share a file are on one island; so are a renamed file and another one that has its old name now.
    """
    homes: list[int] = []  # per chunk the first chunk that it is joined with
    owner: dict[str, int] = {}
    for number, chunk in enumerate(chunks):
        names = {name for piece in chunk.pieces for name in (piece.file.old_path, piece.file.path)}
        joined = {homes[owner[name]] for name in names if name in owner}
        home = min(joined, default=number)
        homes = [home if one in joined else one for one in homes]
        homes.append(home)
        owner |= dict.fromkeys(names, number)
    order = {home: at for at, home in enumerate(dict.fromkeys(homes))}
    return tuple(order[home] for home in homes)
