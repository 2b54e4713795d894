"""HTTP to one GitLab for one run: python-gitlab with our brakes, and its errors as ours.

A client belongs to one run and one thread at a time; it is cheap to make and keeps its connections alive.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import gitlab
from requests import PreparedRequest, RequestException, Response, Session

from reviewbot import __version__
from reviewbot.errors import ConfigurationError, ForgeRefused, ForgeUnavailable
from reviewbot.gitlab import failures
from reviewbot.gitlab.bounding import BoundedAdapter
from reviewbot.model.merge_request import Person

PAGE = 100  # rows; GitLab gives no more at once (docs, "Pagination")
Query = Mapping[str, str | int | Sequence[int]]


class Identities:
    """The bot's own user by (URL, token), shared by the clients of one process: asked once, not once per run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Person] = {}

    def get(self, url: str, token: str) -> Person | None:
        with self._lock:
            return self._known.get((url, token))

    def put(self, url: str, token: str, person: Person) -> None:
        with self._lock:
            self._known[url, token] = person


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises `ConfigurationError` for anything but a whole http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no URL", mend="correct REVIEWBOT_GITLAB_URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"REVIEWBOT_GITLAB_URL is {url!r}, which is no http(s) address",
            mend="give it with its scheme, like https://gitlab.example.com",
        )
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)


