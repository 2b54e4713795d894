"""The load generator, a process of its own: offers events at a fixed rate, whether or not answers come (open loop).

`python -m benchmarks.offering PLAN`: a pickled `Plan`; prints the seconds and status of each answer as JSON. The time of
an answer counts from the moment at which the event was due, so a stalled server is not spared the events that it held up.
Each event has a connection of its own, as GitLab makes one.
"""

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """`requests` are whole HTTP requests, offered evenly at `rate` per second."""

    host: str
    port: int
    rate: float
    requests: Sequence[bytes]


class _Offering:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._answers: list[tuple[float, int]] = [(0.0, 0)] * len(plan.requests)
        self._late = 0.0

    async def run(self) -> dict[str, object]:
        tasks = set()
        loop = asyncio.get_running_loop()
        began = loop.time() + 0.5
        for number, request in enumerate(self._plan.requests):
            due = began + number / self._plan.rate
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self._late = max(self._late, loop.time() - due)
            task = asyncio.create_task(self._send(number, request, due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        ended = loop.time()
        await asyncio.gather(*tasks)
        return {"answers": self._answers, "offered": ended - began, "late": self._late, "ended_at": time.time()}

    async def _send(self, number: int, request: bytes, due: float) -> None:
        status = 0
        try:
            async with asyncio.timeout(10):  # GitLab's own patience
                reader, writer = await asyncio.open_connection(self._plan.host, self._plan.port)
                writer.write(request)
                answer = await reader.read()  # the server closes it
                writer.close()
                status = int(answer[9:12])
        except (OSError, TimeoutError, ValueError):
            status = 0
        self._answers[number] = (asyncio.get_running_loop().time() - due, status)


def main() -> None:
    plan: Plan = pickle.loads(Path(sys.argv[1]).read_bytes())
    print(json.dumps(asyncio.run(_Offering(plan).run())))


if __name__ == "__main__":
    from benchmarks.offering import main as imported  # the pickled plan names this module, not `__main__`

    imported()
