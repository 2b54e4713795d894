"""Positions as GitLab takes them, over HTTP with python-gitlab."""

import hashlib
from dataclasses import replace

import gitlab
import pytest

LINE_CODE = '400 Bad request - Note {:line_code=>["can\'t be blank", "must be a valid line code"]}'


def lines(count, **changed):
    found = []
    for number in range(1, count + 1):
        text = changed.get(f"l{number}", f"line {number}")
        found += text.split("\n") if text else []
    return "".join(f"{line}\n" for line in found)


def post(scene, merge_request, position, body="Look here"):
    return scene.api(merge_request).discussions.create({"body": body, "position": position})


def refused(scene, merge_request, position):
    with pytest.raises(gitlab.GitlabCreateError) as error:
        post(scene, merge_request, position)
    assert error.value.response_code == 400
    return error.value.error_message


@pytest.fixture
def edited(scene):
    """40 lines; line 5 removed, two added after 20, so that numbers differ by -1 and then by +1."""
    after = lines(40, l5="", l20="line 20\nadded one\nadded two")
    return scene.open({"a.py": lines(40)}, {"a.py": after})


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (None, 20, "added one"),
        (None, 21, "added two"),
        (5, None, "line 5"),
        (4, 4, "line 4"),
        (19, 18, "line 19"),
        (21, 22, "line 21"),
    ],
)
def test_a_line_of_the_diff_is_found_by_its_exact_pair(scene, edited, old, new, text):
    post(scene, edited, scene.position(edited, "a.py", old, new))
    (comment,) = scene.lab.comments(edited)
    assert (comment.text, comment.old_line, comment.new_line, comment.author) == (text, old, new, scene.bot.username)


@pytest.mark.parametrize(
    ("old", "new"),
    [(None, 19), (None, 4), (20, None), (4, None), (5, 5), (19, 19), (21, 21), (None, 40), (41, 43), (None, 999)],
)
def test_the_wrong_side_or_number_is_refused_with_gitlabs_words(scene, edited, old, new):
    assert refused(scene, edited, scene.position(edited, "a.py", old, new)) == LINE_CODE


@pytest.mark.parametrize(("old", "new"), [(1, 1), (10, 9), (14, 13), (40, 41), (30, 31)])
def test_an_unchanged_line_outside_of_the_hunks_needs_both_true_numbers(scene, edited, old, new):
    post(scene, edited, scene.position(edited, "a.py", old, new))
    assert scene.lab.comments(edited)[0].text == f"line {old}"
    assert refused(scene, edited, scene.position(edited, "a.py", old, new + 1)) == LINE_CODE
    assert refused(scene, edited, scene.position(edited, "a.py", None, new)) == LINE_CODE


def test_unfolding_behind_a_hunk_at_the_top_works(scene):
    found = scene.open({"a.py": lines(30)}, {"a.py": lines(30, l1="first")})
    post(scene, found, scene.position(found, "a.py", 25, 25))
    assert scene.lab.comments(found)[0].text == "line 25"


def test_line_codes_are_gitlabs(scene, edited):
    digest = hashlib.sha1(b"a.py").hexdigest()
    for old, new in ((None, 20), (5, None), (4, 4)):
        post(scene, edited, scene.position(edited, "a.py", old, new))
    assert [note.line_code for note in edited.notes] == [f"{digest}_21_20", f"{digest}_5_5", f"{digest}_4_4"]


def test_new_and_deleted_files_count_from_zero_on_the_other_side(scene):
    found = scene.open({"gone.py": "a\nb\n"}, {"new.py": "x\ny\n", "gone.py": None})
    post(scene, found, scene.position(found, "new.py", None, 2))
    post(scene, found, scene.position(found, "gone.py", 2, None))
    assert [note.line_code.rpartition("_")[0].partition("_")[2] for note in found.notes] == ["0", "2"]
    assert [comment.text for comment in scene.lab.comments(found)] == ["y", "b"]


def test_a_context_line_before_a_sql_comment_makes_gitlab_miscount(scene):
    before = lines(12, l6="-- a comment", l7="-- z comment")
    found = scene.open({"q.sql": before}, {"q.sql": before.replace("-- a comment\n", "").replace("line 9\n", "nine\n")})
    # git: "line 9" is 9 and "nine" is 8; GitLab dropped the removed line 6 and counts 8 for the old number
    assert refused(scene, found, scene.position(found, "q.sql", 6, None)) == LINE_CODE
    assert refused(scene, found, scene.position(found, "q.sql", 9, None)) == LINE_CODE
    post(scene, found, scene.position(found, "q.sql", 8, None))
    post(scene, found, scene.position(found, "q.sql", None, 8))
    assert scene.lab.comments(found)[1].text == "nine"


def test_a_comment_removed_right_below_another_removed_line_is_counted(scene):
    before = lines(12, l6="first", l7="-- a comment")
    found = scene.open({"q.sql": before}, {"q.sql": before.replace("first\n-- a comment\n", "")})
    post(scene, found, scene.position(found, "q.sql", 7, None))
    assert scene.lab.comments(found)[0].text == "-- a comment"


def test_lines_split_on_line_feed_alone(scene):
    odd = "one\x0ctwo\rthree\u2028four\x85five\r\n"
    found = scene.open({"a.txt": "start\n"}, {"a.txt": f"start\n{odd}last\n"})
    post(scene, found, scene.position(found, "a.txt", None, 3))
    assert scene.lab.comments(found)[0].text == "last"


