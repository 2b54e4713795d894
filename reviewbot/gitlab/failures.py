"""What GitLab or the way to it answers -> the errors that the stories know, with the mend."""

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import gitlab.exceptions
import requests

from reviewbot.errors import (
    ConfigurationError,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeRefused,
    ForgeRejected,
    ForgeUnavailable,
    PositionRejected,
    ReviewbotError,
)

_LONGEST = 300  # characters of GitLab's own words in a message
_MENDS = {
    401: "check REVIEWBOT_GITLAB_TOKEN: it is wrong, revoked or expired",
    403: "give the token the `api` scope and its user the Developer role in the project",
    404: "check the address; the token's user must be able to see the project",
}
# 408 and 425 ask for a repetition; Cloudflare's 52x stand for an origin that does not answer.
_TRANSIENT = {408, 425, *range(500, 600)}
_OF_POSITION = re.compile(r"line_code|position", re.IGNORECASE)


def from_answer(error: gitlab.exceptions.GitlabError, headers: Mapping[str, str], where: str) -> ReviewbotError:
    """The error for an answer that is not 2xx. `where` is "GET /projects/1"."""
    status = error.response_code or 0
    words = _words(error.error_message)
    message = f"GitLab answered {status} to {where}: {words}" if status else f"{where}: {words}"
    if status == 429:
        return ForgeRateLimited(message, retry_after=retry_after(headers, time.time()))
    if status in _TRANSIENT or (status == 409 and "resource lock" in words.lower()):
        return ForgeUnavailable(message, retry_after=retry_after(headers, time.time()))
    if status in {401, 403}:
        return ForgeRefused(message, mend=_MENDS[status])
    if status == 404:
        return ForgeNotFound(message, mend=_MENDS[status])
    if status in {400, 422} and _OF_POSITION.search(words):
        return PositionRejected(message)
    return ForgeRejected(message)


def from_network(error: requests.RequestException, where: str) -> ReviewbotError:
    """The error for a request without an answer. The text of `error` is left out: it may repeat the URL's query."""
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ConfigurationError(
            f"GitLab's certificate is not trusted ({where})",
            mend="set REVIEWBOT_CA_BUNDLE to the file of your certificate authority",
        )
    if isinstance(error, requests.Timeout):
        return ForgeUnavailable(f"GitLab did not answer in time to {where}")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return ConfigurationError("The address of GitLab is no URL", mend="correct REVIEWBOT_GITLAB_URL")
    return ForgeUnavailable(
        f"The connection to GitLab failed ({type(error).__name__}) in {where}",
        mend="check REVIEWBOT_GITLAB_URL and that GitLab is reachable from here",
    )


def _words(message: object) -> str:
    """GitLab's `message` may be a text, a list or an object of lists."""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the other side wants us to wait, ≥ 0; None if it did not say.

    `Retry-After` is a number of seconds or an HTTP date (RFC 9110), `RateLimit-Reset` a time since the epoch
    (GitLab docs, "Rate limits: response headers").
    """
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    if told:
        try:
            at = parsedate_to_datetime(told)
            return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now)
        except (ValueError, OverflowError):
            return None
    reset = headers.get("RateLimit-Reset", "").strip()
    return max(0.0, float(reset) - now) if reset.isdecimal() else None
