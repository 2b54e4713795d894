"""An answer's body with limits: GitLab, a proxy or a file in a repository may send more than fits into memory."""

import time
from collections.abc import Iterator
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from reviewbot.errors import ForgeRejected, ForgeUnavailable

MOST_BYTES = 128 << 20  # unpacked; a page of a hundred files at GitLab's largest patch size takes 50 MB
SECONDS = 300.0  # of one body; the time-out of the connection counts silence only


class BoundedAdapter(HTTPAdapter):
    """Bodies are read through `_Body`, those of redirects and errors too. Limits: unpacked bytes, seconds."""

    def __init__(self, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> None:
        super().__init__()
        self._most_bytes = most_bytes
        self._seconds = seconds

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = super().send(request, *args, **kwargs)
        response.raw = _Body(response.raw, self._most_bytes, self._seconds)
        return response


class _Body:
    """Stands for urllib3's response; only the way in which requests reads it is another one."""

    def __init__(self, raw: Any, most_bytes: int, seconds: float) -> None:
        self._raw = raw
        self._most_bytes = most_bytes
        self._seconds = seconds

    def stream(self, amount: int, *, decode_content: bool = True) -> Iterator[bytes]:
        """What has come, as it comes: a whole `amount` of a body that drips may take hours.

        Raises `ForgeRejected` for a body that is too large, `ForgeUnavailable` for one that does not end.
        """
        left, ends = self._most_bytes, time.monotonic() + self._seconds
        while part := self._raw.read1(amount, decode_content=decode_content):
            left -= len(part)
            if left < 0:
                raise ForgeRejected(f"An answer of GitLab is larger than {self._most_bytes:,} bytes: it was not read")
            if time.monotonic() > ends:
                raise ForgeUnavailable(f"An answer of GitLab took longer than {self._seconds:g} s")
            yield part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)
