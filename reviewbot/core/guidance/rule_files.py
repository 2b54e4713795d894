"""A rule as the file that its owner goes on with."""

import re

import yaml

from reviewbot.core.framing import visible
from reviewbot.model.rule import Rule


def name(rule: Rule) -> str:
    """The name of its file, in one folder with all others."""
    return f"{re.sub(r'[^a-z0-9._-]', '-', rule.id)}.md"


def text(rule: Rule) -> str:
    """Front matter, the rule in words, and a last line that says where it is from."""
    fields: dict[str, object] = {
        "id": rule.id,
        "title": visible(rule.title),
        "severity": rule.severity.value,
        "category": rule.category.value,
        "status": rule.status,
    }
    if rule.paths:
        fields["paths"] = list(rule.paths)
    plain = all(map(str.isprintable, rule.paths))  # PyYAML takes some signs for ends of lines, unless they are escaped
    front = yaml.safe_dump(fields, sort_keys=False, allow_unicode=plain, width=10_000, default_flow_style=False)
    body = visible(rule.body.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return f"---\n{front}---\n\n{body}\n\nImported from `{rule.origin}`.\n"
