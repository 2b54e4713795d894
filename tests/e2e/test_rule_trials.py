"""The bot itself tries a change of rules on past merge requests, and tells it in the one that changes them."""

import json

import pytest
from e2e.house import Case, code

from reviewbot.core import backtest_notes, markers
from reviewbot.standin.gitlab.state import REPORTER

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = forbidden(7)\n").replace("value_20 = 20\n", "value_20 = risky(20)\n")
PATH = ".reviewbot/rules/no-forbidden.md"


def rule(regex):
    return {PATH: f"---\nid: no-forbidden\ntitle: Forbidden\npattern: {{regex: '{regex}'}}\n---\nCall `allowed`.\n"}


@pytest.fixture
def home(own_house):
    return own_house(backtest_days=30, llm_model="", llm_base_url="")


def change(house, past, files, branch="rules"):
    past.project.commit(branch, files, author=past.developer)
    mr = past.project.merge_request(branch, "main", f"Change {branch}", author=past.developer)
    case = Case(house, past.project, past.developer, mr)
    case.reviewed()
    return case


def tables(case):
    found = [(markers.read(note.body, case.house.reviewer.key, case.ref), note) for note in case.mr.notes]
    return [note for marker, note in found if marker is not None and marker.kind == "backtest"]


def test_a_change_of_rules_gets_one_table_that_follows_its_pushes(home):
    past = home.open({"app.py": BEFORE, **rule(r"forbidden\(")}, {"app.py": AFTER})
    past.reviewed()
    assert past.on() == [("app.py", "value_7 = forbidden(7)")]
    note = next(note for note in past.mr.notes if note.id == past.comments[0].note_id)
    home.lab.react(past.mr, note, past.developer, "thumbsdown")
    past.settled()
    past.forget()
    case = change(home, past, rule(r"(?:forbidden|risky)\("))
    (note,) = tables(case)
    assert "| `no-forbidden` | changed, pattern, approved | 1 → 2 | 1 → 1 |" in note.body
    assert "1 dismissed (n 1, below 20: no share)" in note.body
    assert "app.py:20" in note.body
    assert [write for write in past.writes() if f"/merge_requests/{past.mr.iid}/" in write] == []
    # Nothing of the rules is new: nothing is tried again.
    before = note.body
    case.forget()
    case.push({"notes.txt": "Words.\n"})
    case.reviewed()
    assert not [seen for seen in case.lab.requests[case.seen :] if seen.path.endswith("/merge_requests")]
    case.push(rule(r"risky\("))
    case.reviewed()
    (again,) = tables(case)
    assert (again.id, again.body == before) == (note.id, False)
    assert "| 1 → 1 |" in again.body
    case.push({".reviewbot/rules/other.md": "---\nid: other\n---\nWords.\n"})
    case.reviewed()
    assert "title: is needed (add it). It was tried without this rule." in tables(case)[0].body
    case.push({".reviewbot/rules/other.md": None})
    case.reviewed()
    assert tables(case)[0].body == again.body  # the mistake is gone, and is not told any more


def test_a_table_is_renewed_when_a_push_takes_the_change_of_rules_out_again(home):
    past = home.open({"app.py": BEFORE, **rule(r"forbidden\(")}, {"app.py": AFTER})
    past.reviewed()
    case = change(home, past, {"notes.txt": "Words.\n", **rule(r"risky\(")})
    (note,) = tables(case)
    assert "`no-forbidden`" in note.body
    case.push(rule(r"forbidden\("))
    case.reviewed()
    (again,) = tables(case)
    assert again.id == note.id
    assert "No rule is changed now." in again.body
    assert "no-forbidden" not in again.body


def test_a_change_without_rules_gets_none_and_a_fault_costs_the_table_alone(home):
    past = home.open({"app.py": BEFORE, **rule(r"forbidden\(")}, {"app.py": AFTER})
    past.reviewed()
    assert tables(past) == []
    home.faults.add("GET", rf"/projects/{past.project.id}/merge_requests$", "deny", times=9, retry_after="403")
    case = change(home, past, rule(r"risky\("))
    assert tables(case) == []
    assert case.status() == "success"


def test_groups_and_includes_of_both_sides_count_and_an_include_that_fails_tells_nothing_of_the_project(home):
    past = home.open({"app.py": BEFORE}, {"app.py": AFTER})
    team = {home.bot: REPORTER}
    group = home.lab.project("team/reviewbot-config", members=team, visibility="private")
    group.commit("main", rule(r"forbidden\("))
    shared = home.lab.project("standards/open", members=team, visibility="public")
    shared.commit("main", {".reviewbot/rules/risk.md": rule(r"risky\(")[PATH].replace("no-forbidden", "no-risk")})
    secret = home.lab.project("standards/secret", members=team, visibility="private")
    secret.commit("main", rule(r"risky\("))
    past.reviewed()
    wanted = [{"project": f"standards/{name}", "ref": "main"} for name in ("open", "secret", "absent")]
    case = change(home, past, {".reviewbot.yml": f"disabled: [no-forbidden]\ninclude_rules: {json.dumps(wanted)}\n"})
    (note,) = tables(case)
    assert "| `no-forbidden` | deleted, pattern, approved | 1 → 0 | 1 → 0 |" in note.body
    assert "| `no-risk` | added, pattern, approved | 0 → 1 | 0 → 1 |" in note.body
    assert note.body.count("were left out") == 1
    assert "secret" not in note.body
    assert "absent" not in note.body


def test_a_change_of_guidance_of_any_tool_is_tried(home):
    past = home.open({"app.py": BEFORE}, {"app.py": AFTER})
    words = {".github/copilot-instructions.md": "# Money\n\nAmounts of money must be `Decimal`.\n"}
    (note,) = tables(change(home, past, words))
    assert "| `guidance/copilot/money` | added, words, approved |" in note.body


def test_not_every_push_of_other_rules_is_tried(home):
    past = home.open({"app.py": BEFORE, **rule(r"forbidden\(")}, {"app.py": AFTER})
    past.reviewed()
    case = change(home, past, rule(r"risky\("))
    for number in range(backtest_notes.MOST_TRIES - 1):
        case.push(rule(rf"risky\(|none_{number}"))
        case.reviewed()
    (note,) = tables(case)
    assert "no-forbidden" in note.body
    case.forget()
    case.push(rule(r"risky\(|once_more"))
    case.reviewed()
    assert not [seen for seen in case.lab.requests[case.seen :] if seen.path.endswith("/merge_requests")]
    assert "Not tried for this push: 5 changes" in tables(case)[0].body
    assert "no-forbidden" not in tables(case)[0].body
    case.push({"notes.txt": "Words.\n", **rule(r"forbidden\(")})  # none to try: that is told whatever was tried
    case.say("@reviewbot review")  # after five pushes none is reviewed unasked
    case.reviewed()
    assert "No rule is changed now." in tables(case)[0].body
