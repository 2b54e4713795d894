"""The schemas that editors use are those of the files, and say something of every key."""

import json
from pathlib import Path

import pytest

from reviewbot.core import configuration, rule_fields, rules
from reviewbot.errors import ConfigurationError

PUBLISHED = Path(__file__).parent.parent.parent / "docs" / "schemas"
MADE = {"rule": rule_fields.schema, "config": configuration.schema}


@pytest.mark.parametrize("name", MADE)
def test_the_published_schema_is_the_one_that_the_code_checks_by(name):
    told = json.loads((PUBLISHED / f"{name}.json").read_text("utf-8"))
    assert told == MADE[name](), f"reviewbot rules schema {name} > docs/schemas/{name}.json"


@pytest.mark.parametrize("name", MADE)
def test_every_key_of_a_schema_is_described_and_no_other_is_allowed(name):
    made = MADE[name]()
    for part in (made, *made.get("$defs", {}).values()):
        assert part["additionalProperties"] is False
        assert [key for key, value in part["properties"].items() if not value.get("description")] == []


@pytest.mark.parametrize("name", MADE)
def test_the_parts_of_a_schema_have_plain_names(name):
    made = MADE[name]()
    parts = made["$defs"]
    assert sorted(parts) == {"rule": ["Examples", "Pattern"], "config": ["IncludedRules"]}[name]
    assert all(part["title"] == of for of, part in parts.items())
    assert all(f'"#/$defs/{of}"' in json.dumps(made["properties"]) for of in parts)


def test_what_the_schema_demands_is_what_the_parser_demands():
    made = rule_fields.schema()
    assert made["required"] == ["id", "title"]
    for name in made["properties"]["category"]["enum"]:
        rules.parse(f"---\nid: a\ntitle: A\ncategory: {name}\n---\nWords.\n", "a.md")
    with pytest.raises(ConfigurationError):
        rules.parse("---\nid: a\ntitle: A\ncategory: other\n---\nWords.\n", "a.md")
