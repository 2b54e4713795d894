"""Progress of long work on a terminal; a line at each step elsewhere, so that a CI log shows that it lives."""

import contextlib
import sys
import time
from collections.abc import Iterator

from reviewbot.bench import Progress

_STEPS = {
    "snapshot": "Reading the merge request",
    "diff": "Parsing the diff",
    "ask": "Selecting what to read",
    "rules": "Matching the rules",
    "backtest": "Trying the rules on past merge requests",
    "model": "Asking the model",
    "examples": "Asking the model about examples",
    "plan": "Planning the comments",
    "publish": "Publishing",
    "remember": "Keeping the outcome",
}
_HEARTBEAT = 30.0  # seconds between lines of the same step where there is no terminal


@contextlib.contextmanager
def shown(quiet: bool) -> Iterator[Progress]:
    """Yield a callback (step, done, total). Everything goes to standard error: the review itself may be piped."""
    if quiet:
        yield lambda step, done, total: None
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _Lines().tell


@contextlib.contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=None)

        def tell(step: str, done: int, total: int) -> None:
            bar.update(task, description=_STEPS.get(step, step), completed=done, total=total or None)

        yield tell


class _Lines:
    def __init__(self) -> None:
        self._step, self._at = "", 0.0

    def tell(self, step: str, done: int, total: int) -> None:
        """Print when the step is new, when it is through, and now and then between."""
        now = time.monotonic()
        if step == self._step and done < total and now - self._at < _HEARTBEAT:
            return
        if step == self._step and done == 0:
            return
        self._step, self._at = step, now
        count = f" {done}/{total}" if total > 1 else ""
        sys.stderr.write(f"{_STEPS.get(step, step)}{count}\n")
        sys.stderr.flush()
