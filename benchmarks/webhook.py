"""Events as fast as a large GitLab sends them: how soon they are answered, and that each leads to what it should."""

import contextlib
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from benchmarks.making import Order
from benchmarks.measuring import cpu_seconds, environment, percentile
from benchmarks.offering import Plan
from benchmarks.servers import reviewbot, servers
from benchmarks.standins import Standins, started
from benchmarks.table import Result, Row, at_most, told
from reviewbot.db.records import expand
from reviewbot.db.tables import inbox, job
from reviewbot.db.tables import run as run_table
from reviewbot.settings import load
from reviewbot.wiring.store import Store, open_store

RATE, SECONDS, PATIENCE = 500.0, 30, 600.0
MERGE_REQUESTS = 100


@dataclass(frozen=True)
class _Setting:
    """`servers`: Redis and PostgreSQL and a process each for web and worker; else `serve` on SQLite."""

    name: str
    servers: bool


def run(quick: bool) -> Result:
    rate, seconds, merge_requests = (50.0, 1, 3) if quick else (RATE, SECONDS, MERGE_REQUESTS)
    settings = [_Setting("serve, SQLite", servers=False), _Setting("web + worker, PostgreSQL, Redis", servers=True)]
    rows: list[Row] = []
    data: dict[str, object] = {}
    for setting in settings[: 1 if quick else None]:
        found = _measured(setting, rate, seconds, merge_requests)
        data[setting.name] = found
        name, offered = setting.name, int(rate * seconds)
        rows += [
            told(f"{name}: events/s offered", found["rate"], digits=0),
            told(f"{name}: p50 of the answer", found["p50"], " ms", 1),
            at_most(f"{name}: p99 of the answer", found["p99"], 50, " ms", 1),
            told(f"{name}: CPU of that process per event", found["cpu"], " ms"),
            told(f"{name}: slowest answer", found["slowest"], " ms", 1),
            _all(f"{name}: events answered 202", found["accepted"], offered),
            _all(f"{name}: accepted events that are exactly one inbox row", found["rows"], found["accepted"]),
            _all(f"{name}: newest heads with exactly one finished run", found["heads"], merge_requests),
            told(f"{name}: until the last run", found["settled"], " s", 1),
        ]
    notes = (
        f"pushes to {merge_requests} merge requests in turns, {rate:.0f} events/s for {seconds} s; every event tells "
        "of another head, only the last of a merge request is the one that GitLab has",
        "open loop from a process of its own, times count from when an event was due; real runs with a model that "
        "answers at once, debounced by 3 s at most 60 s as by default; load generator, GitLab, model, database and the "
        "product share the two cores",
    )
    return Result("webhook", rows, notes, data)


def _all(name: str, found: int, wanted: int) -> Row:
    return Row(name, f"{found:,} of {wanted:,}", "all", found == wanted)


def _measured(setting: _Setting, rate: float, seconds: int, merge_requests: int) -> dict[str, Any]:
    orders = [Order(3, 40, 1, seed=number) for number in range(merge_requests)]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reviewbot-bench-")))
        standins = stack.enter_context(started([orders]))
        port = servers().free_port()
        own: dict[str, object] = {"data_dir": folder / "data", "config": os.devnull, "port": port}
        own |= {"debounce_seconds": 3, "debounce_max_seconds": 60}
        if setting.servers:
            own["broker_url"] = stack.enter_context(servers().redis_server(folder))
            own["database_url"] = stack.enter_context(servers().postgres_server())
        with environment(standins.environment(**own)) as env:
            settings = load()
        store = open_store(settings, migrate=True)
        stack.callback(store.close)
        commands = ("web", "worker", "schedule") if setting.servers else ("serve",)
        web, *_ = [stack.enter_context(reviewbot(command, env=env, folder=folder)) for command in commands]
        _until_ready(port)
        plan = Plan("127.0.0.1", port, rate, _requests(standins, int(rate * seconds), env["REVIEWBOT_WEBHOOK_SECRET"]))
        return _offered(plan, folder, web.pid, store, standins)


def _until_ready(port: int) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError("the web part did not become ready within 60 s")


