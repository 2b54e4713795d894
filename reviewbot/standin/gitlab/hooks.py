"""Webhook deliveries: real POST requests with GitLab's headers, in the background or on demand."""

import base64
import hashlib
import hmac
import http.client
import json
import queue
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from reviewbot.standin.gitlab.state import Json

NAMES = {"merge_request": "Merge Request Hook", "note": "Note Hook", "emoji": "Emoji Hook"}
TIMEOUT = 10.0  # seconds, as GitLab's webhook_timeout


@dataclass(frozen=True)
class Hook:
    """`signing_token`: whsec_<base64 of the key>. `system`: sends everything as a System Hook, and no notes."""

    url: str
    token: str | None = None
    signing_token: str | None = None
    events: Collection[str] = ("merge_request", "note", "emoji")
    system: bool = False
    background: bool = True


@dataclass
class Delivery:
    """One event for one hook. `status` is None until sent, 0 when nobody answered."""

    hook: Hook
    kind: str
    payload: Json
    body: bytes
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: int | None = None
    answer: bytes = b""

    def headers(self, instance: str, now: int) -> dict[str, str]:
        found = {
            "Content-Type": "application/json",
            "User-Agent": "GitLab/19.1.0",
            "X-Gitlab-Event": "System Hook" if self.hook.system else NAMES[self.kind],
            "X-Gitlab-Instance": instance,
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Event-UUID": str(uuid.uuid4()),
            "Idempotency-Key": self.key,
        }
        if self.hook.token:
            found["X-Gitlab-Token"] = self.hook.token
        if self.hook.signing_token:
            found["webhook-id"] = self.key
            found["webhook-timestamp"] = str(now)
            found["webhook-signature"] = signature(self.hook.signing_token, self.key, now, self.body)
        return found


def signature(signing_token: str, key: str, now: int, body: bytes) -> str:
    secret = base64.b64decode(signing_token.removeprefix("whsec_"))
    digest = hmac.new(secret, f"{key}.{now}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class Deliveries:
    """All deliveries of a lab, oldest first; those of background hooks are sent by one thread, in order."""

    def __init__(self, instance: Callable[[], str]) -> None:
        self.hooks: list[Hook] = []
        self.all: list[Delivery] = []
        self._instance = instance
        self._waiting: queue.Queue[Delivery | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def happened(self, kind: str, payload: Json) -> None:
        for hook in self.hooks:
            if kind not in hook.events or (hook.system and kind != "merge_request"):
                continue
            delivery = Delivery(hook, kind, payload, json.dumps(payload).encode())
            self.all.append(delivery)
            if hook.background:
                self._start()
                self._waiting.put(delivery)

    def deliver(self) -> list[Delivery]:
        """Send, here and now, what hooks on demand have not sent yet."""
        ready = [one for one in self.all if one.status is None and not one.hook.background]
        for delivery in ready:
            self.send(delivery)
        return ready

    def send(self, delivery: Delivery) -> int:
        """Send once (or again, with the same Idempotency-Key) and return the status, 0 when nobody answered."""
        target = urllib.parse.urlsplit(delivery.hook.url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=TIMEOUT)
        path = target.path + (f"?{target.query}" if target.query else "")
        try:
            connection.request("POST", path or "/", delivery.body, delivery.headers(self._instance(), int(time.time())))
            response = connection.getresponse()
            delivery.answer = response.read()
            delivery.status = response.status
        except (OSError, http.client.HTTPException):
            delivery.status = 0
        finally:
            connection.close()
        return delivery.status

    def settle(self) -> None:
        """Wait until everything in the background has been sent."""
        self._waiting.join()

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (delivery := self._waiting.get()) is not None:
            self.send(delivery)
            self._waiting.task_done()
        self._waiting.task_done()
