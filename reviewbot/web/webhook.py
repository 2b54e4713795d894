"""`POST /webhooks/gitlab`: verify, parse, store, answer 202. GitLab waits 10 s at most and never tries again."""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from reviewbot import log
from reviewbot.core import events, feedback, signatures
from reviewbot.core.events import Me
from reviewbot.errors import UsageError
from reviewbot.model.event import Delivery, Event, Ignored, Undecided
from reviewbot.model.policy import ReviewPolicy
from reviewbot.web.intake import Intake

LARGEST = 25 * 1024 * 1024
"""Bytes; GitLab sends no larger body (REQUEST_BODY_SIZE_LIMIT in its web_hook_service)."""

PATIENCE = 30.0  # seconds for the whole body; GitLab gives up after 10
_PLAIN_KEY = re.compile(r"[\w.:/-]{1,180}", re.ASCII)
_LONGEST_KIND = 100  # characters of an event's kind that are kept

logger = log.get("web.webhook")


@dataclass(frozen=True, slots=True)
class Gate:
    """What a delivery is checked and read with. No secrets and `insecure`: every delivery is taken, on a laptop."""

    secrets: tuple[str, ...]
    insecure: bool
    me: Callable[[], Me]
    policy: ReviewPolicy
    patience: float = PATIENCE


async def receive(request: Request, gate: Gate, intake: Intake) -> JSONResponse:
    """202 accepted or ignored, 400 malformed, 401 not GitLab's, 408 too slow, 413 too large, 503 not stored."""
    try:
        async with asyncio.timeout(gate.patience):
            body = await _body(request)
    except TimeoutError:
        return _refused(408, "The body did not come in time", "see what is between GitLab and this server")
    if body is None:
        return _refused(413, "The body is larger than 25 MB", "GitLab sends none so large; is this GitLab?")
    if not (gate.insecure and not gate.secrets):
        problem = signatures.problem(request.headers, body, gate.secrets, time.time())
        if problem:
            logger.warning("webhook.refused", reason=problem, client=request.client.host if request.client else "")
            return _refused(401, problem, "compare the webhook's secret with REVIEWBOT_WEBHOOK_SECRET")
    try:
        payload = orjson.loads(body)
        event = events.classify(payload, gate.me(), gate.policy)
        said = feedback.said(payload, gate.me())
    except orjson.JSONDecodeError:
        return _refused(400, "The body is not JSON", "a custom webhook template must produce JSON")
    except UsageError as error:
        return _refused(400, error.message, error.mend)
    kind = str(payload.get("object_kind") or payload.get("event_name"))[:_LONGEST_KIND]
    delivery = Delivery(_key(request, body), kind, body, event, said)
    try:
        await intake.accept(delivery)
    except Exception as error:  # an entrance: GitLab shows the delivery as failed, the log tells why
        logger.exception("webhook.not_stored", error=type(error).__name__)
        return _refused(503, "The event could not be stored", "see the server's log, then resend it from GitLab")
    return JSONResponse(_told(event), 202)


def _told(event: Event) -> dict[str, str]:
    """What GitLab's list of recent deliveries shows."""
    if isinstance(event, Undecided):
        return {"status": "undecided", "reason": event.reason}
    if isinstance(event, Ignored):
        return {"status": "ignored", "reason": event.reason}
    return {"status": "accepted"}


async def _body(request: Request) -> bytes | None:
    """The whole body, or None as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > LARGEST):
        return None
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST:
                return None
            parts.append(part)
    except ClientDisconnect:
        return b""
    return b"".join(parts)


def _key(request: Request, body: bytes) -> str:
    """Idempotency-Key is the same for a delivery sent again; X-Gitlab-Webhook-UUID is made anew for each request."""
    if given := request.headers.get("idempotency-key"):
        plain = _PLAIN_KEY.fullmatch(given) is not None
        return f"key:{given if plain else hashlib.sha256(given.encode()).hexdigest()}"
    return f"body:{hashlib.sha256(body).hexdigest()}"


def _refused(status: int, error: str, mend: str) -> JSONResponse:
    return JSONResponse({"error": error, "mend": mend}, status)
