"""A repository's configuration that is meant to break its reviews: it is named as wrong, the review goes on."""

import pytest

from reviewbot.core import configuration, globs, rules
from reviewbot.errors import ConfigurationError
from reviewbot.model.policy import ReviewPolicy

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


@pytest.mark.parametrize("field", ["paths: ['[z-a]']", "message: !!timestamp x", "message: 2001-99-99"])
def test_a_rule_over_which_a_library_stumbles_is_an_error_of_configuration(field):
    with pytest.raises(ConfigurationError, match=r"rule\.md"):
        rules.parse(RULE.format(field), "rule.md")
