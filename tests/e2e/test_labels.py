"""The labels that a repository wants by what was found: set once, taken away again, and never a reason for a review."""

from e2e.house import code
from e2e.test_gate import refuting

BEFORE = code(40)
BAD = BEFORE.replace("value_7 = 7\n", "value_7 = x  # PLANT(critical): Plant 7\n")
CLEAN = BEFORE.replace("value_7 = 7\n", "value_7 = 70\n")
WANTED = {
    ".reviewbot.yml": "labels:\n  verdict.significant_concerns: review::work\n  verdict.approved: review::ok\n"
    "  severity.critical: hot\n"
}


def edits(case):
    return [line for line in case.writes() if line.startswith("PUT") and line.endswith(f"/{case.mr.iid}")]


def test_labels_follow_what_was_found_and_others_stay(own_house):
    house = own_house()
    case = house.open({"app.py": BEFORE, **WANTED}, {"app.py": BAD}, labels=["bug"])
    case.reviewed()
    assert sorted(case.mr.labels) == ["bug", "hot", "review::work"]
    assert "Labels: `review::work`, `hot`" in case.summary()
    case.forget()
    house.model.judge = refuting
    case.push({"app.py": CLEAN})
    case.reviewed()
    assert sorted(case.mr.labels) == ["bug", "review::ok"]
    assert len(edits(case)) == 1


def test_labels_that_are_right_cost_no_request_and_the_bots_own_start_no_review(house):
    case = house.open({"app.py": BEFORE, **WANTED}, {"app.py": CLEAN})
    case.reviewed()
    assert case.mr.labels == ["review::ok"]
    assert len(case.jobs()) == 1
    assert any(one.result == "The labels are the bot's own" for one in house.inbox())
    case.forget()
    case.say("@reviewbot full review")
    case.reviewed()
    assert edits(case) == []


def test_a_mapping_to_a_label_that_asks_for_reviews_is_named_and_nothing_is_labelled(house):
    ours = {".reviewbot.yml": "labels: {verdict.approved: reviewbot}\n"}
    case = house.open({"app.py": BEFORE, **ours}, {"app.py": CLEAN})
    case.reviewed()
    assert "labels.verdict.approved" in case.summary()
    assert case.mr.labels == []
