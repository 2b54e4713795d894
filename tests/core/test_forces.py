from dataclasses import replace

from making_findings import finding

from reviewbot.core import rules
from reviewbot.core.forces import Force


def rule(status, folder=""):
    made = rules.parse(f"---\nid: x\ntitle: X\nstatus: {status}\n---\nIt MUST hold.\n", "x.md")
    return replace(made, folder=folder)


def at(path):
    found = finding(rule="x")
    return replace(found, anchor=replace(found.anchor, path=path))


def test_a_folders_draft_is_a_draft_in_the_folder_alone():
    force = Force([rule("enforced"), rule("draft", "a")])
    assert (force.draft(at("a/f.py")), force.blocks(at("a/f.py"))) == (True, False)
    assert (force.draft(at("f.py")), force.blocks(at("f.py"))) == (False, True)
    assert (force.draft(at("ab/f.py")), force.blocks(at("ab/f.py"))) == (False, True)


def test_a_folders_enforced_rule_blocks_in_the_folder_alone():
    force = Force([rule("approved"), rule("enforced", "a"), rule("approved", "a/b")])
    assert [force.blocks(at(path)) for path in ("f.py", "a/f.py", "a/b/f.py")] == [False, True, False]


def test_a_finding_without_a_known_rule_has_no_force():
    assert Force().rule(at("f.py")) is None
    assert not Force().blocks(at("f.py"))
