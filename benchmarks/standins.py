"""GitLab and the model in a process of their own, so that what is measured shares no interpreter with them.

The measuring process starts it with `started`, and asks it over HTTP under `/-bench/` what became of it.
"""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.making import Order, make
from reviewbot.core.tokens import Counter
from reviewbot.standin.gitlab import payloads
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MergeRequest
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_cache import PrefixCache
from reviewbot.standin.model_script import Behaviour, Received, Script, confirmed
from reviewbot.standin.serving import serving

_LINE = re.compile(r"^(?:### (\S+) \(|(o?\d+[a-z2-7]{2})\|[-+ ](.*PLANT\((\w+)\): (.*))$)", re.MULTILINE)
_TITLE = re.compile(r"^o?\d+[a-z2-7]{2}\|[-+ ].*PLANT\(\w+\): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Told:
    """A merge request of the stand-in, as a measuring process needs it."""

    project_id: int
    iid: int
    sha: str
    path: str
    url: str
    changed: int


@dataclass
class Standins:
    """A running pair. `token` is the bot's."""

    gitlab_url: str
    model_url: str
    token: str
    merge_requests: list[Told] = field(default_factory=list)

    def ask(self, what: str) -> Any:
        answer = httpx.get(f"{self.gitlab_url}/-bench/{what}", timeout=120)
        answer.raise_for_status()
        return answer.json()

    def environment(self, **more: object) -> dict[str, str]:
        """Settings of an instance that works with this pair; the caller adds the data folder."""
        settings: dict[str, object] = {
            "gitlab_url": self.gitlab_url,
            "gitlab_token": self.token,
            "llm_base_url": self.model_url,
            "llm_model": "stand-in",
            "webhook_secret": "secret-of-the-benchmarks",
            "max_inline_comments": 0,
            "debounce_seconds": 0,
            "poll_seconds": 0,
            "log_level": "WARNING",
            # One reviewer, and what it says unchecked: the figures are of everything around the requests.
            "reviewers": "general",
            "judge": "false",
            "tools": "false",
            **more,
        }
        return {f"REVIEWBOT_{name.upper()}": str(value) for name, value in settings.items()}


def planted(text: str) -> list[dict[str, Any]]:
    """A finding for each planted line of a prompt, whatever its sign, in the form of a model's answer."""
    found, path = [], ""
    for match in _LINE.finditer(text):
        if match[1]:
            path = match[1]
            continue
        found.append(
            {
                "path": path,
                "start": match[2],
                "end": match[2],
                "quote": match[3],
                "severity": match[4],
                "category": "correctness",
                "rule": None,
                "title": match[5],
                "body": "This line was planted.",
                "suggestion": None,
            }
        )
    return found


def script(latency: float, first: float, turns: int = 0) -> Script:
    """Each answer takes `latency` seconds; its first token comes after `first`, the others evenly after it.

    Where tools are offered, `turns` rounds of calls come before it.
    """

    def answer(received: Received) -> Behaviour:
        asked = sum(message["role"] == "assistant" for message in received.body["messages"])
        if received.body.get("tools") and asked < turns:
            path = re.findall(r"(?m)^### (\S+) \(", received.text)
            arguments = orjson.dumps(
                {"path": path[asked % len(path)] if path else "README.md", "start": 1, "end": 60}
            ).decode()
            return Behaviour(text="", latency=first, calls=(("read_file", arguments),), finish="tool_calls")
        judged = received.wanted == "verdicts"
        told = {"verdicts": confirmed(received.text)} if judged else {"findings": planted(received.text)}
        text = orjson.dumps(told).decode()
        rate = len(text) / 4 / (latency - first) if first < latency else 0
        return Behaviour(text=text, latency=first, rate=rate)

    return answer


@contextlib.contextmanager
def started(
    projects: Sequence[Sequence[Order]],
    latency: float = 0.0,
    first: float | None = None,
    *,
    turns: int = 0,
    guidance: str = "",
) -> Iterator[Standins]:
    """Start the process with a merge request per order, in as many projects as there are lists.

    `first`: seconds until a first token (None: all of the latency). `turns`: rounds of tool calls before an answer,
    where tools are offered. `guidance`: the text of every project's AGENTS.md.
    """
    order = {
        "projects": [[asdict(order) for order in project] for project in projects],
        "latency": latency,
        "first": latency if first is None else first,
        "turns": turns,
        "guidance": guidance,
    }
    command = [sys.executable, "-m", "benchmarks.standins"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            told["merge_requests"] = [Told(**one) for one in told["merge_requests"]]
            yield Standins(**told)
        finally:
            process.stdin.close()  # its sign to end
            process.wait(30)


class _Timed:
    """Notes when each call of the model began and ended, on the machine's monotonic clock, and what it wanted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.calls: list[tuple[float, float, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, body = time.monotonic(), bytearray()

        async def heard() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self._app(scope, heard, send)
        if scope["type"] == "http" and scope["method"] == "POST":
            self.calls.append((began, time.monotonic(), Received(0, orjson.loads(body), 0).wanted))


class _Questions:
    """What the measuring process asks."""

    def __init__(self, lab: Lab, model: ModelStandIn, timed: _Timed, opened: Sequence[MergeRequest]) -> None:
        self._lab = lab
        self._model = model
        self._timed = timed
        self._opened = {(one.project.id, one.iid): one for one in opened}

    def routes(self) -> list[Route]:
        return [
            Route("/calls", self._calls),
            Route("/gitlab", self._gitlab),
            Route("/prompts", self._prompts),
            Route("/cache", self._cache),
            Route("/forget", self._forget),
            Route("/comments/{project:int}/{iid:int}", self._comments),
            Route("/payload/{project:int}/{iid:int}", self._payload),
        ]

    def _one(self, request: Request) -> MergeRequest:
        return self._opened[request.path_params["project"], request.path_params["iid"]]

    def _calls(self, request: Request) -> Response:
        return JSONResponse({"calls": self._timed.calls, "most_at_once": self._model.most_at_once})

    def _gitlab(self, request: Request) -> Response:
        return JSONResponse([[one.method, one.path, one.status] for one in self._lab.requests])

    def _prompts(self, request: Request) -> Response:
        texts = [received.text for received in self._model.requests]
        counter = Counter()
        return JSONResponse(
            {
                "requests": len(texts),
                "refused": self._model.refused,
                "tokens": sum(counter.count(text) for text in texts),
                "titles": sorted({title for text in texts for title in _TITLE.findall(text)}),
            }
        )

    def _cache(self, request: Request) -> Response:
        """Tokens that an endpoint with an empty cache could read from it, were all prompts sent one after the other."""
        cache = PrefixCache()
        return JSONResponse({"best": sum(cache.read(received.body) for received in self._model.requests)})

    def _forget(self, request: Request) -> Response:
        with self._lab.world.lock:
            self._lab.application.log.clear()
        self._model.requests.clear()
        self._timed.calls.clear()
        self._model.most_at_once = 0
        return JSONResponse({})

    def _comments(self, request: Request) -> Response:
        merge_request = self._one(request)
        notes = [note.body for note in self._lab.notes(merge_request)]
        comments = [
            {"path": one.path, "old": one.old_line, "new": one.new_line, "text": one.text, "body": one.body}
            for one in self._lab.comments(merge_request)
        ]
        return JSONResponse({"comments": comments, "notes": notes})

    def _payload(self, request: Request) -> Response:
        merge_request = self._one(request)
        body = payloads.merge_request(merge_request, self._lab.admin, "update", {}, oldrev="0" * 40)
        return JSONResponse(body)


def _build(
    lab: Lab, projects: Sequence[Sequence[dict[str, Any]]], guidance: str
) -> tuple[str, list[tuple[MergeRequest, int]]]:
    bot = lab.user("reviewbot", bot=True)
    token = lab.token(bot)
    opened = []
    for number, orders in enumerate(projects):
        project = lab.project(f"shop/service-{number:02d}", members={bot: 30})
        changes = [make(Order(**{**order, "folder": f"part{at:03d}"})) for at, order in enumerate(orders)]
        base = {path: text for change in changes for path, text in change.base.items()}
        owned = {"AGENTS.md": guidance} if guidance else {}
        project.commit("main", {"README.md": "# Service\n", **owned, **base}, "Begin")
        for at, change in enumerate(changes):
            project.commit(f"change-{at}", change.head, "Change parts", parent="main")
            opened.append((project.merge_request(f"change-{at}", title=f"Change part {at}"), change.changed))
    return token, opened


def main() -> None:
    order = json.loads(sys.stdin.readline())
    model = ModelStandIn(script(order["latency"], order["first"], order["turns"]), judge=None)
    timed = _Timed(model.app)
    with Lab() as lab, serving(timed) as model_url:
        token, opened = _build(lab, order["projects"], order["guidance"])
        questions = _Questions(lab, model, timed, [one for one, _ in opened])
        app = Starlette(routes=[Mount("/-bench", routes=questions.routes()), Mount("/", app=lab.app)])
        with lab.serve(app) as url:
            told = {
                "gitlab_url": url,
                "model_url": f"{model_url}/v1",
                "token": token,
                "merge_requests": [
                    asdict(Told(one.project.id, one.iid, one.sha, one.project.path, payloads.web_url(one), changed))
                    for one, changed in opened
                ],
            }
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
            sys.stdin.read()


if __name__ == "__main__":
    main()
