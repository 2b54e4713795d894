"""How often a change of rules is tried within a day, as the note's marker keeps it."""

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import backtest_notes, markers
from reviewbot.core.backtest_notes import MOST_TRIES, TRIES_WITHIN
from reviewbot.core.markers import Marker
from reviewbot.model.merge_request import MergeRequestRef

NOW = 1_800_000_000.0


def test_tries_count_for_a_day_and_the_last_ones_are_kept():
    times = [NOW - TRIES_WITHIN - 1, *(NOW - 60 * at for at in range(9, 0, -1))]
    assert backtest_notes.tries(backtest_notes.keeping(times), NOW) == tuple(times[-MOST_TRIES:])
    assert backtest_notes.tries(backtest_notes.keeping(times), NOW + TRIES_WITHIN) == ()
    ref = MergeRequestRef(1, 2)
    marker = Marker("backtest", "", backtest_notes.keeping([NOW] * 99), "0" * 32)
    assert markers.read(markers.make(marker, b"key", ref), b"key", ref) == marker


@given(st.text(max_size=80))
def test_whatever_a_marker_keeps_is_read(kept):
    assert all(NOW - TRIES_WITHIN < one <= NOW for one in backtest_notes.tries(kept, NOW))
