"""Lengths of time as people write them."""

import pytest

from reviewbot.core.spans import seconds
from reviewbot.errors import UsageError


@pytest.mark.parametrize(("text", "expected"), [("36h", 129_600), ("90d", 7_776_000), (" 12W ", 7_257_600)])
def test_hours_days_and_weeks(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5d", "99999w", "90 d", "9d\n9d", "\u0661d"])
def test_anything_else_is_refused_with_the_mend(text):
    with pytest.raises(UsageError) as refused:
        seconds(text)
    assert refused.value.mend
