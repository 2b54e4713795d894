"""Findings -> findings with fingerprints: the same remark about the same code has the same one in every later run."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from reviewbot.core.claims import same_claim
from reviewbot.model.diff import Change, Diff, FileDiff, LineKey
from reviewbot.model.finding import Finding

DIGITS = 16  # of hexadecimal: 64 bits, enough for the findings of one merge request
_MOST_FILES = 32  # whose lines are at hand at once


def stamp(findings: Sequence[Finding], diff: "Diff | Places") -> tuple[Finding, ...]:
    """Fill in `Finding.fingerprint` (16 hex digits), order kept.

    What is hashed: the file's path (the old one of a rename, so that a later rename changes nothing), the text and
    side of the *first* anchored line with its spaces evened out (a model varies where a range ends), the ordinal among
    equal lines of that file's diff, and the rule. What is not: line numbers, severity, category, wording.

    Several remarks on one such place are numbered, gravest first, then by category and title; the first one has the
    plain identity, so a single remark keeps its fingerprint however it is worded anew. Those that say the same
    (`claims.same_claim`) share one. Stamp what the judge has kept: then the numbers have no gaps.
    """
    places = diff if isinstance(diff, Places) else Places(diff)
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        groups[places.identity(finding)].append(index)
    stamped = list(findings)
    for identity, members in groups.items():
        for number, claim in enumerate(_claims(findings, members)):
            for index in claim:
                stamped[index] = replace(findings[index], fingerprint=_digest(*identity, str(number)))
    return tuple(stamped)


def _claims(findings: Sequence[Finding], members: list[int]) -> list[list[int]]:
    """The remarks on one place, those that say the same together, in a stable order."""
    claims: list[list[int]] = []
    for index in sorted(members, key=lambda each: _order(findings[each])):
        known = next((claim for claim in claims if same_claim(findings[claim[0]], findings[index])), None)
        if known is None:
            claims.append([index])
        else:
            known.append(index)
    return claims


def _order(finding: Finding) -> tuple[int, str, str]:
    return (finding.severity.rank, finding.category, finding.title.casefold())


def distinct(findings: Sequence[Finding], taken: Collection[str]) -> tuple[Finding, ...]:
    """Give those whose fingerprint is `taken` by another finding of the merge request one of their own, always the same
    in the same circumstances; equal ones stay equal.
    """
    return tuple(
        replace(finding, fingerprint=_free(finding.fingerprint, taken)) if finding.fingerprint in taken else finding
        for finding in findings
    )


def _free(fingerprint: str, taken: Collection[str]) -> str:
    while fingerprint in taken:
        fingerprint = _digest(fingerprint, "another")
    return fingerprint


class Places:
    """The identity of each line of a diff; a file's lines are counted when the file is first asked about.

    Whoever stamps in several portions keeps one.
    """

    def __init__(self, diff: Diff) -> None:
        self._files = {file.path: file for file in diff.files}
        self._lines = lru_cache(_MOST_FILES)(lambda path: _lines(self._files[path]))
        self._known: dict[tuple[str, LineKey], tuple[str, ...] | None] = {}

    def identity(self, finding: Finding) -> tuple[str, ...]:
        path = finding.anchor.path
        file = self._files.get(path)
        if file is None:
            return (path, "", even(finding.quote), "0", finding.rule or "")
        place = (path, finding.anchor.start)
        if place not in self._known:
            self._known[place] = self._lines(path).get(finding.anchor.start)
        line = self._known[place] or ("", even(finding.quote), "0")
        return (_lineage(file), *line, finding.rule or "")


def _lineage(file: FileDiff) -> str:
    return file.old_path if file.change is Change.RENAMED else file.path


def _lines(file: FileDiff) -> dict[LineKey, tuple[str, ...]]:
    """Sign, text and ordinal of each line. Signs count apart: more context around a hunk changes no added line."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[LineKey, tuple[str, ...]] = {}
    for line in file.lines():
        key = (line.sign, even(line.text))
        found[line.key] = (*key, str(seen[key]))
        seen[key] += 1
    return found


def even(text: str) -> str:
    """The text with its spaces evened out."""
    return " ".join(text.split())


def _digest(*parts: str) -> str:
    # Lengths in front keep ("ab", "c") and ("a", "bc") apart; a diff that is not UTF-8 may carry surrogates.
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
