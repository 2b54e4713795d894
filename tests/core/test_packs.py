"""Which shipped rules count, by what each layer says of their packs."""

import pytest
import yaml

from reviewbot import resources
from reviewbot.core import rules
from reviewbot.core.packs import Pack, Shelf
from reviewbot.core.rulebooks import Layer
from reviewbot.wiring import packs

PACKS = Pack("go", "Go", "", ("go-a", "go-b"), ("go-a",)), Pack("sql", "SQL", "", ("sql-a",))


def read(pack, name):
    return rules.parse(f"---\nid: {name}\ntitle: {name}\n---\nWords.\n", f"{pack}/{name}.md")


def on(*said, instance=()):
    shelf = Shelf(PACKS, read, Layer("instance", packs=instance))
    return [rule.id for rule in shelf.under([Layer("project", packs=one) for one in said])[0].rules]


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ((), ["go-a"]),
        ((("go",),), ["go-a", "go-b"]),
        ((("!go", "sql"),), ["sql-a"]),
        ((("sql",), ("!sql",)), ["go-a"]),
        ((("!go",), ("go",)), ["go-a", "go-b"]),
        ((("go", "!go"),), []),
        ((("strange",),), ["go-a"]),
    ],
)
def test_the_last_word_of_the_nearest_layer_counts(said, counts):
    assert on(*said) == counts


def test_the_instance_speaks_first():
    assert on(instance=("sql",)) == ["go-a", "sql-a"]
    assert on(("!sql",), instance=("sql",)) == ["go-a"]


def test_a_rule_that_does_not_count_is_not_read():
    seen = []
    Shelf(PACKS, lambda pack, name: seen.append(name) or read(pack, name)).under()
    assert seen == ["go-a"]


def test_an_unknown_name_is_told_with_the_nearest_one():
    shelf = Shelf(PACKS, read)
    assert shelf.strange([Layer("project", packs=("go", "!sq", "zzzzzz"))]) == (
        "`packs` of the project names a pack that does not exist: sq; did you mean sql?",
        "`packs` of the project names a pack that does not exist: zzzzzz.",
    )
    many = shelf.strange([Layer("project", packs=tuple(f"{n}" * 300 for n in range(8)))])
    assert many[-1] == "`packs` names 3 more such packs."
    assert max(map(len, many)) < 200


def test_the_table_of_the_shipped_packs_is_true():
    folder = resources.folder("rules")
    table = yaml.safe_load((folder / "packs.yml").read_text("utf-8"))
    shipped = packs.shipped()
    assert [pack.name for pack in shipped] == sorted(table)
    for pack in shipped:
        assert pack.title
        assert pack.description
        assert list(pack.on) == list(table[pack.name].get("default", []))
        assert [packs.rule_of(pack.name, name).id for name in pack.ids] == list(pack.ids)
