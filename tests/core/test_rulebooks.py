import gc
import weakref

import pytest

from reviewbot.core import rulebooks, scopes


def text(name, body="Words.", **fields):
    lines = "\n".join(f"{key}: {value}" for key, value in {"id": name, "title": name, **fields}.items())
    return f"---\n{lines}\n---\n{body}\n"


def layer(name, *ids, disabled=(), folder="", **fields):
    return rulebooks.layer(name, [(f"{one}.md", text(one, **fields)) for one in ids], disabled=disabled, folder=folder)


def at(path, *layers):
    return {rule.id: rule.layer for rule in scopes.applicable(rulebooks.combine(layers), path)}


def test_the_nearer_rule_of_an_id_wins():
    assert at("a.py", layer("built-in", "x", "y"), layer("group", "x"), layer("project", "x")) == {
        "x": "project",
        "y": "built-in",
    }


def test_nearer_rules_stand_later_whatever_they_replace():
    """Who comes later has room in a prompt before others."""
    far, project, folder = layer("built-in", "x", "y", "z"), layer("project", "y"), layer("folder a", "x", folder="a")
    assert list(at("a/f.py", far, project, folder)) == ["z", "y", "x"]
    assert [one.id for one in scopes.Reach(rulebooks.combine((far, project, folder))).of("a/f.py")] == ["z", "y", "x"]


def test_disabled_takes_away_what_comes_from_afar_and_a_nearer_layer_brings_it_back():
    far, group = layer("built-in", "x", "y"), layer("group", disabled=("x",))
    assert at("a.py", far, group) == {"y": "built-in"}
    assert at("a.py", far, group, layer("project", "x")) == {"x": "project", "y": "built-in"}
    assert at("a.py", far, layer("project", "x", disabled=("x",))) == {"y": "built-in"}


def test_a_folders_rule_counts_in_the_folder_alone_and_its_globs_begin_there():
    project = layer("project", "x")
    api = layer("api", "x", "z", folder="services/api", paths='["/v1/"]')
    assert at("services/api/v1/a.py", project, api) == {"x": "api", "z": "api"}
    assert at("services/api/a.py", project, api) == {}  # the nearer x is for another path, and there is no farther one
    assert at("services/apis/v1/a.py", project, api) == {"x": "project"}
    assert at("v1/a.py", project, api) == {"x": "project"}


def test_an_inner_folder_wins_over_an_outer_one_and_can_switch_off():
    outer = layer("outer", "x", "y", folder="a")
    inner = layer("inner", "x", disabled=("y",), folder="a/b")
    assert at("a/b/f.py", inner, outer) == {"x": "inner"}
    assert at("a/f.py", inner, outer) == {"x": "outer", "y": "outer"}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (text("b", colour="red"), "b.md:4: colour"),
        ("no front matter", "b.md:1: no YAML front matter"),
        (text("a"), "b.md:2: the id 'a' is taken by a.md"),
        (text("b", pattern="{regex: '('}"), "b.md:4: pattern"),
    ],
)
def test_a_file_with_a_mistake_costs_itself_only(broken, told):
    made = rulebooks.layer("project", [("b.md", broken), ("a.md", text("a"))])
    assert [rule.id for rule in made.rules] == ["a"]
    [problem] = made.problems
    assert told in problem


def test_a_layers_expressions_together_have_a_size_and_those_beyond_cost_themselves_only():
    large = [(f"{n:02}.md", text(f"r{n}", pattern=f"{{regex: 'k{n}[a-z]{{1,999}}y'}}")) for n in range(30)]
    made = rulebooks.layer("project", [*large, ("last.md", text("words"))])
    assert 10 < len(made.rules) < 30
    assert made.rules[-1].id == "words"
    assert len(made.problems) == 31 - len(made.rules)
    (first, *_) = made.problems
    assert first.startswith(f"{len(made.rules) - 1}.md:4: the expressions of all rules together are too large")


def test_a_folder_that_takes_away_what_nobody_says_adds_nothing_to_what_is_looked_through():
    """200 folders with lists of 64 kB would be two million rules otherwise."""
    many = tuple(f"y{number}" for number in range(1_000))
    folders = [layer(f"f{number}", disabled=("x1", *many), folder=f"f{number}") for number in range(20)]
    assert [rule.id for rule in rulebooks.combine([layer("project", "x1"), *folders])] == ["x1"] * 21


@pytest.mark.parametrize("broken", ["---\nid: [\n---\nWords.\n", "---\nid: A B\ntitle: A\n---\nWords.\n", "Words."])
def test_a_mistake_is_found_once_for_each_file_and_its_text_is_not_kept(broken):
    class Text(str):
        __slots__ = ("__weakref__",)

    text = Text(f"{broken}{object()}")
    _, (first,) = rulebooks.tried("project", [("a.md", text)])
    _, (again,) = rulebooks.tried("project", [("a.md", text)])
    _, (other,) = rulebooks.tried("project", [("b.md", str(text))])
    assert (again is first, str(other)) == (True, str(first).replace("a.md", "b.md"))
    kept = weakref.ref(text)
    del text
    gc.collect()
    assert kept() is None


def test_a_list_of_ids_has_an_end():
    many = "".join(f"x{number}\n" for number in range(rulebooks.MOST_DISABLED + 2))
    found, problems = rulebooks.disabled(many, "disabled")
    assert len(found) == rulebooks.MOST_DISABLED
    assert [one.partition(": ")[0] for one in problems] == [f"disabled:{rulebooks.MOST_DISABLED + 1}"]
    found, problems = rulebooks.disabled("No id\n" * 10_000 + "x\n", "disabled")
    assert (found, len(problems)) == (("x",), 20)
