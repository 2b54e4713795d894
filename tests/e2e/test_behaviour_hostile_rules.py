"""Rule files that want to do harm, of the target branch and of the change: told as what they are, and nothing else."""

import json

from core.test_hostile_rules import GOOD, HOSTILE
from e2e.house import code
from e2e.test_behaviour_hostile import BEFORE, TOKEN, harmless
from e2e.test_behaviour_hostile import HOSTILE as WORDS

AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = forbidden(7)\n")
TITLE = "@all /merge <img src=x> \u202e🚀 ![](https://evil.example.com/x.png)"
SPEAKING = f"""---
id: speaks
title: {json.dumps(TITLE, ensure_ascii=False)}
pattern: {{regex: 'forbidden'}}
message: {json.dumps(WORDS + TOKEN, ensure_ascii=False)}
---
{WORDS}
"""


def folder(names, place="bad"):
    return {f".reviewbot/rules/{place}-{at}.md": HOSTILE[name][0] for at, name in enumerate(names)}


def test_hostile_rules_of_the_target_are_named_and_the_others_count(house):
    names = [name for name in HOSTILE if name != "key"]
    files = {**folder(names), ".reviewbot/rules/utf16.md": GOOD.encode("utf-16"), ".reviewbot/rules/zz.md": GOOD}
    case = house.open({"app.py": BEFORE, ".reviewbot/rules/nul.md": GOOD + "\0", **files}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == [("app.py", "value_7 = forbidden(7)")]
    assert case.status() == "success"
    told = case.summary()
    assert ".reviewbot/rules/bad-0.md:1: larger than 64 kB" in told
    assert ".reviewbot/rules/bad-1.md:4: YAML anchors and aliases are not allowed" in told
    assert "more things are wrong with rules" in told
    harmless(case)


def test_what_a_rule_says_is_posted_as_text(house):
    case = house.open({"app.py": BEFORE, ".reviewbot/rules/speaks.md": SPEAKING}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == [("app.py", "value_7 = forbidden(7)")]
    written = harmless(case)
    assert "\u202e" not in written
    assert case.comments[0].body.count("<!--") == 1
    assert case.lab.quick_actions == []


def test_hostile_rules_of_a_change_are_comments_that_harm_nothing(house):
    names = ["laughs", "catastrophic", "globs together", "id", "key", "control", "deep"]
    change = {**folder(names), ".reviewbot.yml": f"exlude: ['**']\nlanguage: {json.dumps(WORDS)}\n"}
    case = house.open({"app.py": BEFORE}, {"app.py": BEFORE + code(2, 40), **change})
    case.reviewed()
    on = case.on()
    assert {path for path, _ in on} >= {f".reviewbot/rules/bad-{at}.md" for at in range(6)}
    assert case.status() == "success"
    harmless(case)
    findings = case.outcome().examination
    assert {one.rule for one in (*findings.findings, *findings.overflow)} == {"reviewbot/rule-file"}
