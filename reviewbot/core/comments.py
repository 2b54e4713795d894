"""A finding -> the words of its inline comment."""

import re
from collections.abc import Collection

from reviewbot.core import phrases, suggestions
from reviewbot.core.inlines import code, hidden
from reviewbot.core.phrases import Phrases
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.core.suggestions import Suggestion
from reviewbot.model.finding import Finding, Severity

ICONS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.SUGGESTION: "🔵"}

_COMMAND = re.compile(r"(?m)^\s*/[A-Za-z_]")


def render(
    finding: Finding,
    suggestion: Suggestion | None,
    marker: str,
    end_line: int | None,
    hosts: Collection[str] = (),
    language: str = "English",
) -> str:
    """What is wrong, why, and the mend, as short as the finding is; the marker is the last line.

    `suggestion` is applicable only where the comment stands on `end_line` of the new file as GitLab counts; without
    one of both the suggested code is shown as plain code.
    """
    words = phrases.of(language)
    mend = _mend(finding, suggestion, end_line, words)
    parts = [*heading(finding, hosts, language), sanitise(finding.body, hosts), mend, marker]
    return "\n\n".join(part for part in parts if part)


def render_for_file(finding: Finding, marker: str, hosts: Collection[str] = (), language: str = "English") -> str:
    """The comment for a position that is the file as a whole: it names the line and cannot apply a suggestion."""
    words = phrases.of(language)
    label, title = heading(finding, hosts, language)
    place, mend = where(finding, language), _mend(finding, None, None, words)
    parts = [f"{label} · {place}", title, sanitise(finding.body, hosts), mend, marker]
    return "\n\n".join(part for part in parts if part)


def heading(finding: Finding, hosts: Collection[str] = (), language: str = "English") -> tuple[str, str]:
    """The line with severity, category and rule, and the title in bold."""
    words = phrases.of(language)
    rule = f" · {words('summary.rule', rule=code(finding.rule))}" if finding.rule else ""
    kind = f"{words(f'severity.{finding.severity}')} · {words(f'category.{finding.category}')}"
    label = f"{ICONS[finding.severity]} **{kind}**{rule}"
    return "".join((label, *(f" · {word}" for word in standing(finding, language)))), _bold(finding.title, hosts)


def standing(finding: Finding, language: str = "English") -> tuple[str, ...]:
    """What a reader should know of how sure it is: several reviewers found it (each pass is one), or a rule's pattern
    and reviewers did, or it could not be proven.
    """
    words = phrases.of(language)
    agreed: tuple[str, ...] = ()
    if finding.votes > 1:
        by_rule = finding.source == "pattern"  # which has one of the votes
        agreed = (words.many("rule_agrees", finding.votes - 1) if by_rule else words.many("agree", finding.votes),)
    return (*agreed, words("summary.not_proven")) if finding.certainty == "unproven" else agreed


def _bold(title: str, hosts: Collection[str] = ()) -> str:
    """A title in bold, unless asterisks of its own would break that."""
    safe = sanitise_line(title, hosts)
    return f"**{safe}**" if safe and "*" not in safe else safe


def where(finding: Finding, language: str = "English") -> str:
    """As in: line 4, lines 4-7, removed line 4."""
    first, last = finding.anchor.lines
    words = phrases.of(language)
    removed = "removed_" if finding.anchor.side == "old" else ""
    if first == last:
        return words(f"summary.{removed}line", line=last)
    return words(f"summary.{removed}lines", lines=f"{first}-{last}")


def _mend(finding: Finding, suggestion: Suggestion | None, end_line: int | None, words: Phrases) -> str:
    if suggestion is not None and end_line is not None:
        block = suggestions.block(suggestion, end_line)
        # GitLab has taken lines that look like quick actions for such in a fence of more than three backticks.
        command = block.startswith("````") and _COMMAND.search(suggestion.text)
        if not command and not hidden(suggestion.text.replace("\r\n", "\n")):
            return block
    if finding.suggestion is None:
        return ""
    return f"{words('summary.code')}\n\n{fenced(finding.suggestion)}"
