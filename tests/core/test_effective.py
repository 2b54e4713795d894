from reviewbot.core import rulebooks
from reviewbot.core.effective import effective


def text(name, **fields):
    front = {"id": name, "title": name, **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + "---\nWords.\n"


def layer(name, *ids, disabled=(), folder="", **fields):
    return rulebooks.layer(name, [(f"{one}.md", text(one, **fields)) for one in ids], disabled=disabled, folder=folder)


def told(path, *layers):
    return {one.rule.id: (one.rule.layer, one.instead_of) for one in effective(layers, path, len)}


def test_each_rule_tells_its_layer_and_the_nearest_one_that_it_replaces():
    layers = layer("built-in", "x", "y"), layer("instance", "x"), layer("project", "x", "z")
    assert told("a.py", *layers) == {"x": ("project", "instance"), "y": ("built-in", ""), "z": ("project", "")}


def test_a_folders_rule_replaces_the_outer_one_in_the_folder_alone():
    layers = layer("project", "x"), layer("folder a", "x", folder="a"), layer("folder a/b", "x", folder="a/b")
    assert told("f.py", *layers) == {"x": ("project", "")}
    assert told("a/f.py", *layers) == {"x": ("folder a", "project")}
    assert told("a/b/f.py", *layers) == {"x": ("folder a/b", "folder a")}


def test_two_layers_of_one_name_are_told_apart():
    assert told("a.py", layer("group", "x"), layer("group", "x")) == {"x": ("group", "group")}


def test_a_rule_that_comes_twice_is_told_by_where_it_comes_from_last():
    """A group and the project take in the same file."""
    shared = layer("standards at v1", "x")
    assert told("a.py", shared, layer("group", "x"), shared) == {"x": ("standards at v1", "group")}


def test_what_is_taken_away_does_not_reach_a_path():
    assert told("a.py", layer("built-in", "x"), layer("project", disabled=("x",))) == {}


def test_words_cost_tokens_and_a_pattern_costs_none():
    layers = layer("project", "words"), layer("project", "hits", pattern="{regex: 'x'}")
    costs = {one.rule.id: one.tokens for one in effective(layers, "a.py", len)}
    assert costs == {"words": len("## words (warning, maintainability): words\nWords."), "hits": 0}
