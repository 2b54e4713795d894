"""A rule's id into `disabled` of a project's `.reviewbot.yml`, with every comment and all else left as it is."""

import json
from dataclasses import replace

import yaml

from reviewbot.core import configuration
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.model.policy import ReviewPolicy

_KEY = "disabled"


def disable(text: str, path: str, rule_id: str) -> str:
    """The text of the file `path` with the id added; an empty text makes a new file.

    What comes out is read again and differs by the id alone. Raises `ConfigurationError` when the file has mistakes,
    or is written so that the place for the id is not found, `UsageError` when the id is in it already.
    """
    before = _read(text, path)
    if rule_id in before.disabled_rules:
        raise UsageError(f"The rule {rule_id} is muted already: {path} names it in `{_KEY}`", mend="nothing is to do")
    after = _with(text, _item(rule_id))
    by_hand = ConfigurationError(
        f"{path} is written in a way that cannot be changed without touching the rest of it",
        mend=f"add the id by hand: {_KEY}: [{rule_id}]",
    )
    try:
        read = _read(after, path)
    except ConfigurationError as error:
        raise by_hand from error
    if read != replace(before, disabled_rules=(*before.disabled_rules, rule_id)):
        raise by_hand
    return after


def _read(text: str, path: str) -> ReviewPolicy:
    return configuration.configure(ReviewPolicy(), {path: text})


def _item(rule_id: str) -> str:
    """The id as YAML reads it back: `no` and `1.5` are no texts to it without quotes."""
    return rule_id if yaml.safe_load(rule_id) == rule_id else json.dumps(rule_id)


def _with(text: str, item: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    value = next((value for key, value in pairs if key.value == _KEY), None)
    if value is None:
        whole = text if not text or text.endswith("\n") else f"{text}{end}"
        return f"{whole}{_KEY}:{end}  - {item}{end}"
    if isinstance(value, yaml.SequenceNode):
        return _in_flow(text, value, item) if value.flow_style else _in_block(text, value, item, end)
    if value.start_mark.index == value.end_mark.index:  # the key, and nothing behind it
        return _after_line(text, value.start_mark.index, f"  - {item}", end)
    return f"{text[: value.start_mark.index]}[{item}]{text[value.end_mark.index :]}"


def _in_flow(text: str, value: yaml.SequenceNode, item: str) -> str:
    if not value.value:
        at = value.end_mark.index - 1
        return f"{text[:at].rstrip(' ')}{item}{text[at:]}"
    at = value.value[-1].end_mark.index
    return f"{text[:at]}, {item}{text[at:]}"


def _in_block(text: str, value: yaml.SequenceNode, item: str, end: str) -> str:
    last = value.value[-1]
    return _after_line(text, last.end_mark.index, f"{' ' * value.start_mark.column}- {item}", end)


def _after_line(text: str, at: int, line: str, end: str) -> str:
    """`text` with a line of its own after the one that the character number `at` is in."""
    stop = text.find("\n", at)
    if stop < 0:
        return f"{text}{end}{line}{end}"
    return f"{text[: stop + 1]}{line}{end}{text[stop + 1 :]}"
