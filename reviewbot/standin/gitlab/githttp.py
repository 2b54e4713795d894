"""Smart HTTP for git: hands requests to `git http-backend`."""

import os
import re
import subprocess
from dataclasses import dataclass

from starlette.responses import Response

from reviewbot.standin.gitlab.merging import pushed
from reviewbot.standin.gitlab.repositories import ENVIRONMENT
from reviewbot.standin.gitlab.state import DEVELOPER, REPORTER, Project, Token, World

PATH = re.compile(r"/(?P<path>.+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)$")
READ_SCOPES = {"api", "read_repository", "write_repository"}
WRITE_SCOPES = {"api", "write_repository"}
REALM = {"WWW-Authenticate": 'Basic realm="GitLab"'}


@dataclass(frozen=True)
class GitRequest:
    method: str
    path: str
    service: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def writes(self) -> bool:
        return "git-receive-pack" in {self.service, self.query.removeprefix("service=")}


def answer(world: World, request: GitRequest, token: Token | None, *, denied: bool) -> Response:
    """`denied`: a token was given and is not known."""
    project = next((one for one in world.projects.values() if one.path == request.path), None)
    if token is None and (denied or project is None or project.visibility != "public" or request.writes):
        return Response("HTTP Basic: Access denied.\n", 401, REALM, "text/plain")
    level = project.level(token.user if token else None) if project else 0
    if project is None or (project.visibility == "private" and not level):
        return Response("The project you were looking for could not be found.\n", 404, media_type="text/plain")
    scopes = WRITE_SCOPES if request.writes else READ_SCOPES
    if (token and not token.scopes & scopes) or (project.visibility == "private" and level < _needed(request)):
        return Response("You are not allowed to access this project's code.\n", 403, media_type="text/plain")
    before = _heads(project) if request.writes else {}
    response = _backend(project, request, token)
    if request.service == "git-receive-pack" and token:
        with world.lock:
            for ref, sha in _heads(project).items():
                if before.get(ref) != sha:
                    pushed(project, ref, token.user)
    return response


def _needed(request: GitRequest) -> int:
    return DEVELOPER if request.writes else REPORTER


def _heads(project: Project) -> dict[str, str]:
    listing = project.repository.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
    return dict(line.rsplit(" ", 1) for line in listing.decode().splitlines())


def _backend(project: Project, request: GitRequest, token: Token | None) -> Response:
    folder = project.repository.path
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}/{request.service}",
        "QUERY_STRING": request.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": token.user.username if token else "",
    }
    done = subprocess.run(
        ("git", "http-backend"), input=request.body, capture_output=True, check=False, env=environment
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200" if head else "500").split()[0])
    return Response(body, status, headers)
