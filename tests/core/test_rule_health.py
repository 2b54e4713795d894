"""What became of comments: counted once each, shares with their bounds, advice that follows from them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import rule_health, rule_tables
from reviewbot.core.rule_health import advise, counts, health, share, trend
from reviewbot.model.rule_health import Counts, HealthFacts, Tally, Unsaid

MERGED = Tally(
    rule="no-eval",
    reviewer="",
    before=False,
    fate="",
    gone_at=None,
    resolved_by=None,
    state="merged",
    read_last=True,
    last=False,
    up=False,
    down=False,
    no=False,
    count=1,
)
flags = st.booleans()
tallies = st.builds(
    Tally,
    rule=st.sampled_from([None, "a", "b"]),
    reviewer=st.sampled_from(["", "security"]),
    before=flags,
    fate=st.sampled_from(["", "open", "fixed", "dismissed", "outdated"]),
    gone_at=st.sampled_from([None, 0.0]),
    resolved_by=st.sampled_from([None, 0]),
    state=st.sampled_from(["opened", "merged", "closed", "gone"]),
    read_last=st.sampled_from([None, False, True]),
    last=flags,
    up=flags,
    down=flags,
    no=flags,
    count=st.integers(1, 200),
)
windows = st.builds(
    Counts, addressed=st.integers(0, 80), dismissed=st.integers(0, 80), silent=st.integers(0, 80)
).flatmap(lambda one: st.integers(0, one.silent).map(lambda liked: replace(one, valued=one.addressed + liked)))
WORTH = ["mute", "tune", "keep", "promote"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"fate": "fixed"}, "addressed"),
        ({"fate": "dismissed"}, "dismissed"),
        ({"gone_at": 0.0}, "dismissed"),
        ({}, "silent"),
        ({"resolved_by": 0}, "unclear"),
        ({"fate": "outdated"}, "unclear"),
        ({"read_last": None}, "unclear"),
        ({"state": "closed"}, "unclear"),
        ({"state": "closed", "fate": "fixed"}, "unclear"),
        ({"read_last": None, "fate": "fixed"}, "unclear"),
        ({"read_last": False, "fate": "dismissed"}, "unclear"),
        ({"state": "gone", "gone_at": 0.0}, "unclear"),
        ({"state": "opened", "fate": "fixed"}, "no_chance"),
        ({"last": True}, "no_chance"),
        ({"last": True, "fate": "dismissed"}, "no_chance"),
    ],
)
def test_each_comment_is_counted_under_one_head(facts, expected):
    found = counts([replace(MERGED, count=3, **facts)])
    assert {name: getattr(found, name) for name in ("addressed", "dismissed", "silent", "unclear", "no_chance")} == {
        name: 3 if name == expected else 0 for name in ("addressed", "dismissed", "silent", "unclear", "no_chance")
    }
    assert found.eligible == (3 if expected in {"addressed", "dismissed", "silent"} else 0)


def test_a_thumb_up_speaks_for_a_comment_that_nobody_acted_on_and_not_against_a_dismissal():
    liked, both, dismissed = (
        counts([replace(MERGED, up=True, **more)]) for more in ({}, {"down": True}, {"fate": "dismissed"})
    )
    assert (liked.valued, both.valued, dismissed.valued) == (1, 0, 0)
    assert (liked.judged, both.judged, dismissed.judged) == (1, 0, 1)


@given(st.lists(tallies, max_size=20))
def test_nothing_is_lost_or_counted_twice(made):
    rows = health(HealthFacts(tuple(made)))
    assert sum(row.now.posted for row in rows) == sum(one.count for one in made if not one.before)
    assert len({(row.rule, row.reviewer) for row in rows}) == len(rows)
    for row in rows:
        assert row.now.valued + row.now.dismissed <= row.now.eligible
        assert 0 <= row.addressed.low <= row.addressed.rate <= row.addressed.high <= 1 or not row.addressed.n
        assert (row.advice == "too few") == (row.now.eligible < rule_health.ENOUGH)
        assert row.rule is not None or row.advice not in {"mute", "promote"}


@given(windows, st.sampled_from(["dismissed", "silent"]))
def test_one_more_that_was_addressed_never_makes_the_advice_worse(window, instead_of):
    if not getattr(window, instead_of) or window.eligible < rule_health.ENOUGH:
        return
    liked = window.valued - window.addressed
    better = replace(window, addressed=window.addressed + 1, **{instead_of: getattr(window, instead_of) - 1})
    better = replace(better, valued=better.addressed + min(liked, better.silent))
    assert WORTH.index(advise(better)[0]) >= WORTH.index(advise(window)[0])


@given(windows)
def test_the_advice_is_what_the_bounds_say(window):
    advice, why = advise(window)
    addressed, precision = share(window.addressed, window.eligible), share(window.valued, window.judged)
    assert why
    if advice == "mute":
        assert min(addressed.high, precision.high) < 0.15
    if advice == "promote":
        assert addressed.low > 0.6
    if advice == "keep":
        assert addressed.high >= 0.15
        assert addressed.low <= 0.6


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (Counts(addressed=19, valued=19), "too few"),
        (Counts(addressed=20, valued=20), "promote"),
        (Counts(addressed=18, silent=2, valued=18), "promote"),
        (Counts(addressed=12, silent=8, valued=12), "keep"),
        (Counts(silent=22), "mute"),
        (Counts(silent=21), "tune"),
        (Counts(addressed=3, silent=47, valued=3), "tune"),
        (Counts(addressed=20, dismissed=80, valued=20), "tune"),
        (Counts(addressed=3, dismissed=80, valued=3), "mute"),
    ],
)
def test_advice_by_example(found, advice):
    assert advise(found)[0] == advice


def test_a_trend_is_told_only_when_the_intervals_do_not_touch():
    good, poor = Counts(addressed=30, silent=10), Counts(addressed=10, silent=30)
    assert (trend(good, poor), trend(poor, good), trend(good, good)) == ("up", "down", "steady")
    assert trend(good, Counts(addressed=3)) == ""


def test_a_draft_and_a_rule_that_is_held_back_have_rows_without_a_comment():
    facts = HealthFacts(
        unsaid=(Unsaid("draft-rule", "shadow", 7, 3), Unsaid("annoying", "held_back", 4, 2)), kinds=(("annoying", 2),)
    )
    drafted, held = health(facts)
    assert (drafted.name, drafted.shadowed, drafted.shadowed_in, drafted.advice) == ("draft-rule", 7, 3, "too few")
    assert drafted.why == "a draft: it would have said 7 in 3 merge requests"
    assert (held.name, held.held_back, held.held_kinds) == ("annoying", 4, 2)


def test_what_was_said_without_a_rule_comes_last_by_reviewer():
    made = [
        replace(MERGED, rule=None, reviewer="security", count=90),
        replace(MERGED, count=2),
        replace(MERGED, rule=None, reviewer="tests", count=1),
    ]
    assert [row.name for row in health(HealthFacts(tuple(made)))] == [
        "no-eval",
        "(no rule, security)",
        "(no rule, tests)",
    ]


def test_the_table_draws_the_share_within_its_interval_and_moves_no_terminal():
    made = (
        replace(MERGED, rule="a\x1b[31m|`x`", fate="fixed", count=15),
        replace(MERGED, rule="a\x1b[31m|`x`", count=15),
    )
    rows = health(HealthFacts(made))
    head, line, reason = rule_tables.text(rows)
    assert "addressed, 95 %" in head
    assert "......----#---......" in line
    assert "\x1b" not in line + reason + "".join(rule_tables.markdown(rows))
    table = rule_tables.markdown(rows)
    assert "`a\u241b[31m/'x'`" in table[-1]
    assert "50 % (33 to 67)" in table[-1]
    assert len({line.count("|") for line in table}) == 1
    assert rule_tables.data(rows)[0]["addressed_rate"] == {
        "hits": 15,
        "of": 30,
        "rate": 0.5,
        "low": 0.3315,
        "high": 0.6685,
    }


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_drawn_share_is_always_as_wide_and_has_one_mark(counted):
    drawn = rule_tables.drawn(share(*counted))
    assert len(drawn) == rule_tables.WIDTH
    assert drawn.count("#") == 1
    assert drawn.strip(".").replace("#", "-") == "-" * len(drawn.strip("."))
