"""The review as it landed, as a page at the merge request's own address on the stand-in."""

import re
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from reviewbot.demo.view import View, plain

_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
# The few tags that our notes use; everything else stays escaped.
_ALLOWED = re.compile(r"&lt;(/?(?:details|summary|b|sub))&gt;")


def wrapped(gitlab: ASGIApp, view: Callable[[], View], notice: str) -> ASGIApp:
    """The stand-in's application with the page laid over its merge request."""
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    ).get_template("merge_request.html")

    def show(request: Request) -> HTMLResponse:
        return HTMLResponse(template.render(view=view(), notice=notice, markdown=markdown), headers=_HEADERS)

    return Starlette(routes=[Route("/{project:path}/-/merge_requests/{iid:int}", show), Mount("/", gitlab)])


def markdown(body: str) -> Markup:
    """GitLab-flavoured enough: HTML is escaped but for folds and bold."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(plain(body))
    return Markup(_ALLOWED.sub(r"<\1>", html))  # noqa: S704  # everything else was escaped by the renderer
