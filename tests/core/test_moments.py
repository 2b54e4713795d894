"""Ways of writing a time."""

import pytest

from reviewbot.core.moments import since

DAY = 86_400.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30d", 70 * DAY),
        (" 12h ", 99.5 * DAY),
        ("2w", 86 * DAY),
        ("1000w", 0.0),
        ("1970-01-11", 10 * DAY),
        ("1970-01-11T12:00:00Z", 10.5 * DAY),
        ("d", None),
        ("0d", None),
        ("000h", None),
        ("1970-05-01", None),
        ("-3d", None),
        ("3 days", None),
        ("\u0663d", None),
        ("", None),
        ("99999999999d", None),
    ],
)
def test_how_far_back_people_mean(text, found):
    assert since(text, 100 * DAY) == found
