"""Which findings are said, and where."""

from hypothesis import given
from hypothesis import strategies as st
from making_findings import finding

from reviewbot.core.judging import cap, judge
from reviewbot.model.finding import Category, Severity
from reviewbot.model.policy import ReviewPolicy

POLICY = ReviewPolicy()
CRITICAL, WARNING, SUGGESTION = Severity


def titles(findings):
    return [each.title for each in findings]


def test_the_gravest_first_then_rules_then_place():
    judged = judge(
        [
            finding((None, 9), title="late"),
            finding((None, 1), title="early"),
            finding((None, 5), title="ruled", rule="r"),
            finding((None, 7), title="tiny", severity=SUGGESTION),
            finding((None, 8), title="grave", severity=CRITICAL),
        ],
        POLICY,
    )
    assert titles(judged.inline) == ["grave", "ruled", "early", "late", "tiny"]
    assert (judged.overflow, judged.dropped) == ((), ())


def test_near_equal_titles_on_overlapping_lines_are_one():
    first = finding((None, 1), (None, 6), title="The SQL query can be injected", category=Category.SECURITY)
    again = finding((None, 5), title="SQL queries can be injected!", severity=CRITICAL, category=Category.CORRECTNESS)
    judged = judge([first, again], POLICY)
    assert titles(judged.inline) == ["SQL queries can be injected!"]
    assert [(each.stage, each.path) for each in judged.dropped] == [("dedupe", "a.py")]


def test_the_same_words_elsewhere_or_other_words_there_are_two():
    judged = judge(
        [
            finding((None, 1), title="Query can be injected"),
            finding((None, 2), title="Query can be injected"),
            finding((2, None), title="Query can be injected"),
            finding((None, 1), title="Query can be injected", path="b.py"),
            finding((None, 1), title="Name says nothing"),
        ],
        POLICY,
    )
    assert len(judged.inline) == 5


def test_a_pattern_finding_stays_before_a_models_and_takes_over_its_gravity():
    pattern = finding(title="Do not use eval", source="pattern", rule="no-eval", category=Category.SECURITY)
    model = finding(title="User input runs in eval", severity=CRITICAL, category=Category.SECURITY, suggestion="x")
    judged = judge([model, pattern], POLICY)
    assert [(each.rule, each.severity, each.suggestion) for each in judged.inline] == [("no-eval", CRITICAL, "x")]


def said(reviewer, title, line=(None, 1), **more):
    return finding(line, title=title, reviewer=reviewer, **more)


def test_reviewers_who_say_the_same_in_other_categories_and_words_are_votes():
    judged = judge(
        [
            said("security", "SQL injection through the user name", body="The name goes into the query as text."),
            said("correctness", "Query text is built from the user name", body="A quote breaks the SQL query."),
            said("correctness", "Query text is built from the user's name"),
            said("performance", "The connection is opened in a loop", body="Each row opens one."),
        ],
        POLICY,
    )
    assert [(each.reviewer, each.votes) for each in judged.inline] == [("correctness", 2), ("performance", 1)]
    assert [each.stage for each in judged.dropped] == ["dedupe"] * 2


def test_the_same_title_some_lines_away_is_a_vote_of_another_reviewer_only():
    title = "The total is reset in each round"
    apart = [said("correctness", title, (None, 4)), said("correctness", title, (None, 6))]
    assert len(judge(apart, POLICY).inline) == 2
    voted = judge([apart[0], said("tests", title, (None, 6))], POLICY)
    assert [each.votes for each in voted.inline] == [2]
    assert len(judge([apart[0], said("tests", title, (None, 9))], POLICY).inline) == 2


def test_of_two_the_graver_severity_counts_and_of_three_the_middle_one():
    def severity(*severities):
        each = [said(f"r{number}", "It fails", severity=one) for number, one in enumerate(severities)]
        return judge(each, POLICY).inline[0].severity

    assert severity(CRITICAL, SUGGESTION) is CRITICAL
    assert severity(CRITICAL, SUGGESTION, SUGGESTION) is SUGGESTION
    assert severity(CRITICAL, WARNING, SUGGESTION) is WARNING
    assert severity(CRITICAL, CRITICAL, SUGGESTION, SUGGESTION) is CRITICAL


