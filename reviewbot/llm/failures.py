"""Translates what the openai SDK raises into reviewbot's errors, without letting a secret through."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import openai

from reviewbot.errors import ContextOverflow, ModelRateLimited, ModelRefused, ModelUnavailable, ReviewbotError
from reviewbot.llm.dialect import alternates

_CLIP = 300
_FORM = "check REVIEWBOT_LLM_MODEL and that the endpoint speaks the chat completions API"
_KEYS = re.compile(r"(?i)\bBearer\s+\S+|\bsk-[\w*.-]+")
_OVERFLOW = re.compile(
    "context_length_exceeded|maximum context length|context length|context window|context size|"
    "exceed_context_size|prompt is too long|input is too long|too many tokens|"
    "input token count|longer than the model|exceeds the (?:model'?s |available |maximum )?(?:context|input)"
)
_FILTERED = re.compile("content_filter|content management policy|responsibleaipolicy|content_policy_violation")
_QUOTA = re.compile("insufficient_quota|exceeded your current quota|billing|insufficient.{0,10}(?:balance|credit)")


class RequestRejected(ModelRefused):
    """A 400, 422 or a template's failure: `complaint` is all that the endpoint said, to learn from.

    `filtered`: its content filter spoke.
    """

    def __init__(self, message: str, *, mend: str, complaint: str, filtered: bool) -> None:
        super().__init__(message, mend=mend)
        self.complaint = complaint
        self.filtered = filtered


def translated(error: openai.OpenAIError, secret: str) -> ReviewbotError:
    """The error of reviewbot's tree that says the same. `secret` is kept out of its text."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, secret)
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailable("The model's endpoint was silent for too long")
    if isinstance(error, openai.APIConnectionError):
        cause = safe(str(error.__cause__ or error), secret)
        return ModelUnavailable(f"No connection to the model's endpoint: {cause}", mend="check REVIEWBOT_LLM_BASE_URL")
    if isinstance(error, openai.APIError):
        return _of_event(error, secret)
    return ModelUnavailable(f"The model's endpoint failed: {safe(str(error), secret)}")


def _of_status(error: openai.APIStatusError, secret: str) -> ReviewbotError:
    status, complaint = error.status_code, _complaint(error)
    said = f"The model's endpoint answered {status}: {safe(complaint, secret)}"
    if status == 429:
        if _QUOTA.search(complaint.lower()):
            return ModelRefused(said, mend="the account's quota is used up: top it up or set another key")
        return ModelRateLimited(said, retry_after=retry_after(error.response.headers))
    if status >= 500 and alternates(complaint):  # llama.cpp: its template failed
        return RequestRejected(said, mend=_FORM, complaint=complaint, filtered=False)
    if status >= 500 or status in {408, 409, 425}:
        return ModelUnavailable(said, retry_after=retry_after(error.response.headers))
    if status == 413 or (status in {400, 422} and _OVERFLOW.search(complaint.lower())):
        return ContextOverflow(said, mend="lower REVIEWBOT_CHUNK_TOKENS, or set a model with a larger context window")
    if status in {400, 422}:
        filtered = bool(_FILTERED.search(complaint.lower()))
        return RequestRejected(said, mend=_FORM, complaint=complaint, filtered=filtered)
    return ModelRefused(said, mend=_mend(status))


def _mend(status: int) -> str:
    if status == 401:
        return "check REVIEWBOT_LLM_API_KEY"
    if status == 403:
        return "the key may not use this model: check REVIEWBOT_LLM_API_KEY and REVIEWBOT_LLM_MODEL"
    if status == 404:
        return "check REVIEWBOT_LLM_MODEL, and that REVIEWBOT_LLM_BASE_URL ends where /chat/completions begins"
    return "check REVIEWBOT_LLM_BASE_URL"


def _of_event(error: openai.APIError, secret: str) -> ReviewbotError:
    """An error that came as an event of a stream: there is no status, only words."""
    complaint = _complaint(error)
    said = f"The model's endpoint broke off with: {safe(complaint, secret)}"
    words = complaint.lower()
    if _OVERFLOW.search(words):
        return ContextOverflow(said, mend="lower REVIEWBOT_CHUNK_TOKENS")
    if _QUOTA.search(words):
        return ModelRefused(said, mend="the account's quota is used up: top it up or set another key")
    if "rate_limit" in words or "rate limit" in words or "429" in words.split():
        return ModelRateLimited(said)
    return ModelUnavailable(said)


def _complaint(error: openai.APIError) -> str:
    """Code, parameter and words in one text, whatever shape the endpoint's body has."""
    body = error.body if isinstance(error.body, Mapping) else {}
    words = body.get("message") or body.get("detail") or (error.body if error.body and not body else error.message)
    parts = (error.code, error.type, error.param, words)
    return " ".join(dict.fromkeys(str(part) for part in parts if part))


def safe(text: str, secret: str) -> str:
    """`text` on one line, without keys, at most 300 characters: fit for a log and for people."""
    without = text.replace(secret, "[key]") if secret else text
    line = " ".join("".join(c if c.isprintable() else " " for c in _KEYS.sub("[key]", without[: 20 * _CLIP])).split())
    return line if len(line) <= _CLIP else f"{line[: _CLIP - 1]}…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the endpoint wishes: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date."""
    wishes = ((headers.get("retry-after-ms"), 0.001), (headers.get("retry-after"), 1.0))
    for value, unit in wishes:
        if value and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value.strip()):
            return float(value) * unit
    date = headers.get("retry-after")
    if not date:
        return None
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
