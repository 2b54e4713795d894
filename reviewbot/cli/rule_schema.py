"""`reviewbot rules schema`: the JSON Schema of rule files and of the repository's configuration, for editors."""

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    RULE = "rule"
    CONFIG = "config"


def schema(
    kind: Annotated[Kind, typer.Argument(help="Of a rule's front matter, or of .reviewbot.yml.")] = Kind.RULE,
) -> None:
    """Print the JSON Schema (draft 7) of a rule's front matter, or of .reviewbot.yml."""
    import json

    from reviewbot.core import configuration, rule_fields

    made = rule_fields.schema() if kind is Kind.RULE else configuration.schema()
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
