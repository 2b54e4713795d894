"""Rule files where none are expected, or under names that want to do harm: review and table come all the same."""

import pytest
from e2e.house import code
from e2e.test_behaviour_hostile import harmless
from e2e.test_rule_trials import change, rule, tables

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = forbidden(7)\n")
NAMES = (
    "@all ![x](https://evil.example.com/x.png)",
    "caf\udce9 `x`",
    "[a](javascript:alert(1)) <img src=x>",
    "/merge",
    "-x",
    "\u202egnp",
    "a\x1b[31m",
    "|a|b|",
)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12345\n"
SHAPES = {
    "link out": {".reviewbot/rules/a.md": ("120000", b"/etc/passwd")},
    "link up": {".reviewbot/rules/a.md": ("120000", b"../../../../../etc/passwd")},
    "link to itself": {".reviewbot/rules/a.md": ("120000", b"a.md")},
    "folder is a link": {".reviewbot": ("120000", b"/etc")},
    "rules are a link": {".reviewbot/rules": ("120000", b"../other")},
    "submodule": {".reviewbot/rules": ("160000", b"1" * 40)},
    "file": {".reviewbot": "no folder\n"},
    "pointer": {".reviewbot/rules/a.md": POINTER},
    "configuration is a link": {".reviewbot.yml": ("120000", b"/etc/passwd")},
    "configuration is a folder": {".reviewbot.yml/x": "x\n"},
    "configuration is a submodule": {".reviewbot.yml": ("160000", b"1" * 40)},
}


@pytest.fixture
def home(own_house):
    return own_house(backtest_days=30, llm_model="", llm_base_url="")


@pytest.mark.parametrize("side", ["target", "change"])
def test_names_of_files_and_folders_speak_to_nobody(home, side):
    hostile = {f".reviewbot/rules/{name.replace('/', '')}.md": "no rule\n" for name in NAMES}
    hostile |= {f"{name.replace('/', '')}/.reviewbot/rules/x.md": "no rule\n" for name in NAMES}
    hits = {f"{name.replace('/', '')}/app.py": AFTER for name in NAMES}
    before = hostile if side == "target" else {}
    past = home.open({"app.py": BEFORE, **rule(r"forbidden\("), **before}, {"app.py": AFTER, **hits})
    assert past.reviewed().state == "done"
    case = change(home, past, {**rule(r"(?:forbidden|risky)\("), **(hostile if side == "change" else {})})
    (note,) = tables(case)
    assert "no-forbidden" in note.body
    for one in (past, case):
        harmless(one)
    assert "\u202e" not in note.body
    assert case.lab.quick_actions == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_folder_of_rules_that_is_none_costs_itself_only(home, shape):
    past = home.open({"app.py": BEFORE, **SHAPES[shape]}, {"app.py": AFTER})
    assert past.reviewed().state == "done"
    assert past.status() == "success"
    case = change(home, past, SHAPES[shape] | {"more.py": code(3)})
    assert case.status() == "success"
    assert "root:" not in case.summary() + past.summary()
