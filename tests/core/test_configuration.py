"""`.reviewbot.yml`: what a repository may set, and how a mistake is told."""

import pytest

from reviewbot.core.configuration import configure, strange_rules
from reviewbot.errors import ConfigurationError
from reviewbot.model.policy import ReviewPolicy


def test_no_file_leaves_the_operators_policy():
    assert configure(ReviewPolicy(), {}) == ReviewPolicy()


def test_lists_are_added_to_the_operators_and_values_replace_them():
    policy = configure(
        ReviewPolicy(exclude=("a/",)),
        {".reviewbot.yml": "exclude: [b/]\nmax_inline_comments: 3\ndisabled: [x]\ncontext: false\n"},
    )
    assert (policy.exclude, policy.max_inline_comments, policy.disabled_rules, policy.context) == (
        ("a/", "b/"),
        3,
        ("x",),
        False,
    )


def test_a_repository_cannot_switch_on_what_the_operator_switched_off():
    assert not configure(ReviewPolicy(context=False), {".reviewbot.yml": "context: true\n"}).context


def test_the_first_of_both_places_wins():
    files = {".gitlab/reviewbot.yml": "language: French", ".reviewbot.yml": "language: Dutch"}
    assert configure(ReviewPolicy(), files).language == "Dutch"


def test_guidance_is_read_once_when_both_files_are_equal():
    assert configure(ReviewPolicy(), {"AGENTS.md": "Use uv.\n", "CLAUDE.md": "Use uv."}).guidance == "Use uv."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exlude: [x]", "exlude: there is no such key (did you mean exclude?"),
        ("max_inline_comments: -1", "max_inline_comments"),
        ("max_cost_per_review: 100", "max_cost_per_review"),
        ("exclude: x", "exclude"),
        ("a: [", ".reviewbot.yml:2: "),
        ("language: Dutch\nexclude:\n- a/\n- '!'\n", ".reviewbot.yml:4: exclude[1]: A glob cannot be read"),
        ("exclude: x\nmax_inline_comments: -1", "; line 2: max_inline_comments: "),
        ("approve: true\napprove: false", ".reviewbot.yml:2: 'approve' is there twice"),
        ("a: &x [1]\nb: *x", "anchors"),
        ("[" * 3000, "YAML"),
        ("x" * 70_000, "larger"),
        ("- 1", "not a mapping"),
        ("labels: {size.large: big}", "size.large"),
        ("labels: {verdict.approved: [a]}", "labels.verdict.approved"),
        ("labels: {verdict.approved: 'a,b'}", "comma"),
        ("labels: {verdict.approved: reviewbot}", "trigger_labels"),
        ("trigger_labels: [go]\nlabels: {verdict.approved: go}", "trigger_labels"),
        ("ignored_labels: [off]\nlabels: {verdict.approved: off}", "ignored_labels"),
    ],
)
def test_a_mistake_names_the_file_and_the_place(text, words):
    with pytest.raises(ConfigurationError) as caught:
        configure(ReviewPolicy(), {".reviewbot.yml": text})
    assert ".reviewbot.yml" in str(caught.value)
    assert words in str(caught.value)


def test_a_disabled_id_that_no_rule_has_is_told_with_the_nearest_one():
    known = ["python-eval", "python-sql-injection", "js-eval"]
    assert strange_rules(["js-eval", "python-eval"], known) == ()
    assert strange_rules(["python-evall", "python-evall", "zzz"], known) == (
        "`disabled` names a rule that does not exist: python-evall; did you mean python-eval?",
        "`disabled` names a rule that does not exist: zzz.",
    )
    assert strange_rules(["guidance/cursor/zzz"], known) == ()  # guidance of folders without changes is not read
    misspelt = "`disabled` names a rule that does not exist: python-evall; did you mean python-eval?"
    assert strange_rules(["acme-no-float", "python-evall"], known, whole=False) == (misspelt,)
    many = strange_rules([f"{number}" * 300 for number in range(8)], known)
    assert (len(many), many[-1]) == (6, "`disabled` names 3 more such rules.")
    assert max(map(len, many)) < 200