def _requests(standins: Standins, events: int, secret: str) -> list[bytes]:
    """Pushes to all merge requests in turns. The last event of each tells of the head that GitLab really has."""
    made = []
    many = len(standins.merge_requests)
    payloads = [standins.ask(f"payload/{one.project_id}/{one.iid}") for one in standins.merge_requests]
    for number in range(events):
        one, payload = standins.merge_requests[number % many], payloads[number % many]
        head = one.sha if number >= events - many else hashlib.sha1(b"%d" % number).hexdigest()
        payload["object_attributes"]["last_commit"]["id"] = head
        payload["object_attributes"]["oldrev"] = hashlib.sha1(b"%d" % (number - many)).hexdigest()
        made.append(_request(json.dumps(payload).encode(), number, secret))
    return made


def _request(body: bytes, number: int, secret: str) -> bytes:
    head = (
        "POST /webhooks/gitlab HTTP/1.1\r\nHost: reviewbot\r\nContent-Type: application/json\r\n"
        f"User-Agent: GitLab/19.1.0\r\nX-Gitlab-Event: Merge Request Hook\r\nX-Gitlab-Token: {secret}\r\n"
        f"Idempotency-Key: event-{number}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


def _offered(plan: Plan, folder: Path, web: int, store: Store, standins: Standins) -> dict[str, Any]:
    path = folder / "plan"
    path.write_bytes(pickle.dumps(plan))
    command = [sys.executable, "-m", "benchmarks.offering", str(path)]
    before = cpu_seconds(web)
    done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    spent = cpu_seconds(web) - before
    answers = [1000 * seconds for seconds, _ in done["answers"]]
    statuses = Counter(status for _, status in done["answers"])
    settled = _settle(store)
    return {
        "rate": len(plan.requests) / done["offered"],
        "p50": percentile(answers, 0.5),
        "p99": percentile(answers, 0.99),
        "slowest": max(answers),
        "cpu": 1000 * spent / len(plan.requests),
        "generator_late": 1000 * done["late"],
        "statuses": dict(statuses),
        "accepted": statuses[202],
        "rows": _inbox_rows(store, plan, [status for _, status in done["answers"]]),
        "heads": _heads(store, standins),
        "settled": settled - done["ended_at"],
        "states": _states(store),
    }


def _settle(store: Store) -> float:
    """Until no job waits or runs; when that was."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if not {"waiting", "running"} & set(_states(store)):
            return time.time()
        time.sleep(0.5)
    raise TimeoutError(f"the jobs did not come to an end within {PATIENCE:.0f} s: {_states(store)}")


def _states(store: Store) -> dict[str, int]:
    query = select(job.c.state, func.count()).group_by(job.c.state)
    return store.database.read(lambda c: {row[0]: row[1] for row in c.execute(query)})


def _inbox_rows(store: Store, plan: Plan, statuses: Sequence[int]) -> int:
    """How many of the accepted events have exactly one row, told by its body; 0 when a row is of no offered event.

    `statuses` are those of all offered events. One that was stored and answered too late for the generator has a row
    and was not accepted: that is no fault.
    """
    bodies = store.database.read(lambda c: Counter(expand(body) for body in c.execute(select(inbox.c.body)).scalars()))
    offered = [request.partition(b"\r\n\r\n")[2] for request in plan.requests]
    if set(bodies) - set(offered):
        return 0
    return sum(status == 202 and bodies[body] == 1 for body, status in zip(offered, statuses, strict=True))


def _heads(store: Store, standins: Standins) -> int:
    """Merge requests whose head has exactly one finished run, and one summary on GitLab."""
    query = select(run_table.c.project_id, run_table.c.iid, run_table.c.head_sha, run_table.c.state)
    rows = store.database.read(lambda c: [tuple(row) for row in c.execute(query)])
    finished = Counter(row[:3] for row in rows if row[3] == "done")
    right = 0
    for one in standins.merge_requests:
        notes = standins.ask(f"comments/{one.project_id}/{one.iid}")
        seen = len(notes["notes"]) == 1 and len(notes["comments"]) == 1
        right += finished[one.project_id, one.iid, one.sha] == 1 and seen
    return right