def test_a_rename_named_by_its_new_path_alone_looks_like_a_new_file(scene):
    found = scene.open({"old.py": lines(40)}, {"old.py": None, "new.py": lines(40, l20="changed")})
    post(scene, found, scene.position(found, "new.py", None, 20, old_path="old.py"))
    post(scene, found, scene.position(found, "new.py", None, 3))
    codes = [note.line_code.split("_", 1)[1] for note in found.notes]
    assert codes == ["21_20", "0_3"]
    assert refused(scene, found, scene.position(found, "new.py", None, 3, old_path="old.py")) == LINE_CODE


@pytest.mark.parametrize("absent", ["old_line", "base_sha", "head_sha"])
def test_an_incomplete_position_is_told_so(scene, edited, absent):
    position = scene.position(edited, "a.py", None, 20)
    position["new_line" if absent == "old_line" else absent] = None
    assert ':position=>["is incomplete"]' in refused(scene, edited, position)


def test_a_range_without_an_end_line_is_incomplete(scene, edited):
    line_range = {"start": {"type": "new", "new_line": 20}, "end": {"type": "new", "new_line": 21}}
    position = scene.position(edited, "a.py", None, None, line_range=line_range)
    assert ':position=>["is incomplete"]' in refused(scene, edited, position)


def test_a_missing_sha_is_named(scene, edited):
    position = scene.position(edited, "a.py", None, 20)
    del position["start_sha"]
    assert refused(scene, edited, position) == "position[start_sha] is missing"


def test_a_range_is_checked_for_its_keys_only(scene, edited):
    end = {"line_code": "anything_20_20", "type": "new", "old_line": None, "new_line": 21}
    line_range = {"start": {**end, "new_line": 20}, "end": end}
    post(scene, edited, scene.position(edited, "a.py", None, 21, line_range=line_range))
    (comment,) = scene.lab.comments(edited)
    assert (comment.first_text, comment.text) == ("added one", "added two")
    for bad in ({**end, "extra": 1}, {**end, "line_code": "x" * 101}, {**end, "type": "both"}):
        position = scene.position(edited, "a.py", None, 21, line_range={"start": bad, "end": end})
        assert "must be a valid json schema" in refused(scene, edited, position)


def test_a_whole_file_takes_a_comment_even_when_it_is_binary_or_too_large(scene):
    scene.lab.world.limits = replace(scene.lab.world.limits, patch_bytes=200)
    found = scene.open({}, {"big.py": lines(50), "logo.png": b"\x00\x01\x02"})
    for path in ("big.py", "logo.png"):
        assert refused(scene, found, scene.position(found, path, None, 1)) == LINE_CODE
        post(scene, found, scene.position(found, path, None, None, position_type="file"))
    assert [(comment.path, comment.text) for comment in scene.lab.comments(found)] == [
        ("big.py", None),
        ("logo.png", None),
    ]


def test_a_collapsed_file_still_has_its_lines(scene):
    scene.lab.world.limits = replace(scene.lab.world.limits, patch_bytes=2000)
    found = scene.open({}, {"middle.py": lines(50)})
    assert scene.listed(found, "diffs")[0]["collapsed"]
    post(scene, found, scene.position(found, "middle.py", None, 7))


def test_a_line_that_is_in_another_file_is_refused(scene, edited):
    assert refused(scene, edited, scene.position(edited, "b.py", None, 20)) == LINE_CODE


def test_unknown_commits_are_refused(scene, edited):
    position = {**scene.position(edited, "a.py", None, 20), "base_sha": "1" * 40, "start_sha": "1" * 40}
    assert refused(scene, edited, position) == LINE_CODE


def test_a_stale_position_moves_with_its_line(scene, edited):
    stale = scene.position(edited, "a.py", None, 20)
    scene.lab.push(edited, {"a.py": lines(40, l1="one\nhalf", l5="", l20="line 20\nadded one\nadded two")})
    created = post(scene, edited, stale)
    note = created.attributes["notes"][0]
    assert note["position"]["new_line"] == 21
    assert note["position"]["head_sha"] == edited.sha
    assert scene.lab.comments(edited)[0].text == "added one"


def test_a_stale_position_of_a_line_that_is_gone_is_kept_as_outdated(scene, edited):
    stale = scene.position(edited, "a.py", None, 20)
    scene.lab.push(edited, {"a.py": lines(40, l5="")})
    post(scene, edited, stale)
    (comment,) = scene.lab.comments(edited)
    assert comment.outdated
    assert (comment.text, comment.new_line) == ("added one", 20)


def test_a_push_moves_notes_and_outdates_those_whose_line_is_gone(scene, edited):
    post(scene, edited, scene.position(edited, "a.py", None, 21))
    post(scene, edited, scene.position(edited, "a.py", 5, None))
    post(scene, edited, scene.position(edited, "a.py", None, 20))
    scene.lab.push(edited, {"a.py": lines(40, l1="zero\nline 1", l5="", l20="line 20\nadded two")})
    moved, removed, gone = scene.lab.comments(edited)
    assert (moved.new_line, moved.text, moved.outdated) == (21, "added two", False)
    assert (removed.old_line, removed.text, removed.outdated) == (5, "line 5", False)
    assert (gone.text, gone.outdated) == ("added one", True)


def test_a_file_in_a_sibling_with_a_glob_for_a_name_is_taken_literally(scene):
    found = scene.open({}, {"[ab].py": "one\n", "a.py": "two\n"})
    post(scene, found, scene.position(found, "[ab].py", None, 1))
    assert scene.lab.comments(found)[0].text == "one"
