"""Wilson's interval: known values, and what holds for every share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.wilson import interval

counts = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), worked out by hand
        (0, 10, 0.0, 0.27754),
        (10, 10, 0.72246, 1.0),
        (5, 10, 0.23659, 0.76341),
        (15, 100, 0.09307, 0.23281),
        (0, 0, 0.0, 1.0),
    ],
)
def test_known_values(hits, n, low, high):
    assert interval(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(counts)
def test_the_share_is_inside_and_the_bounds_are_shares(counted):
    hits, n = counted
    low, high = interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert high - low < 1


@given(counts)
def test_the_other_side_is_the_mirror_image(counted):
    hits, n = counted
    low, high = interval(hits, n)
    assert interval(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(counts)
def test_one_more_hit_moves_both_bounds_up_and_ten_times_the_cases_narrow_it(counted):
    hits, n = counted
    low, high = interval(hits, n)
    narrow = interval(10 * hits, 10 * n)
    assert narrow[1] - narrow[0] < high - low
    if hits < n:
        more = interval(hits + 1, n)
        assert more[0] > low
        assert more[1] > high


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_what_is_no_share_is_refused(hits, n):
    with pytest.raises(ValueError, match="no share"):
        interval(hits, n)
