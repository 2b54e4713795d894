"""The brakes of a run: cancel, deadline and the write guard, checked between steps, requests and streamed events.

The threads pool of Celery has no working time limits or terminate (measured on Celery 5.7), so each run carries these.
"""

import threading
import time
from collections.abc import Callable

from reviewbot.errors import DeadlineExceeded, Stop


class _Brake:
    def __init__(self) -> None:
        self.reason: Stop | None = None
        self.pulled = threading.Event()


class Control:
    """Carried by one run through every layer; `stop` may be called from any thread.

    `seconds` limits the whole run. `guard` is asked before each write: it raises `LeaseLost` or `Superseded`.
    """

    def __init__(self, seconds: float | None = None, guard: Callable[[], None] | None = None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._guard = guard
        self._brake = _Brake()

    def stop(self, reason: Stop) -> None:
        """End the run at its next check; the first reason wins."""
        if self._brake.reason is None:
            self._brake.reason = reason
        self._brake.pulled.set()

    @property
    def stopped(self) -> bool:
        return self._brake.pulled.is_set()

    def remaining(self) -> float:
        """Seconds left, ≥ 0; infinite without a limit."""
        return float("inf") if self._ends is None else max(0.0, self._ends - time.monotonic())

    def extend(self, seconds: float) -> None:
        """See to it that at least `seconds` are left: what was found in time is written although time is over."""
        if self._ends is not None:
            self._ends = max(self._ends, time.monotonic() + seconds)

    def leaving(self, share: float) -> "Control":
        """The same brakes with less time: of what is left now, this `share` (0 to 1) stays for whoever comes after."""
        earlier = Control(None, self._guard)
        earlier._brake = self._brake
        if self._ends is not None:
            earlier._ends = self._ends - share * self.remaining()
        return earlier

    def within(self, seconds: float) -> "Control":
        """The same brakes for a part of the run that may take at most so long."""
        part = Control(min(seconds, self.remaining()), self._guard)
        part._brake = self._brake
        return part

    def check(self) -> None:
        """Raise the reason to stop (`Superseded`, `Cancelled`, `LeaseLost`, `DeadlineExceeded`), if there is one."""
        if self._brake.reason is not None:
            raise self._brake.reason
        if self.remaining() <= 0:
            raise DeadlineExceeded("The review's time limit is over")

    def confirm(self) -> None:
        """`check`, then ask the guard: called before every write to GitLab."""
        self.check()
        if self._guard is not None:
            self._guard()

    def sleep(self, seconds: float) -> None:
        """Wait, but wake up and raise as `check` does when the run is stopped or its time is over."""
        self._brake.pulled.wait(min(seconds, self.remaining()))
        self.check()
