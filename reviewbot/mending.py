"""Suggestions tried on their files, where a file that is too hard for a parser costs its suggestions only."""

from collections.abc import Mapping, Sequence

from reviewbot.core import suggestions
from reviewbot.errors import TooHard
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding
from reviewbot.ports import Isolation


def verified(
    findings: Sequence[Finding], diff: Diff, texts: Mapping[str, str], isolation: Isolation
) -> Mapping[str, suggestions.Suggestion]:
    """Suggestions that really apply, by fingerprint; the others are shown as plain code."""
    files = {file.path: file for file in diff.files}
    verified = {}
    for finding in findings:
        if finding.suggestion is None:
            continue
        file = files[finding.anchor.path]
        try:
            suggestion = isolation.run(suggestions.verify, finding, file, texts.get(file.path))
        except TooHard:
            continue
        if suggestion is not None:
            verified[finding.fingerprint] = suggestion
    return verified
