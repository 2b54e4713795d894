"""A merge request's address, as a person copies it from the browser -> project path and iid."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from reviewbot.errors import ConfigurationError, UsageError

_TAIL = re.compile(r"(?P<project>.+?)/(?:-/)?merge_requests/(?P<iid>[0-9]{1,9})(?:/.*)?")
_SHORT = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?!//)(?P<path>.+)")  # scp's form of an address, as git takes it
_SEGMENT = re.compile(r"[\w.][\w.-]*")  # GitLab docs, "Rules for usernames, project and group names"
_SHAPE = "give it as https://gitlab.example.com/group/project/-/merge_requests/12"
_PORTS = {"http": 80, "https": 443}


def parse_merge_request_url(url: str, gitlab_url: str) -> tuple[str, int]:
    """("group/sub/project", 12) of a merge request on the GitLab at `gitlab_url`.

    Raises `UsageError` for another host, scheme, port or path prefix: the token is for `gitlab_url` alone.
    """
    wanted, home = _split(url), _home(gitlab_url)
    if _origin(wanted) != _origin(home) or wanted.username is not None or wanted.password is not None:
        raise _refused(gitlab_url)
    prefix = home.path.rstrip("/")
    if not wanted.path.startswith(f"{prefix}/"):
        raise _refused(gitlab_url)
    match = _TAIL.fullmatch(wanted.path[len(prefix) :].strip("/"))
    if match is None:
        raise UsageError("That is not the address of a merge request", mend=_SHAPE)
    segments = [unquote(part, errors="strict") for part in match["project"].split("/")]
    if len(segments) < 2 or not all(_SEGMENT.fullmatch(part) and part not in {".", ".."} for part in segments):
        raise UsageError("The merge request's address does not name a project in a group", mend=_SHAPE)
    return "/".join(segments), int(match["iid"])


def project_of_remote(remote: str, gitlab_url: str) -> str:
    """The full path of the project that a remote of git leads to, by http(s) or ssh; empty: it is not on the GitLab at
    `gitlab_url`, or nobody can tell. By ssh the host alone counts, since ports and prefixes are those of http.
    """
    if not gitlab_url or any(character <= " " or character == "\x7f" for character in remote):
        return ""
    home = _home(gitlab_url)
    if (short := _SHORT.fullmatch(remote)) is not None:
        return _project(short["path"]) if short["host"].lower() == home.hostname else ""
    try:
        parts = urlsplit(remote)
        parts.port  # noqa: B018 - raises ValueError when it is no number
    except ValueError:
        return ""
    if parts.scheme == "ssh":
        return _project(parts.path) if parts.hostname == home.hostname else ""
    prefix = f"{home.path.rstrip('/')}/"
    if parts.scheme not in _PORTS or _origin(parts) != _origin(home) or not parts.path.startswith(prefix):
        return ""
    return _project(parts.path.removeprefix(prefix))


def _project(path: str) -> str:
    """The path of a repository without `.git`; empty where it is none of a project in a group."""
    segments = unquote(path.strip("/").removesuffix(".git"), errors="replace").split("/")
    fine = len(segments) > 1 and all(_SEGMENT.fullmatch(part) and part not in {".", ".."} for part in segments)
    return "/".join(segments) if fine else ""


def _home(gitlab_url: str) -> SplitResult:
    try:
        return _split(gitlab_url)
    except UsageError as error:
        raise ConfigurationError(
            f"REVIEWBOT_GITLAB_URL: {error.message}", mend="give it with its scheme, like https://gitlab.example.com"
        ) from error


def _refused(gitlab_url: str) -> UsageError:
    return UsageError(
        f"The merge request is not on {gitlab_url}: refused, the token stays home",
        mend="give a merge request of that GitLab, or set REVIEWBOT_GITLAB_URL and a token of the other one",
    )


def _split(url: str) -> SplitResult:
    # Browsers and urllib read backslashes, blanks and control characters differently: such an address is a trick.
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise UsageError("The address holds blanks or control characters", mend=_SHAPE)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError when it is no number
        unquote(parts.path, errors="strict")
    except ValueError as error:
        raise UsageError(f"{url[:200]!r} is no address", mend=_SHAPE) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageError(f"{url[:200]!r} is no http(s) address", mend=_SHAPE)
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
