"""Another `status` in a rule file, with every comment and all else left as it is."""

import re
from collections.abc import Iterable
from dataclasses import replace

from reviewbot.core import rfc2119, rules
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.model.rule import Rule, Status

RANKS: tuple[Status, ...] = ("draft", "approved", "enforced")
_FENCE = "---"
_STATUS = re.compile(r"(status[ \t]*:[ \t]*)([^\s#]+)(.*)", re.DOTALL)
_ENFORCEMENT = re.compile(r"enforcement[ \t]*:")


def following(status: Status) -> Status:
    """The status that comes after; the last one stays."""
    return RANKS[min(RANKS.index(status) + 1, len(RANKS) - 1)]


def promote(text: str, origin: str, to: Status, copied_from: str = "") -> str:
    """The rule file's text with the status `to`. `copied_from`: where it was copied from, for a line that says so.

    What comes out is read again and differs by status and enforcement alone. Raises `UsageError` when the rule has
    that status or a higher one already, or says nothing that MUST hold and is to be enforced; `ConfigurationError`
    when the file has mistakes, or is written so that the place for the status is not found.
    """
    before = rules.parse(text, origin)
    if RANKS.index(before.status) >= RANKS.index(to):
        raise UsageError(f"The rule {before.id} is {before.status} already ({origin})", mend="nothing is to do")
    if to == "enforced" and rfc2119.stated(before.body) != "must":
        raise UsageError(
            f"The rule {before.id} does not say what MUST hold, so it cannot be enforced ({origin})",
            mend="say it with MUST, MUST NOT, SHALL or REQUIRED in capitals, or leave it approved",
        )
    after = _with(text, to, copied_from)
    by_hand = ConfigurationError(
        f"{origin} is written in a way that cannot be changed without touching the rest of it",
        mend=f"write `status: {to}` into its front matter by hand",
    )
    try:
        read = rules.parse(after, origin)
    except ConfigurationError as error:
        raise by_hand from error
    if read.status != to or _but_force(read) != _but_force(before):
        raise by_hand
    return after


def file_name(rule_id: str, taken: Iterable[str]) -> str:
    """The name of a rule file for a copy, that is not among those `taken`."""
    plain, names = rule_id.replace("/", "-"), set(taken)
    candidates = (f"{plain}{number}.md" for number in ("", *(f"-{count}" for count in range(2, len(names) + 3))))
    return next(name for name in candidates if name not in names)


def _but_force(rule: Rule) -> Rule:
    return replace(rule, status="approved", enforcement="advise", level="should")


def _with(text: str, to: Status, copied_from: str) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    close = next(number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE)
    # What stands at the very left of the front matter is a key: all else is indented (YAML 1.2, 8.2.2).
    head = [line for line in lines[1:close] if not _ENFORCEMENT.match(line)]
    found = [_STATUS.fullmatch(line) for line in head]
    if any(found):
        head = [f"{match[1]}{to}{match[3]}" if match else line for match, line in zip(found, head, strict=True)]
    else:
        head.append(f"status: {to}{end}")
    told = [f"# Copied from {copied_from}: its own rule goes before that one.{end}"] if copied_from else []
    return "".join((lines[0], *told, *head, *lines[close:]))
