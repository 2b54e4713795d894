"""Pattern rules on the files of a change, where hostile expressions meet long lines."""

import pytest
from making_findings import diff_of
from test_rulechecks import added

from reviewbot import scanning
from reviewbot.control import Control
from reviewbot.core import pattern_costs
from reviewbot.core.packs import BUILT_IN
from reviewbot.errors import TooHard
from reviewbot.isolated import shared
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Pattern, Rule

LARGE = "[ab]*a[ab]{900}c"  # hours on a line of some megabytes, in one call that nothing interrupts
LONG = "ab" * 100_000


def rule(name, regex, layer="project"):
    pattern = Pattern(regex)
    return Rule(name, name, Severity.WARNING, Category.SECURITY, "advise", "Words.", pattern=pattern, layer=layer)


RULES = (rule("large", LARGE), rule("small", "eval"))


class Counting:
    """An isolation that does the work, or in which nothing comes to its end."""

    def __init__(self, *, stuck=False):
        self.stuck, self.asked = stuck, []

    def run(self, work, *args):
        self.asked.append(args[0].path)
        if self.stuck:
            raise TooHard("It took longer than 10 s")
        return work(*args)


def hits(texts, rules=RULES, isolation=None):
    files = diff_of(*(added(path, text) for path, text in texts.items())).files
    return scanning.hits(files, rules, texts, isolation or Counting(), Control(60))


def test_what_may_run_for_hours_is_tried_where_it_can_be_ended():
    isolation = Counting(stuck=True)
    found, left_out = hits({"a.txt": f"eval {LONG}\n", "b.txt": "eval\n"}, isolation=isolation)
    assert isolation.asked == ["a.txt"]
    assert {(one.rule, one.anchor.path) for one in found} == {("small", "a.txt"), ("small", "b.txt")}
    (drop,) = left_out
    assert (drop.path, drop.stage) == ("a.txt", "rules")
    assert "large expressions and syntax trees of rules were left out: It took longer than 10 s" in drop.reason


def test_after_a_few_such_files_no_more_are_tried():
    isolation = Counting(stuck=True)
    found, left_out = hits({f"{n}.txt": f"eval {LONG}\n" for n in "abcde"}, isolation=isolation)
    assert (len(isolation.asked), len(found), len(left_out)) == (3, 5, 5)
    assert "on other files" in left_out[-1].reason


def test_all_of_them_together_have_their_time(monkeypatch):
    monkeypatch.setattr(scanning, "_SECONDS", 0.0)
    isolation = Counting()
    found, left_out = hits({f"{n}.txt": f"eval {LONG}\n" for n in "ab"}, isolation=isolation)
    assert (isolation.asked, len(found), len(left_out)) == ([], 2, 2)


def test_what_ends_in_time_is_found_there_too():
    found, left_out = hits({"a.txt": f"eval {'b' * 20_000}a{'a' * 900}c\n"}, isolation=shared(1))
    assert ({one.rule for one in found}, left_out) == ({"large", "small"}, [])


@pytest.mark.parametrize(("layer", "costly"), [("project", True), ("group acme", True), (BUILT_IN, False)])
def test_shipped_expressions_are_known_not_to_take_long(layer, costly):
    (file,) = diff_of(added("a.txt", f"{LONG}\n")).files
    rules = (rule("large", LARGE, layer),)
    assert pattern_costs.costly(file, rules) is costly
    assert pattern_costs.affordable(file, rules) == (() if costly else rules)
