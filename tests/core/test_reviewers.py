"""Reviewers are files; what is wrong with one is said with its name."""

import pytest

from reviewbot import resources
from reviewbot.core import reviewers
from reviewbot.core.prompts import Templates
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError
from reviewbot.model.chunk import Chunk, Piece
from reviewbot.model.diff import Change, FileDiff, Hunk, Line

GOOD = "---\nid: one\ntitle: One\ntiers: [full, lite, trivial]\n---\nLook closely.\n"
SHIPPED = {one.id: one for one in reviewers.load(resources.folder("prompts"))}


def folder_with(tmp_path, **files):
    (tmp_path / "reviewers").mkdir()
    for name, text in files.items():
        (tmp_path / "reviewers" / f"{name}.md").write_text(text)
    return tmp_path


def chunk(path, *lines, old_path=None):
    made = tuple(
        Line(text[0], None if text[0] == "+" else 1, None if text[0] == "-" else 1, text[1:]) for text in lines
    )
    file = FileDiff(old_path or path, path, Change.MODIFIED, hunks=(Hunk(1, 1, 1, 1, "", made),))
    return Chunk((Piece(file, file.hunks),), 10)


def asked(made, tier="full", *, ruled=False):
    return {one.id for one in SHIPPED.values() if tier in one.tiers and one.concerned(made, ruled=ruled)}


def test_the_shipped_reviewers_are_short():
    assert all(Counter().count(reviewer.body) <= 600 for reviewer in SHIPPED.values())


def test_each_says_what_to_flag_what_not_and_from_where_on():
    for reviewer in SHIPPED.values():
        assert "Do not" in reviewer.body or "Leave out" in reviewer.body, reviewer.id
        assert "xample" in reviewer.body, reviewer.id
        if reviewer.id != "general":
            assert "Threshold:" in reviewer.body, reviewer.id


def test_the_tier_decides_who_is_asked():
    code = chunk("shop/orders.py", "+    return total")
    assert asked(code, "trivial") == {"general"}
    assert asked(code, "lite") == {"correctness", "security", "performance"}
    assert asked(code) == {"correctness", "security", "performance", "tests"}
    assert asked(code, ruled=True) == {"correctness", "security", "performance", "tests", "compliance"}


@pytest.mark.parametrize(
    ("made", "who"),
    [
        (chunk("db/migrations/0004_tax.py", "+x = 1"), "release"),
        (chunk("app/models.py", "+ALTER TABLE orders ADD COLUMN tax int"), "release"),
        (chunk("README.md", "+text"), "documentation"),
        (chunk("cli.py", '+parser.add_argument("--retries", default=5)'), "documentation"),
        (chunk("package.json", '+  "packageManager": "pnpm@9"'), "agents_md"),
        (chunk("app/old.py", "+x", old_path="migrations/old.sql"), "release"),
    ],
)
def test_a_specialist_is_asked_where_the_change_concerns_it(made, who):
    assert who in asked(made)


def test_unchanged_lines_concern_nobody():
    assert "release" not in asked(chunk("app/models.py", " ALTER TABLE orders ADD COLUMN tax int", "+x = 1"))


def test_any_number_of_files_is_read_by_id(tmp_path):
    folder = folder_with(tmp_path, b=GOOD, a=GOOD.replace("one", "two"))
    loaded = reviewers.load(folder)
    assert [reviewer.id for reviewer in loaded] == ["one", "two"]
    assert loaded[0].tiers == ("trivial", "lite", "full")
    assert loaded[0].body == "Look closely."


def test_an_instance_adds_reviewers_and_replaces_shipped_ones(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "naming.md").write_text(GOOD.replace("one", "naming"))
    (own / "security.md").write_text(GOOD.replace("one", "security").replace("closely", "for holes"))
    loaded = {one.id: one for one in reviewers.load(resources.folder("prompts"), own)}
    assert set(loaded) == {*SHIPPED, "naming"}
    assert loaded["security"].body == "Look for holes."
    assert reviewers.load(resources.folder("prompts"), tmp_path / "none") == tuple(SHIPPED.values())


def test_what_an_instance_adds_is_part_of_the_prompts_version(tmp_path):
    folder = resources.folder("prompts")
    own = folder_with(tmp_path, naming=GOOD) / "reviewers"
    assert Templates(folder, reviewers.load(folder, own)).version != Templates(folder, reviewers.load(folder)).version


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("[full, lite, trivial]", "[hard]"), "broken.md:4: tiers"),
        (GOOD.replace("[full, lite, trivial]", "7"), "broken.md:4: tiers"),
        (GOOD.replace("title: One\n", ""), "title"),
        (GOOD.replace("title: One", "title: One\nmodel: x"), "broken.md:4: model"),
        (GOOD.replace("title: One", "title: One\nbudget: 0"), "broken.md:4: budget"),
        (GOOD.replace("title: One", "title: One\nlines: ['(a']"), "broken.md:4: lines"),
        (GOOD.replace("title: One", "title: One\nlines: ['(?=a)']"), "broken.md:4: lines"),
        (GOOD.replace("title: One", "title: One\nneeds: luck"), "broken.md:4: needs"),
        (GOOD.replace("id: one", "id: '../one'"), "broken.md:2: id"),
        (GOOD.replace("Look closely.", ""), "empty"),
        ("Look closely.", "front matter"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, problem):
    with pytest.raises(ConfigurationError, match=problem) as raised:
        reviewers.load(folder_with(tmp_path, broken=text))
    assert "reviewers/broken.md" in str(raised.value)


def test_a_file_that_is_no_text_is_named(tmp_path):
    folder = folder_with(tmp_path, good=GOOD)
    (folder / "reviewers" / "broken.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"reviewers/broken\.md cannot be read"):
        reviewers.load(folder)


def test_two_reviewers_with_one_id_none_at_all_and_a_tier_without_are_refused(tmp_path):
    folder = folder_with(tmp_path)
    with pytest.raises(ConfigurationError, match="No reviewer in"):
        reviewers.load(folder)
    (folder / "reviewers" / "a.md").write_text(GOOD.replace(", trivial", ""))
    with pytest.raises(ConfigurationError, match="tier trivial"):
        reviewers.load(folder)
    for name in ("a", "b"):
        (folder / "reviewers" / f"{name}.md").write_text(GOOD)
    with pytest.raises(ConfigurationError, match="`one`"):
        reviewers.load(folder)
