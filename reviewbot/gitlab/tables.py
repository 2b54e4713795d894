"""The table of a backtest as one note of the merge request that changes the rules, edited in place."""

from collections.abc import Sequence

from reviewbot.control import Control
from reviewbot.core import backtest_notes, markers
from reviewbot.core.markers import Marker
from reviewbot.gitlab import snapshot, summaries
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.desk import Desk
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.model.merge_request import MergeRequestRef, Note


def write(
    client: Client,
    ref: MergeRequestRef,
    text: str,
    key: bytes,
    control: Control,
    *,
    begin: bool,
    about: str = "",
    tries: str = "",
) -> bool:
    """Bring the note to `text`, exactly once whatever an earlier run left behind; whether there is one now.

    `begin`: make one where none is. `about` (letters and digits, at most 80) names what was tried, `tries`
    (digits and `.`, as many) keeps when. Raises `ForgeRefused`, `ForgeNotFound`, `ForgeUnavailable`.
    """
    desk = Desk(Reads(client, control, Backoff()), ref, key)

    def standing(desk: Desk) -> Sequence[Note]:
        return [note for note, _ in backtest_notes.standing(snapshot.threads(desk.reads, ref), ref, key)]

    there = standing(desk)
    if not there and not begin:
        return False
    marker = markers.make(Marker("backtest", "", tries, about), key, ref)
    summaries.write(desk, f"{text.rstrip()}\n\n{marker}", there, standing)
    return True


def shown(client: Client, ref: MergeRequestRef, key: bytes, control: Control) -> Marker | None:
    """The marker of the note that stands there: `extra` is what it is `about`, `run` its `tries`. None: none does."""
    found = backtest_notes.standing(snapshot.threads(Reads(client, control, Backoff()), ref), ref, key)
    return found[0][1] if found else None
