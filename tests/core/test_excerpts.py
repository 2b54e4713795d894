"""The code that a judge sees of a file."""

from making_findings import diff_of

from reviewbot.core.excerpts import Spot, excerpt
from reviewbot.core.tokens import counter
from reviewbot.model.diff import Change
from reviewbot.model.finding import Anchor
from reviewbot.model.merge_request import RawChange


def added(lines):
    body = "".join(f"+{line}\n" for line in lines)
    return diff_of(RawChange("a.py", "a.py", f"@@ -0,0 +1,{len(lines)} @@\n{body}", new_file=True)).files[0]


def at(line, side="new"):
    key = (None, line) if side == "new" else (line, None)
    return Spot(Anchor("a.py", key, key))


LINES = [f"value_{number} = {number}" for number in range(1, 1_001)]


def test_only_the_lines_around_a_place_are_shown():
    made = excerpt("a.py", added(LINES), None, [at(500)], 3_000)
    assert "value_500 = 500" in made.diff
    assert "value_480 = 480" in made.diff
    assert "value_400 = 400" not in made.diff
    assert made.diff.startswith("### a.py (added)\n@@ ")


def test_places_that_touch_are_shown_once_and_far_ones_apart():
    made = excerpt("a.py", added(LINES), None, [at(500), at(510), at(900)], 3_000)
    assert made.diff.count("@@ -") == 2
    assert made.diff.count("value_505 = 505") == 1


def test_long_lines_narrow_the_view():
    wide = [f"value_{number} = '{'ab ' * 300}'" for number in range(1, 200)]
    made = excerpt("a.py", added(wide), None, [at(100)], 3_000)
    assert "value_100 = " in made.diff
    assert counter().count(made.diff) <= 3_000


def test_a_removed_line_is_shown_with_what_replaced_it():
    (file,) = diff_of(a="@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n").files
    assert "|-two" in excerpt("a.py", file, None, [at(2, "old")], 3_000).diff
    assert "|+zwei" in excerpt("a.py", file, None, [at(2, "old")], 3_000).diff


def test_the_definition_around_a_place_comes_with_it_also_in_a_new_file():
    body = [f"    value_{number} = {number}" for number in range(150)]
    lines = ["def outer(argument):", *body, "    return argument"]
    made = excerpt("a.py", added(lines), "\n".join(lines) + "\n", [at(100)], 3_000)
    assert [one.name for one in made.context] == ["outer"]
    assert made.context[0].text.startswith("def outer(argument):")


def test_a_line_outside_of_the_diff_is_shown_as_the_code_is_now():
    (file,) = diff_of(a="@@ -1 +1 @@\n-value_1 = 0\n+value_1 = 1\n").files
    made = excerpt("a.py", file, "\n".join(LINES), [Spot(line=700)], 3_000)
    assert "| value_700 = 700" in made.diff
    inside = excerpt("a.py", file, "\n".join(LINES), [Spot(line=1)], 3_000)
    assert "|+value_1 = 1" in inside.diff


def test_a_file_that_left_the_change_is_shown_from_its_text_or_said_to_be_unreadable():
    assert "| value_700 = 700" in excerpt("a.py", None, "\n".join(LINES), [Spot(line=700)], 3_000).diff
    assert "could not be read" in excerpt("a.py", None, None, [Spot(line=700)], 3_000).diff
    assert "could not be read" in excerpt("a.py", None, "one line", [Spot(line=700)], 3_000).diff


def test_a_file_without_lines_is_no_obstacle():
    (file,) = diff_of(RawChange("a.py", "a.py", "", deleted_file=True)).files
    assert file.change is Change.DELETED
    assert excerpt("a.py", file, "", [at(3)], 3_000).diff.startswith("### a.py (deleted)")


def test_only_what_is_around_the_places_is_context():
    """The class is around a changed line that nobody speaks of; the method of the place is shown whole."""
    rest = [f"    def method_{number}(self):\n        return {number}\n" for number in range(200)]
    text = "\n".join(["class Large:", "    limit = 1", "", "    def small(self):", "        return 1", "", *rest])
    head = "".join(f"+{line}\n" for line in text.split("\n")[1:6])
    (file,) = diff_of(a=f"@@ -1,2 +1,7 @@\n class Large:\n{head} {rest[0].split(chr(10))[0]}\n").files
    assert excerpt("a.py", file, text, [at(5)], 3_000).context == ()
    (around,) = excerpt("a.py", file, text, [at(2)], 3_000).context
    assert around.name == "Large"
