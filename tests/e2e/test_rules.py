"""The rules that a project keeps on its target branch, through the whole path."""

from e2e.house import code

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = forbidden(7)\n")
ON = [("app.py", "value_7 = forbidden(7)")]


def rule(name, body="Call `allowed`.", **fields):
    front = {"id": name, "title": "Forbidden", "pattern": "{regex: 'forbidden\\('}", **fields}
    lines = "\n".join(f"{key}: {value}" for key, value in front.items())
    return {f".reviewbot/rules/{name}.md": f"---\n{lines}\n---\n{body}\n"}


def test_a_rule_of_the_target_branch_is_told_on_its_line(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden")}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON
    assert "no-forbidden" in case.comments[0].body


def test_a_rule_that_the_merge_request_itself_brings_counts_from_its_merge_on(house):
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER, **rule("no-forbidden")})
    case.reviewed()
    assert case.on() == []


def test_a_draft_is_recorded_and_said_to_nobody(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", status="draft")}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == []
    assert ("shadow", "app.py") in {(drop.stage, drop.path) for drop in case.outcome().examination.dropped}


def test_an_enforced_rule_fails_the_gate_and_an_approved_one_does_not(house):
    enforced = rule("no-forbidden", "Calls of `forbidden` MUST NOT be added.", status="enforced")
    case = house.open({"app.py": BEFORE, **enforced}, {"app.py": AFTER})
    case.reviewed()
    assert case.status() == "failed"
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", status="approved")}, {"app.py": AFTER})
    case.reviewed()
    assert case.status() == "success"


def test_a_rule_file_with_a_mistake_is_named_and_the_others_count(house):
    broken = {
        ".reviewbot/rules/broken.md": "---\nid: broken\ntitle: T\ncolour: red\n---\nWords.\n",
        ".reviewbot/rules/latin.md": b"---\nid: latin\ntitle: Caf\xe9\n---\nWords.\n",
    }
    case = house.open({"app.py": BEFORE, **broken, **rule("no-forbidden")}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON
    assert ".reviewbot/rules/broken.md:4: colour" in case.summary()
    assert ".reviewbot/rules/latin.md:3: no `UTF-8` text" in case.summary()


def test_a_project_switches_off_its_own_rule_and_a_shipped_one(house):
    ours = {".reviewbot.yml": "disabled: [no-forbidden, python-eval]\n"}
    after = AFTER.replace("value_9 = 9\n", "value_9 = eval(input())\n")
    case = house.open({"app.py": BEFORE, **rule("no-forbidden"), **ours}, {"app.py": after})
    case.reviewed()
    assert case.on() == []
    assert "does not exist" not in case.summary()
