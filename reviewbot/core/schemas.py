"""JSON schemas of the answers, strict: every property is required, none may be added."""

from collections.abc import Mapping
from typing import Any

from reviewbot.model.finding import Category, Severity

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_SEVERITY: Schema = {"type": "string", "enum": [str(severity) for severity in Severity]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(**properties: Schema) -> Schema:
    return {"type": "array", "items": _object(**properties)}


SCHEMAS: Mapping[str, Schema] = {
    "findings": _object(
        findings=_list(
            path=_TEXT,
            start=_TEXT,
            end=_TEXT,
            quote=_TEXT,
            severity=_SEVERITY,
            category={"type": "string", "enum": [str(category) for category in Category]},
            rule=_TEXT_OR_NULL,
            title=_TEXT,
            body=_TEXT,
            suggestion=_TEXT_OR_NULL,
        )
    ),
    "verdicts": _object(
        verdicts=_list(
            id=_TEXT,
            verdict={"type": "string", "enum": ["confirmed", "unproven", "refuted"]},
            severity=_SEVERITY,
            reason=_TEXT,
        )
    ),
    "reply": _object(reply=_TEXT, concede={"type": "boolean"}, suggestion=_TEXT_OR_NULL),
    "summary": _object(summary=_TEXT, walkthrough=_list(path=_TEXT, change=_TEXT)),
}
"""What `response_format` carries, by the fixed name (`SchemaName`) of the schema."""
