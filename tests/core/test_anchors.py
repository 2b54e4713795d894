"""Tags and quotes of a model, brought to lines of the diff."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from making_findings import REFS, diff_of, raw
from strategies import generated_changes

from reviewbot.core import placing, quotes, tags
from reviewbot.core.anchors import MAX_RANGE, Index
from reviewbot.core.gitlab_lines import gitlab_lines
from reviewbot.core.shown import shown
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.merge_request import RawChange

A = """@@ -1,6 +1,7 @@
 import os
-old_value = compute(1)
+new_value = compute(2)
+other_value = compute(3)
 }
 return new_value
 }
 done()
@@ -20,3 +21,4 @@
 def later():
+    repeated()
     same_text()
     repeated_not()
"""
B = """@@ -1,2 +1,4 @@
 import sys
+only_in_b()
+shared_text()
 }
"""
C = """@@ -1,1 +1,2 @@
 shared_text()
+only_in_c()
"""
DIFF = diff_of(a=A, b=B, c=C)
PATHS = ("a.py", "b.py")
LINES = list(DIFF.files[0].lines())
NEW, OTHER, LATER = LINES[2], LINES[3], LINES[9]


def anchor(entry, paths=PATHS, diff=DIFF):
    return Index(diff).anchor(entry, paths)


def place(entry, paths=PATHS, diff=DIFF):
    found = anchor(entry, paths, diff)
    assert isinstance(found, Finding), found
    return (found.anchor.path, found.anchor.start, found.anchor.end)


def dropped(entry, paths=PATHS):
    found = anchor(entry, paths)
    assert isinstance(found, Dropped), found
    return found


def wrong(tag):
    """The same tag with another check."""
    return tag[:-2] + ("xx" if tag[-2:] != "xx" else "yy")


def test_tag_and_quote_agree():
    assert place(raw(NEW)) == ("a.py", NEW.key, NEW.key)
    assert anchor(raw(NEW)).quote == "new_value = compute(2)"


def test_a_removed_line_is_named_by_its_old_number():
    assert place(raw(LINES[1])) == ("a.py", (2, None), (2, None))


def test_a_tag_alone_is_enough():
    assert place(raw(NEW, quote="")) == ("a.py", NEW.key, NEW.key)


def test_a_tag_copied_with_what_follows_it():
    assert place(raw(NEW, start=tags.rendered(NEW))) == ("a.py", NEW.key, NEW.key)


def test_a_quote_with_gutter_and_sign():
    assert place(raw(NEW, start="?", quote=tags.rendered(NEW))) == ("a.py", NEW.key, NEW.key)
    assert place(raw(NEW, start="?", quote="+" + NEW.text)) == ("a.py", NEW.key, NEW.key)


def test_wrong_check_and_right_number_is_proved_by_the_quote():
    assert place(raw(NEW, start=wrong(tags.tag(NEW)))) == ("a.py", NEW.key, NEW.key)


def test_wrong_number_goes_to_the_nearest_quoted_line():
    assert place(raw(NEW, start="5aa", end="5aa")) == ("a.py", NEW.key, NEW.key)


def test_a_short_quote_does_not_choose_among_many():
    assert "does not lead to one line" in dropped(raw(start="5aa", quote="}")).reason


def test_a_bare_number_needs_the_quote():
    assert place(raw(NEW, start="3", end="3")) == ("a.py", NEW.key, NEW.key)
    assert isinstance(anchor(raw(NEW, start="3", end="3", quote="")), Dropped)


def test_another_exact_quote_in_the_file_beats_the_tag():
    assert place(raw(NEW, quote="same_text()")) == ("a.py", (21, 23), (21, 23))


def test_a_quote_within_the_range_leaves_the_tag_alone():
    entry = raw(NEW, end=tags.tag(OTHER), quote=OTHER.text)
    assert place(entry) == ("a.py", NEW.key, OTHER.key)


def test_a_retold_quote_leaves_the_tag_alone():
    assert place(raw(NEW, quote="new_value = compute(2) # wrong")) == ("a.py", NEW.key, NEW.key)
    assert place(raw(NEW, quote="new_value = comp")) == ("a.py", NEW.key, NEW.key)


def test_a_right_tag_with_a_foreign_quote_is_dropped():
    found = dropped(raw(NEW, quote="nothing like it anywhere at all"))
    assert (found.stage, found.path, found.title) == ("anchor", "a.py", "Title")
    assert "is not the quoted one" in found.reason


def test_a_quote_that_is_elsewhere_only_moves_to_the_other_file():
    assert place(raw(start="99aa", quote="only_in_b()")) == ("b.py", (None, 2), (None, 2))


def test_an_unknown_path_is_resolved_by_a_unique_quote():
    assert place(raw(NEW, path="src/else.py")) == ("a.py", NEW.key, NEW.key)


def test_an_unknown_path_never_lands_by_number_alone():
    assert isinstance(anchor(raw(NEW, path="src/else.py", quote="")), Dropped)
    assert isinstance(anchor(raw(NEW, path="src/else.py", quote="}")), Dropped)


def test_a_file_that_was_not_asked_about_counts_as_unknown():
    line = list(DIFF.files[2].lines())[1]
    assert isinstance(anchor(raw(line, path="c.py", quote="")), Dropped)
    assert place(raw(line, path="c.py")) == ("c.py", line.key, line.key)


def test_the_files_asked_about_come_before_the_rest_of_the_diff():
    assert place(raw(path="nope.py", start="1aa", quote="shared_text()")) == ("b.py", (None, 3), (None, 3))


def test_several_quoted_lines_are_told_apart_by_the_check():
    line = next(iter(DIFF.files[2].lines()))
    entry = raw(line, path="nope.py")
    assert place(entry, ("b.py", "c.py")) == ("c.py", line.key, line.key)
    assert isinstance(anchor(raw(path="nope.py", quote="shared_text()"), ("b.py", "c.py")), Dropped)


def test_a_path_with_a_diff_prefix_or_of_before_the_rename():
    assert place(raw(NEW, path="b/a.py", quote="")) == ("a.py", NEW.key, NEW.key)
    renamed = diff_of(RawChange("was.py", "is.py", A, renamed_file=True))
    assert place(raw(NEW, path="was.py", quote=""), ("is.py",), renamed)[0] == "is.py"


def test_a_range():
    assert place(raw(NEW, end=tags.tag(LINES[5]))) == ("a.py", NEW.key, LINES[5].key)


def test_a_range_backwards_is_turned_round():
    assert place(raw(OTHER, end=tags.tag(LINES[1]))) == ("a.py", (2, None), OTHER.key)
    assert anchor(raw(OTHER, end=tags.tag(LINES[1]))).quote == LINES[1].text


def test_an_end_that_does_not_hold_makes_one_line_and_a_plain_suggestion():
    found = anchor(raw(NEW, end="9xx", suggestion="x = 1\ny = 2\n"))
    assert found.anchor.start == found.anchor.end == NEW.key
    assert (found.suggestion, found.body) == (None, "Body.\n\n```\nx = 1\ny = 2\n```")


def test_a_range_over_hunks_is_clipped_to_the_hunk_of_its_start():
    assert place(raw(NEW, end=tags.tag(LATER))) == ("a.py", NEW.key, LINES[7].key)
    assert place(raw(LATER, end=tags.tag(NEW))) == ("a.py", LINES[8].key, LATER.key)


def test_a_range_is_bounded():
    many = diff_of(a="@@ -0,0 +1,300 @@\n" + "".join(f"+line number {n}\n" for n in range(300)))
    lines = list(many.files[0].lines())
    assert place(raw(lines[0], end=tags.tag(lines[-1])), ("a.py",), many)[2] == (None, MAX_RANGE)
    assert place(raw(lines[-1], end=tags.tag(lines[0])), ("a.py",), many)[1] == (None, 301 - MAX_RANGE)


def test_a_suggestion_stays_with_a_range_that_holds():
    found = anchor(raw(NEW, end=tags.tag(OTHER), suggestion="x"))
    assert (found.suggestion, found.body) == ("x", "Body.")


@given(generated_changes(), st.data())
@settings(max_examples=150, deadline=None)
def test_every_line_comes_back_with_the_numbers_of_gitlab(generated, data):
    diff = diff_of(generated.change)
    file = diff.files[0]
    line = data.draw(st.sampled_from(list(file.lines())))
    entry = raw(line, path=file.path, quote=data.draw(st.sampled_from(["", shown(line.text)])))
    found = Index(diff).anchor(entry, [file.path])
    assert found.anchor.start == found.anchor.end == line.key
    assert found.quote == line.text
    known = gitlab_lines(file).get(line.key)
    first, *rest = placing.positions(found, file, REFS)
    if known is None:
        assert first.file_level
        assert not rest
    else:
        assert (first.line, first.line_code) == ((known.old, known.new), known.code)
        assert rest[-1].file_level


@given(generated_changes(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_wrong_check_with_the_right_quote_finds_the_line(generated, data):
    diff = diff_of(generated.change)
    lines = list(diff.files[0].lines())
    line = data.draw(st.sampled_from(lines))
    assume(shown(line.text).strip())
    entry = raw(line, path=diff.files[0].path, start=wrong(tags.tag(line)))
    assert Index(diff).anchor(entry, [entry.path]).anchor.start == line.key


@given(generated_changes(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_wrong_number_with_a_telling_quote_finds_an_equal_line(generated, data):
    diff = diff_of(generated.change)
    line = data.draw(st.sampled_from(list(diff.files[0].lines())))
    assume(quotes.tells(shown(line.text)))
    entry = raw(line, path="src/file.txt", start=f"{data.draw(st.integers(1, 400))}xx")
    found = Index(diff).anchor(entry, ["src/file.txt"])
    assert quotes.plain(shown(found.quote)) in quotes.readings(entry.quote)


@given(generated_changes(), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_a_model_writes_stays_inside_the_diff(generated, data):
    diff = diff_of(generated.change, b=B)
    keys = {file.path: [line.key for line in file.lines()] for file in diff.files}
    known = [tags.tag(line) for line in diff.files[0].lines()]
    some_tag = st.one_of(
        st.text(max_size=8), st.sampled_from(known), st.from_regex("o?[0-9]{1,3}[a-z]{2}", fullmatch=True)
    )
    texts = st.one_of(st.text(max_size=20), st.sampled_from([line.text for line in diff.files[0].lines()]))
    entry = raw(
        path=data.draw(st.sampled_from(["src/file.txt", "b.py", "../etc/passwd", ""])),
        start=data.draw(some_tag),
        end=data.draw(some_tag),
        quote=data.draw(texts),
        suggestion=data.draw(st.none() | st.text()),
    )
    found = Index(diff).anchor(entry, data.draw(st.lists(st.sampled_from(["src/file.txt", "b.py", "gone.py"]))))
    if isinstance(found, Finding):
        order = keys[found.anchor.path]
        assert 0 <= order.index(found.anchor.end) - order.index(found.anchor.start) < MAX_RANGE
    else:
        assert found.stage == "anchor"
        assert found.reason
