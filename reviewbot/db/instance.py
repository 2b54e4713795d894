"""The instance's own key: given by the operator, or made once and kept in the data folder."""

import contextlib
import os
import secrets
from pathlib import Path

from reviewbot.errors import ConfigurationError

_FILE = "instance.key"


def instance_key(data_dir: Path, configured: str = "") -> bytes:
    """The key that markers are signed with: `configured`, else the one in the data folder, made when there is none.

    Several processes may start at once: all get the same key. Raises `ConfigurationError` when the folder is no good.
    """
    if configured:
        return configured.encode()
    path = data_dir / _FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = path.read_bytes() if path.exists() else _make(path)
    except OSError as error:
        raise ConfigurationError(
            f"The instance's key {path} can neither be read nor made: {error.strerror}",
            mend="let this user read and write the data folder, or set REVIEWBOT_INSTANCE_KEY",
        ) from error
    if not key.strip():
        raise ConfigurationError(f"The instance's key {path} is empty", mend="delete the file, or restore it")
    return key.strip()


def has_key(data_dir: Path) -> bool:
    """Whether a key was made in this folder before."""
    return (data_dir / _FILE).exists()


def _make(path: Path) -> bytes:
    """Written whole under another name, then linked: nobody ever sees half a key, and the first one stays."""
    draft = path.with_name(f".{_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    return path.read_bytes()
