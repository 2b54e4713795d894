"""What lies on a worker's own machine is no other worker's to delete: each looks after it, at its start and daily."""

import threading
from collections.abc import Callable

import structlog

_DAY = 86_400.0
_log = structlog.get_logger(__name__)


class Tidying:
    """Calls `tidy` on a daemon thread until `stop`."""

    def __init__(self, tidy: Callable[[], None]) -> None:
        self._tidy = tidy
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._work, name="reviewbot-tidying", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _work(self) -> None:
        while True:
            try:
                self._tidy()
            except Exception:  # the thread survives whatever it is, and tries again tomorrow
                _log.exception("worker.tidying_failed")
            if self._stopped.wait(_DAY):
                return
