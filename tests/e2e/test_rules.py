"""The rules that a project keeps on its target branch, through the whole path."""

from e2e.house import code

from reviewbot.wiring.sources import FEW

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


def test_many_rules_count_where_git_does_not_get_through(house):
    many = [rule(f"quiet-{number}", pattern="{regex: 'nowhere'}") for number in range(FEW)]
    files = {path: text for one in [*many, rule("no-forbidden")] for path, text in one.items()}
    fault = house.faults.add("GET", r"\.git/info/refs$", "bad_gateway", times=1_000)
    case = house.open({"app.py": BEFORE, **files}, {"app.py": AFTER})
    case.reviewed()
    fault.times = 0
    assert case.on() == ON
    assert "could not be read" not in case.summary()


def test_a_draft_is_recorded_and_said_to_nobody(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", status="draft")}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == []
    assert ("shadow", "app.py") in {(drop.stage, drop.path) for drop in case.outcome().examination.dropped}


def test_a_hit_that_the_judge_confirms_is_told_once_over_several_pushes(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", verify="true")}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON
    assert "Call `allowed`." in case.judged()[0]
    case.push({"app.py": AFTER.replace("value_2 = 2\n", "value_2 = 2\nmore = 3\n")})
    case.reviewed()
    assert case.on() == ON
    case.push({"app.py": BEFORE})
    case.reviewed()
    assert [one.resolved for one in case.mr.discussions if one.notes[0].position] == [True]


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


def test_rules_without_room_in_the_prompt_are_named(house):
    many = {}
    for number in range(30):
        text = f"---\nid: r{number}\ntitle: Rule {number}\n---\n{'Words about it. ' * 200}\n"
        many[f".reviewbot/rules/r{number}.md"] = text
    must = rule("must-hold", "It MUST hold.", status="enforced", pattern="null")
    case = house.open({"app.py": BEFORE, **many, **must}, {"app.py": AFTER})
    case.reviewed()
    prompt = case.prompts()[0]
    left = [drop.reason for drop in case.outcome().examination.dropped if drop.stage == "rules"]
    shown = [number for number in range(30) if f"## r{number}:" in prompt or f"## r{number} (" in prompt]
    assert "must-hold" in prompt
    assert 0 < len(shown) < 30
    assert sorted(left) == sorted(f"the rule r{n} did not fit into the prompt" for n in range(30) if n not in shown)


MISTAKEN = """---
id: no-float
title: Money is no float
severity: high
pattern:
  regex: '(?=float)'
---
Take `Decimal`.
"""
AT = ".reviewbot/rules/no-float.md"


def threads(case):
    return [(one.notes[0].body.split("**")[3], one.resolved) for one in case.mr.discussions if one.notes[0].position]


def test_a_mistake_in_a_changed_rule_is_told_on_its_line_until_it_is_mended(house):
    case = house.open({"app.py": BEFORE}, {AT: MISTAKEN})
    case.reviewed()
    assert case.on() == [(AT, "  regex: '(?=float)'"), (AT, "severity: high")]
    assert case.status() == "success"
    assert "see RE2's syntax" in case.everything_written()
    case.push({AT: MISTAKEN.replace("severity: high", "severity: critical")})
    case.reviewed()
    assert sorted(done for _, done in threads(case)) == [False, True]
    case.push({AT: MISTAKEN.replace("severity: high", "severity: critical").replace("(?=float)", "float[")})
    case.reviewed()
    told = threads(case)
    assert sorted(done for _, done in told) == [False, True, True]
    assert len({title for title, _ in told}) == 3
    case.push({AT: MISTAKEN.replace("severity: high", "severity: critical").replace("(?=float)", "float")})
    case.reviewed()
    assert all(done for _, done in threads(case))