class _Session(Session):
    """Counts requests, keeps the headers of the last answer, and lets nothing leave for another origin."""

    def __init__(self, home: tuple[str, str, int]) -> None:
        super().__init__()
        self.mount("http://", BoundedAdapter())
        self.mount("https://", BoundedAdapter())
        self.home = home
        self.sent = 0
        self.headers_seen: Mapping[str, str] = {}
        self._settings: dict[tuple[object, ...], Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, *settings: Any) -> Any:
        """Proxies and certificates as the environment has them for the one origin: to look them up takes as long as the
        rest of a request, so it is done once.
        """
        if proxies or any(isinstance(one, list | dict) for one in settings):
            return super().merge_environment_settings(url, proxies, *settings)
        if settings not in self._settings:
            self._settings[settings] = super().merge_environment_settings(url, proxies, *settings)
        return dict(self._settings[settings])

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        # requests sends redirected requests through here too, with the token's header still on them.
        if origin(request.url or "") != self.home:
            scheme, host, port = origin(request.url or "")
            raise ForgeRefused(
                f"GitLab redirected to {scheme}://{host}:{port}: refused, the token stays home",
                mend="set REVIEWBOT_GITLAB_URL to the address that GitLab itself uses",
            )
        self.sent += 1
        self.headers_seen = {}
        response = super().send(request, **kwargs)
        self.headers_seen = response.headers
        return response


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and the query parameters that ask for the next one, None at the end."""

    rows: list[dict[str, Any]]
    following: dict[str, str] | None


@dataclass(eq=False)
class Client:
    """One attempt per call, no retries. Paths start with "/" behind `/api/v4`. Raises as `reviewbot.errors` says."""

    url: str
    identities: Identities
    _token: str = field(repr=False)
    _session: _Session = field(repr=False)
    _gitlab: gitlab.Gitlab = field(repr=False)

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, redirects included."""
        return self._session.sent

    def get(self, path: str, query: Query | None = None) -> Any:
        """The parsed JSON."""
        return self._json(self._request("get", path, query), f"GET {path}")

    def object(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """The parsed JSON object; another kind of answer is `ForgeUnavailable` (a proxy's page, a wrong address)."""
        found = self.get(path, query)
        if not isinstance(found, dict):
            raise _strange(f"GET {path}")
        return found

    def page(self, path: str, query: Query | None = None) -> Page:
        """One page of a list. GitLab leaves X-Total out above 10,000 rows, so `Link: rel=next` is what counts."""
        response = self._request("get", path, {"per_page": PAGE, **(query or {})})
        rows = self._json(response, f"GET {path}")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _strange(f"GET {path}")
        return Page(rows, _following(response))

    def raw(self, path: str, query: Query | None = None, first: int | None = None) -> bytes:
        """The body, or its `first` bytes: then no more than those is read."""
        if first is not None:
            return self._begun(path, first, query)
        content: bytes = self._request("get", path, query).content
        return content

    def small(self, path: str, most: int, query: Query | None = None) -> bytes | None:
        """The body, read as it comes; None when it is larger than `most` bytes."""
        content = self._begun(path, most + 1, query)
        return content if len(content) <= most else None

    def _begun(self, path: str, first: int, query: Query | None) -> bytes:
        response = self._request("get", path, query, streamed=True)
        content = bytearray()
        try:
            for part in response.iter_content(1 << 16):
                content += part
                if len(content) >= first:
                    break
        except RequestException as error:
            raise failures.from_network(error, f"GET {path}") from error
        finally:
            response.close()
        return bytes(content[:first])

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """The parsed JSON; None when GitLab answers without a body (204)."""
        return self._json(self._request("post", path, data=data or {}), f"POST {path}")

    def put(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        return self._json(self._request("put", path, data=data or {}), f"PUT {path}")

    def delete(self, path: str) -> None:
        self._request("delete", path)

    def known_identity(self) -> Person | None:
        return self.identities.get(self.url, self._token)

    def keep_identity(self, person: Person) -> None:
        self.identities.put(self.url, self._token, person)

    def close(self) -> None:
        self._session.close()

    def _request(
        self,
        verb: str,
        path: str,
        query: Query | None = None,
        data: Mapping[str, Any] | None = None,
        *,
        streamed: bool = False,
    ) -> Response:
        where = f"{verb.upper()} {path}"
        try:
            return self._gitlab.http_request(
                verb,
                path,
                query_data=dict(query or {}),
                streamed=streamed,
                post_data=None if data is None else dict(data),
                obey_rate_limit=False,  # its sleep cannot be interrupted, and it fails on an HTTP date
                retry_transient_errors=False,  # it would repeat a POST whose answer was lost
            )
        except gitlab.GitlabError as error:
            raise failures.from_answer(error, self._session.headers_seen, where) from error
        except RequestException as error:
            raise failures.from_network(error, where) from error
        except (ValueError, RecursionError) as error:  # an error's JSON, or the address of a redirect
            raise _strange(where) from error

    @staticmethod
    def _json(response: Response, where: str) -> Any:
        if response.status_code == 204 or not response.content:
            return None
        try:
            return response.json()
        except (ValueError, RecursionError) as error:
            raise _strange(where) from error


def _strange(where: str) -> ForgeUnavailable:
    return ForgeUnavailable(
        f"What answered to {where} is not GitLab's API", mend="check REVIEWBOT_GITLAB_URL and the proxies before it"
    )


def _following(response: Response) -> dict[str, str] | None:
    """Only the query of the link is used: behind a proxy its host may be another one."""
    link = response.links.get("next", {}).get("url", "")
    if link:
        return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    number = response.headers.get("X-Next-Page", "").strip()
    return {"page": number} if number else None


def connect(
    url: str,
    token: str,
    *,
    ca_bundle: Path | None = None,
    timeout: float = 60.0,
    job_token: bool = False,
    identities: Identities | None = None,
) -> Client:
    """A client for the GitLab at `url` (a path prefix is fine). `timeout` in seconds is for connecting and per read.

    `job_token`: `token` is a CI job's token, which may only read. Raises `ConfigurationError` for a bad URL.
    """
    url = url.rstrip("/")
    session = _Session(origin(url))
    wrapped = gitlab.Gitlab(
        url,
        private_token=None if job_token else token or None,
        job_token=(token or None) if job_token else None,
        ssl_verify=str(ca_bundle) if ca_bundle else True,
        timeout=timeout,
        user_agent=f"reviewbot/{__version__}",
        keep_base_url=True,
        session=session,
    )
    return Client(url, identities or Identities(), token, session, wrapped)
