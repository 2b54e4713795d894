"""The schemas are strict and carry the names of the contract."""

from reviewbot.core.schemas import SCHEMAS


def objects(schema):
    if schema.get("type") == "object":
        yield schema
    for part in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        yield from objects(part)


def test_every_object_requires_all_its_properties_and_no_others():
    for schema in SCHEMAS.values():
        for one in objects(schema):
            assert one["required"] == list(one["properties"])
            assert one["additionalProperties"] is False


def test_the_names_are_those_of_the_contract():
    names = {name: list(list(objects(schema))[-1]["properties"]) for name, schema in SCHEMAS.items()}
    assert names == {
        "findings": ["path", "start", "end", "quote", "severity", "category", "rule", "title", "body", "suggestion"],
        "verdicts": ["id", "verdict", "severity", "reason"],
        "summary": ["path", "change"],
        "reply": ["reply", "concede", "suggestion"],
    }
    finding = list(objects(SCHEMAS["findings"]))[-1]["properties"]
    assert finding["severity"]["enum"] == ["critical", "warning", "suggestion"]
    assert [name for name, one in finding.items() if one["type"] == ["string", "null"]] == ["rule", "suggestion"]
