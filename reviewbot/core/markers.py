"""The hidden line at the end of everything that reviewbot posts, by which it recognises its own words again."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal, get_args

from reviewbot.model.merge_request import MergeRequestRef

MarkerKind = Literal["finding", "summary", "reply", "backtest"]
MAC_DIGITS = 32  # of hexadecimal: 128 bits

_OPENING = "<!-- reviewbot: "
_TOKEN = r"[A-Za-z0-9._:-]{0,80}"  # noqa: S105 - a pattern for the marker's fields, no secret
_MARKER = re.compile(
    rf"<!-- reviewbot: (?P<kind>{'|'.join(get_args(MarkerKind))}) fingerprint=(?P<fingerprint>{_TOKEN})"
    rf" run=(?P<run>{_TOKEN}) extra=(?P<extra>{_TOKEN}) mac=(?P<mac>[0-9a-f]{{{MAC_DIGITS}}}) -->"
)
_FENCE = re.compile(r" {0,3}(?P<run>`{3,}|~{3,})(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Marker:
    """`extra` of a summary is the head SHA that was reviewed. All fields are of letters, digits and `._:-`, ≤ 80."""

    kind: MarkerKind
    fingerprint: str
    run: str
    extra: str = ""


def make(marker: Marker, key: bytes, ref: MergeRequestRef) -> str:
    """The marker as an HTML comment, valid for this merge request and this instance's key only.

    Raises `ValueError` when a field holds other characters than a marker may.
    """
    text = _write(marker, _mac(marker, key, ref))
    if _MARKER.fullmatch(text) is None:
        raise ValueError(f"A marker's fields are letters, digits and ._:- up to 80 characters: {marker}")
    return text


def read(body: str, key: bytes, ref: MergeRequestRef) -> Marker | None:
    """The last valid marker of a note, whoever its author is; None if there is none.

    A marker stands alone on its line. One that is quoted (`>`), indented or inside a code fence is somebody's citation.
    """
    if _OPENING not in body:
        return None
    found = None
    for line in _outside_fences(body):
        match = _MARKER.fullmatch(line.rstrip())
        if match is not None:
            kind: MarkerKind = match["kind"]  # type: ignore[assignment]  # the pattern lists the kinds
            marker = Marker(kind, match["fingerprint"], match["run"], match["extra"])
            if hmac.compare_digest(match["mac"], _mac(marker, key, ref)):
                found = marker
    return found


def _outside_fences(body: str) -> list[str]:
    """The lines that are not code. A fence is closed by one of the same sign that is at least as long."""
    lines = []
    fence = ""
    for line in body.split("\n"):
        match = _FENCE.match(line)
        run = match["run"] if match else ""
        if fence:
            closes = match is not None and run.startswith(fence) and not match["rest"].strip()
            fence = "" if closes else fence
        elif match is not None and not (run.startswith("`") and "`" in match["rest"]):
            fence = run
        else:
            lines.append(line)
    return lines


def _write(marker: Marker, mac: str) -> str:
    fields = f"fingerprint={marker.fingerprint} run={marker.run} extra={marker.extra} mac={mac}"
    return f"{_OPENING}{marker.kind} {fields} -->"


def _mac(marker: Marker, key: bytes, ref: MergeRequestRef) -> str:
    # The fields hold no spaces and the numbers are numbers, so joined by spaces they cannot be shifted.
    message = f"{marker.kind} {marker.fingerprint} {marker.run} {marker.extra} {ref.project_id} {ref.iid}"
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()[:MAC_DIGITS]