def test_votes_come_first_and_the_unproven_last_within_a_severity():
    judged = judge(
        [
            said("a", "doubtful", (None, 1), certainty="unproven", votes=3),
            said("a", "alone", (None, 20)),
            said("a", "agreed", (None, 40), votes=2),
            said("a", "tiny", (None, 60), severity=SUGGESTION, votes=4),
        ],
        POLICY,
    )
    assert titles(judged.inline) == ["agreed", "alone", "doubtful", "tiny"]


def test_a_suggestion_for_other_lines_is_not_taken_over():
    pattern = finding(title="Do not use eval", source="pattern", rule="no-eval", category=Category.SECURITY)
    model = finding((None, 1), (None, 3), title="Do not use eval", category=Category.SECURITY, suggestion="x")
    assert judge([model, pattern], POLICY).inline[0].suggestion is None


def test_identical_fingerprints_are_one():
    judged = judge([finding((None, n), title=f"t{n}", fingerprint="f") for n in (1, 9)], POLICY)
    assert len(judged.inline) == 1
    assert len(judge([finding((None, n), title=f"t{n}") for n in (1, 9)], POLICY).inline) == 2


def test_the_floor_drops_what_is_below():
    judged = judge([finding(severity=SUGGESTION)], ReviewPolicy(severity_floor="warning"))
    assert judged.inline == ()
    assert [each.stage for each in judged.dropped] == ["floor"]


def test_the_cap_sends_the_rest_to_the_summary_and_says_so():
    judged = judge([finding((None, n), title=f"number {n}") for n in range(1, 15)], POLICY)
    assert (len(judged.inline), len(judged.overflow)) == (10, 4)
    assert [each.stage for each in judged.dropped] == ["cap"] * 4
    assert "10 inline comments" in judged.dropped[0].reason


def test_critical_ones_are_never_capped():
    ranked = [finding((None, n), severity=CRITICAL) for n in range(1, 4)] + [finding((None, 9))]
    inline, overflow = cap(ranked, ReviewPolicy(max_inline_comments=2))
    assert (len(inline), len(overflow)) == (3, 1)


def test_a_limit_of_zero_is_no_limit():
    many = [finding((None, n), title=f"number {n}") for n in range(1, 200)]
    assert len(judge(many, ReviewPolicy(max_inline_comments=0)).inline) == 199


FINDINGS = st.lists(
    st.builds(
        lambda line, length, title, severity, source, rule: finding(
            (None, line), (None, line + length), title=title, severity=severity, source=source, rule=rule
        ),
        st.integers(1, 6),
        st.integers(0, 3),
        st.sampled_from(["Query is injected", "Queries are injected", "Slow loop", "日本"]),
        st.sampled_from(list(Severity)),
        st.sampled_from(["model", "pattern"]),
        st.sampled_from([None, "r"]),
    ),
    max_size=12,
)


@given(FINDINGS, st.integers(0, 4))
def test_nothing_is_lost_and_judging_twice_changes_nothing(findings, limit):
    policy = ReviewPolicy(max_inline_comments=limit)
    judged = judge(findings, policy)
    kept = [*judged.inline, *judged.overflow]
    assert len(kept) + sum(each.stage == "dedupe" for each in judged.dropped) == len(findings)
    assert sum(each.stage == "cap" for each in judged.dropped) == len(judged.overflow)
    assert {each.severity for each in judged.overflow} <= {WARNING, SUGGESTION}
    again = judge(kept, policy)
    assert (again.inline, again.overflow) == (judged.inline, judged.overflow)


def test_a_line_that_was_moved_is_told_once_and_on_the_new_side():
    gone = finding((19, None), title="Price as a float", quote="price = 1.0")
    added = finding((None, 60), title="Price as a float", quote="    price = 1.0")
    judged = judge([gone, added], ReviewPolicy())
    assert [one.anchor.side for one in judged.inline] == ["new"]
    assert len(judged.dropped) == 1


def test_another_line_or_another_mistake_on_the_other_side_is_told_as_well():
    gone = finding((19, None), title="Price as a float", quote="price = 1.0")
    others = [
        finding((None, 60), title="Price as a float", quote="cost = 1.0"),
        finding((None, 70), title="Division by zero", quote="price = 1.0"),
        finding((None, 80), title="Price as a float", quote="price = 1.0", path="b.py"),
    ]
    assert len(judge([gone, *others], ReviewPolicy()).inline) == 4
