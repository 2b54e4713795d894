"""Lists of rules: of a file, of a change, of a project."""

from dataclasses import replace

import pytest

from reviewbot.core import commands, phrases, rule_listing, rule_markdown
from reviewbot.core.rulebooks import Layer
from reviewbot.core.rules import parse

ENGLISH = phrases.of("English")


def rule(name, *, pattern=False, layer="built-in", folder="", body="Words.", status="approved", **more):
    front = "pattern:\n  regex: x\n" if pattern else ""
    made = parse(f"---\nid: {name}\ntitle: About {name}\n{front}---\nIt MUST be. {body}\n", f"{name}.md")
    return replace(made, layer=layer, folder=folder, status=status, **more)


def layers(*rules, **disabled):
    names = dict.fromkeys([*(one.layer for one in rules), *disabled])
    return [
        Layer(
            name,
            tuple(one for one in rules if one.layer == name),
            tuple(disabled.get(name, ())),
            next((one.folder for one in rules if one.layer == name), ""),
        )
        for name in names
    ]


def test_a_file_has_the_rules_that_reach_it_with_their_source_and_cost():
    found = rule_listing.of_path(
        layers(rule("a"), rule("b", pattern=True), rule("a", layer="project"), rule("go", languages=("go",))),
        "x.py",
        len,
        16_000,
    )
    assert [(one.rule.id, one.kind, one.source, one.instead_of) for one in found.rows] == [
        ("b", "pattern", "built-in: b.md", ""),
        ("a", "words", "project: a.md", "built-in"),
    ]
    assert (found.rows[0].tokens, found.rows[1].tokens > 0, found.most) == (0, True, 4_000)
    assert found.tokens == found.rows[1].tokens
    assert found.crowded == ()


def test_rules_without_room_in_the_prompt_of_a_file_are_named():
    large = [rule(f"r{number}", body="word " * 100) for number in range(4)]
    found = rule_listing.of_path(layers(*large, rule("p", pattern=True)), "x.py", len, 4_800)
    assert [one.rule.id for one in found.crowded] == ["r0", "r1"]
    assert "Without room in the prompt of this file: `r0`, `r1`" in rule_markdown.of_path(found, ENGLISH)


def test_a_project_has_every_rule_with_the_layer_that_took_it_away():
    listing = rule_listing.of_project(
        layers(
            rule("a"),
            rule("b"),
            rule("c"),
            rule("a", layer="project"),
            rule("b", layer="legacy", folder="legacy"),
            project=["c"],
        ),
        len,
        16_000,
    )
    told = [(one.rule.id, one.rule.layer, one.instead_of, one.replaced_by, one.off_by) for one in listing.rows]
    assert told == [
        ("b", "legacy", "built-in", "", ""),
        ("a", "project", "built-in", "", ""),
        ("a", "built-in", "", "project", ""),
        ("b", "built-in", "", "", ""),
        ("c", "built-in", "", "", "project"),
    ]
    assert [one.rule.id for one in listing.counting] == ["b", "a", "b"]
    assert listing.tokens == sum(one.tokens for one in listing.counting)


def test_what_a_near_layer_brings_back_counts_and_what_it_disables_of_its_own_does_not():
    listing = rule_listing.of_project(
        layers(rule("a"), rule("a", layer="group"), rule("a", layer="project"), group=["a"]), len, 16_000
    )
    assert [(one.rule.layer, one.replaced_by, one.off_by) for one in listing.rows] == [
        ("project", "", ""),
        ("group", "", "group"),
        ("built-in", "group", ""),
    ]


def test_the_rules_of_a_change_are_counted_by_layer_each_once():
    found = rule_listing.of_files(
        layers(rule("a"), rule("go", languages=("go",)), rule("b", layer="project", status="draft")),
        ["x.py", "y.py"],
        len,
    )
    assert [one.rule.id for one in found] == ["a", "b"]
    told = rule_markdown.by_layer(found, 2, "@bot config PATH", ENGLISH)
    assert "2 rules for 2 changed files" in told
    assert "`@bot config PATH`" in told
    cost = found[0].tokens
    assert f"| `built-in` | 1 | 0 | 1 | 0 | {cost} |" in told
    assert f"| `project` | 1 | 0 | 0 | 1 | {cost} |" in told


def test_a_rule_of_a_folder_is_counted_where_a_file_of_the_change_is_in_it():
    book = layers(rule("a"), rule("a", layer="project"), rule("a", layer="folder api", folder="api"))

    def counted(*paths):
        return [one.rule.layer for one in rule_listing.of_files(book, paths, len)]

    assert counted("x.py") == ["project"]
    assert counted("api/x.py") == ["folder api"]
    assert counted("x.py", "api/x.py") == ["project", "folder api"]
    assert counted() == []


def test_a_table_stays_short_and_one_cell_a_cell():
    many = [rule(f"r{number:03}") for number in range(150)]
    hostile = replace(many[0], origin="a|b`c\n@all" + "x" * 500)
    found = rule_listing.of_path(layers(hostile, *many[1:]), "x|y.py", len, 16_000)
    told = rule_markdown.of_path(found, ENGLISH)
    rows = [line for line in told.split("\n") if line.startswith("| `")]
    assert len(rows) == 100
    assert {line.count("|") for line in rows} == {7}
    assert "and 50 more" in told
    assert len(told) < 20_000


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("config", ""),
        ("config please", ""),
        ("config src/a.py", "src/a.py"),
        ("config ./src/a.py please", "src/a.py"),
        ("config `my file.py`", "my file.py"),
        ("config `a.py` now", "a.py"),
        ("config /a.py", "a.py"),
    ],
)
def test_config_takes_a_path(words, path):
    name, arguments = commands.parse(words)
    assert (name, commands.path_of(arguments)) == ("config", path)


@pytest.mark.parametrize("words", ["config this is wrong", "config seems to be wrong"])
def test_a_sentence_about_the_configuration_is_none_about_a_path(words):
    assert commands.parse(words)[0] == commands.QUESTION


@pytest.mark.parametrize("language", ["German", "Japanese"])
def test_the_table_is_in_the_projects_language(language):
    found = rule_listing.of_path(layers(rule("a"), rule("b", pattern=True)), "x.py", len, 16_000)
    told = rule_markdown.of_path(found, phrases.of(language))
    assert "approved" not in told
    assert "pattern" not in told
