"""Real servers and real processes of the product. The servers are those of the tests."""

import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

_FILE = Path(__file__).parent.parent / "tests" / "servers.py"


def servers() -> ModuleType:
    """`tests/servers.py`: `redis_server(folder)`, `postgres_server()`, and `Unavailable` where there is none."""
    spec = importlib.util.spec_from_file_location("benchmarks_servers", _FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def reviewbot(*arguments: str, env: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of the product; what it says is in `<command>.log` in the folder. Ended with SIGTERM."""
    with (folder / f"{arguments[0]}.log").open("wb") as said:
        command = [sys.executable, "-m", "reviewbot", *arguments]
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
