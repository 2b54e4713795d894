"""Reviewers are files; what is wrong with one is said with its name."""

import pytest

from reviewbot import resources
from reviewbot.core import reviewers
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError

GOOD = "---\nid: one\ntitle: One\ntiers: [full, lite]\n---\nLook closely.\n"


def test_the_shipped_reviewers_are_short_and_ask_for_every_tier():
    shipped = reviewers.load(resources.folder("prompts"))
    assert {tier for reviewer in shipped for tier in reviewer.tiers} == {"trivial", "lite", "full"}
    assert all(Counter().count(reviewer.body) <= 600 for reviewer in shipped)


def test_any_number_of_files_is_read_by_name(tmp_path):
    folder = tmp_path / "reviewers"
    folder.mkdir()
    (folder / "b.md").write_text(GOOD)
    (folder / "a.md").write_text(GOOD.replace("one", "two"))
    loaded = reviewers.load(tmp_path)
    assert [reviewer.id for reviewer in loaded] == ["two", "one"]
    assert loaded[0].tiers == ("lite", "full")
    assert loaded[0].body == "Look closely."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("[full, lite]", "[hard]"), "tiers"),
        (GOOD.replace("[full, lite]", "full"), "tiers"),
        (GOOD.replace("title: One\n", ""), "title"),
        (GOOD.replace("title: One", "title: One\nmodel: x"), "model"),
        (GOOD.replace("Look closely.", ""), "empty"),
        ("Look closely.", "front matter"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, problem):
    (tmp_path / "reviewers").mkdir()
    (tmp_path / "reviewers" / "broken.md").write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as raised:
        reviewers.load(tmp_path)
    assert "reviewers/broken.md" in str(raised.value)


def test_two_reviewers_with_one_id_and_none_at_all_are_refused(tmp_path):
    (tmp_path / "reviewers").mkdir()
    with pytest.raises(ConfigurationError, match="No reviewer"):
        reviewers.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "reviewers" / f"{name}.md").write_text(GOOD)
    with pytest.raises(ConfigurationError, match="`one`"):
        reviewers.load(tmp_path)
