"""Processes of reviewbot that are forked from one which has imported it: each starts a second of computing earlier.

`Prefork` starts that one process, once per run of the tests, and asks it for children. A child has its own environment,
folder and files for what it reads and writes, runs `python -m MODULE …` or `python SCRIPT …` as `__main__`, and ends as
an interpreter ends.
"""

import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

_PRELOADED = (
    "alembic.command",
    "celery.apps.worker",
    "celery.concurrency.thread",
    "gitlab.v4.objects",
    "jinja2.sandbox",
    "reviewbot.cli.main",
    "reviewbot.cli.rendering",
    "reviewbot.llm.endpoint",
    "reviewbot.processes",
    "reviewbot.single.local",
    "reviewbot.single.merge_request",
    "reviewbot.web.app",
    "reviewbot.wiring.reviews",
    "reviewbot.worker.runner",
    "rich.console",
    "uvicorn",
)


class Prefork:
    """Used from several threads. The children are those of the process in between; `close` leaves them alone."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        with theirs:
            self._parent = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=_surroundings()
            )
        self._lock = threading.Lock()
        self._stream = ours.makefile("rw")
        ours.close()

    def start(self, command, *, env, cwd, log, errors=None, given=os.devnull):
        """`command` as for `subprocess.Popen`, of this interpreter; what it writes goes to the file `log`, or what is
        said of errors to `errors`. It reads from the file `given`.
        """
        interpreter, *rest = command
        assert interpreter == sys.executable, command
        Path(log).touch()  # it may be looked into at once
        files = [str(given), str(log), str(errors or log)]
        pid = self.ask("start", arguments=rest, env=env, cwd=str(cwd), files=files)
        return Forked(self, pid)

    def ask(self, what, **more):
        with self._lock:
            self._stream.write(json.dumps({"what": what, **more}) + "\n")
            self._stream.flush()
            answer = self._stream.readline()
        assert answer, "the process that forks is gone"
        return json.loads(answer)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._stream.close()
        self._parent.wait()


class Forked:
    """What `subprocess.Popen` gives, as far as it is used here."""

    def __init__(self, prefork, pid):
        self._prefork = prefork
        self.pid = pid
        self.returncode = None

    def poll(self):
        if self.returncode is None:
            self.returncode = self._prefork.ask("poll", pid=self.pid)
        return self.returncode

    def wait(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            threading.Event().wait(0.01)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:  # until it is polled its id cannot be another process's
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


def _surroundings():
    """Without the settings of whoever runs the tests; the package beside these tests comes first."""
    tests = Path(__file__).parent
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REVIEWBOT_")}
    return {**kept, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}


def _serve(stream):
    """Answer until nobody asks any more. Returns the request in a child that was forked for one, else None."""
    ended = {}  # several threads may ask about one child
    for line in stream:
        request = json.loads(line)
        if request["what"] == "poll":
            pid = request["pid"]
            if pid not in ended:
                done, status = os.waitpid(pid, os.WNOHANG)
                ended.update({pid: os.waitstatus_to_exitcode(status)} if done else {})
            answer = ended.get(pid)
        else:
            answer = os.fork()
            if answer == 0:
                return request
            ended.pop(answer, None)  # numbers come again
        stream.write(json.dumps(answer) + "\n")
        stream.flush()
    return None


def _become(request):
    """Turn this process into the one that was asked for, and run it."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    given, log, errors = request["files"]
    os.dup2(os.open(given, os.O_RDONLY), 0)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1 if errors == log else os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    first, *rest = request["arguments"]
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")


def main():
    for name in _PRELOADED:
        __import__(name)
    gc.collect()
    gc.freeze()  # no child has to look through all that again
    assert threading.active_count() == 1, "a thread would not survive the fork"
    with socket.socket(fileno=int(sys.argv[1])) as ours, ours.makefile("rw") as stream:
        request = _serve(stream)
    if request is not None:
        _become(request)


if __name__ == "__main__":
    main()
