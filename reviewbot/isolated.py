"""Runs pure functions in processes that can be ended (fills `ports.Isolation`).

A parser can be made to run for minutes by a few kilobytes of text, and ast-grep holds the interpreter's lock meanwhile:
measured, 9 kB of JavaScript stood a whole process still for 13 s. Here it costs one child process.
"""

import atexit
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as Overdue
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from reviewbot.errors import TooHard

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 10.0  # of one call; ordinary ones take a few hundredths
MEMORY = 4 << 30  # bytes of address space of a child; the token tables and the parser need about a tenth


class Isolated:
    """A few child processes, shared by all threads; started with the first call, or before it by `warm`.

    They end with this process.
    """

    def __init__(self, processes: int = 2, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._processes = processes
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` is importable by its name and pure. Raises `TooHard` when it takes too long, too much, or dies."""
        if kwargs:
            raise TypeError("only positional arguments travel to another process here")
        future = self._open().schedule(work, args=args, timeout=self._seconds)
        try:
            result: T = future.result()
        except Overdue as error:
            raise TooHard(f"It took longer than {self._seconds:g} s") from error
        except BrokenProcessPool as error:
            self.close()
            raise TooHard("No process could be started for it") from error
        except (ProcessExpired, MemoryError) as error:
            raise TooHard("Its process died or took too much memory") from error
        return result

    def warm(self, *work: Callable[..., object]) -> None:
        """Start the processes now and let them import where `work` comes from; does not wait for them."""
        pool = self._open()
        for _ in range(self._processes):
            pool.schedule(_imported, args=work)

    def close(self) -> None:
        """End the processes at once; the next call starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # the library types it loosely
            pool.join(timeout=2)

    def _open(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._processes,
                    initializer=_limit,
                    initargs=(self._memory,),
                    context=multiprocessing.get_context("spawn"),  # a fork of a process with threads may hang
                )
                atexit.register(self.close)
            return self._pool


@cache
def shared(processes: int) -> Isolated:
    """The children of this process, whoever asks: they hold nothing between two calls, and starting one takes long."""
    return Isolated(processes)


def _imported(*work: Callable[..., object]) -> None:
    """What was called is here, so its modules have been imported."""


def _limit(memory: int) -> None:
    """What a child may take, after whoever answers people and GitLab. Ctrl-C is the parent's matter."""
    os.nice(5)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
