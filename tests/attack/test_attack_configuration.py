"""A repository's configuration that is meant to break its reviews: it is named as wrong, the review goes on."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import configuration, globs, rules
from reviewbot.errors import ConfigurationError
from reviewbot.model.policy import ReviewPolicy
from reviewbot.texts import configuration_at

RULE = """---
id: a-rule
title: A rule
{}
---
Words.
"""


@pytest.mark.parametrize("glob", ["!", "\\", "[z-a]", "a" * 70_000, "*a" * 20_000])
def test_a_glob_that_no_engine_takes_is_an_error_of_configuration(glob):
    with pytest.raises(ConfigurationError, match="glob"):
        globs.matcher([glob])


@pytest.mark.parametrize("key", ["exclude", "include", "security_paths", "ignored_branches"])
def test_a_wrong_glob_is_found_before_the_review_hangs_on_it(key):
    with pytest.raises(ConfigurationError, match="glob"):
        configuration.configure(ReviewPolicy(), {".reviewbot.yml": f"{key}: ['[z-a]']"})


@pytest.mark.parametrize(
    "text", ["exclude: 2001-99-99", "!!timestamp x: 1", f"max_inline_comments: {'9' * 5_000}", f"a: 0x{'f' * 5_000}"]
)
def test_a_value_over_which_the_yaml_library_stumbles_is_an_error_of_configuration(text):
    with pytest.raises(ConfigurationError, match=r"\.reviewbot\.yml"):
        configuration.configure(ReviewPolicy(), {".reviewbot.yml": text})


@pytest.mark.parametrize(
    "text",
    [
        "a: \0",
        "exclude: " + "[" * 20_000,
        "{" * 30_000,
        "? " + "a" * 60_000 + "\n: 1",
        "#" * 70_000,
        "!!python/object/apply:os.system ['id']",
        "a: &a [1]\nb: *a",
        "exclude: &a [x, *a]",
        "<<: {exclude: [a]}\n<<: 5",
        "a: 1\n---\nb: 2",
        "? [a]\n: 1",
        "- exclude",
        "5",
        "max_inline_comments: .nan",
        "max_inline_comments: true",
        "language: \x01",
        "trigger_labels: [null]",
        "=: 1",
    ],
)
def test_a_file_of_another_shape_is_named_as_such_and_shortly(text):
    with pytest.raises(ConfigurationError, match=r"\.reviewbot\.yml") as raised:
        configuration.configure(ReviewPolicy(), {".reviewbot.yml": text})
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("regex", ["[" * 3_000, "(?=a)", "\\1", "(a{1,1000}){1,1000}", "a|", "\\C*"])
def test_an_expression_that_is_not_linear_or_none_is_named_shortly(regex):
    with pytest.raises(ConfigurationError, match=r"rule\.md") as raised:
        rules.parse(RULE.format(f"pattern: {{regex: '{regex}'}}"), "rule.md")
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("glob", ["*a" * 150 + "b", "**/a" * 60 + "b", "[a-z]*" * 40 + "!", "a*" * 20 + "b", "?" * 250])
def test_a_catastrophic_glob_is_matched_like_any_other(glob):
    """A backtracking engine would not come back from the first of these."""
    assert not globs.matcher([glob]).match_file("a" * 4_000 + "/" + "a" * 60_000)


ALPHABET = "-:{}[]&*!|>'\"%@`#,?\n \t\x85\u2028aé0._~<=/"
EXAMPLE = "exclude: ['docs/**', a]\nlanguage: German\nmax_inline_comments: 5\n"


@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.text(ALPHABET, max_size=4)), max_size=6))
def test_any_text_is_a_policy_or_an_error_of_configuration(insertions):
    text = EXAMPLE
    for place, inserted in insertions:
        text = text[:place] + inserted + text[place:]
    with contextlib.suppress(ConfigurationError):
        configuration.configure(ReviewPolicy(), {".reviewbot.yml": text})
    with contextlib.suppress(ConfigurationError):
        rules.parse(RULE.format(text), "rule.md")


class Files:
    """A repository of these files at every commit."""

    def __init__(self, files):
        self.files = files

    def read(self, sha, paths, largest=None):
        return {path: self.files[path] for path in paths if path in self.files}


@pytest.mark.parametrize("data", [b"exclude: [a]\0", "exclude: [é]".encode("utf-16"), b"\xff", b"#" * 2_000_001])
@pytest.mark.parametrize("path", [".reviewbot.yml", "AGENTS.md", ".gitattributes"])
def test_a_file_of_the_owners_that_cannot_be_read_is_not_passed_over_in_silence(path, data):
    texts, notices = configuration_at(Files({path: data, "CLAUDE.md": b"Be kind."}), "a" * 40)
    assert texts == {"CLAUDE.md": "Be kind."}
    assert len(notices) == 1
    assert path in notices[0]


@pytest.mark.parametrize("field", ["paths: ['[z-a]']", "message: !!timestamp x", "message: 2001-99-99"])
def test_a_rule_over_which_a_library_stumbles_is_an_error_of_configuration(field):
    with pytest.raises(ConfigurationError, match=r"rule\.md"):
        rules.parse(RULE.format(field), "rule.md")
