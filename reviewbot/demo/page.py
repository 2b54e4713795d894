"""The review as it landed, as a page at the merge request's own address on the stand-in, and the files it links to."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from reviewbot.demo.view import FileView, View, plain
from reviewbot.standin.gitlab.comments import Comment

_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
# The few tags that our notes use; everything else stays escaped.
_ALLOWED = re.compile(r"&lt;(/?(?:details|summary|b|sub))&gt;")
_SUGGESTION = re.compile(r"suggestion:-(\d{1,3})\+(\d{1,3})")

Text = Callable[[str, str, str], str | None]
"""The text of a file (project, commit, path), None when there is none."""


def wrapped(gitlab: ASGIApp, view: Callable[[], View], text: Text, notice: str) -> ASGIApp:
    """The stand-in's application with the page laid over its merge request, and plain pages over its files."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    merge_request, blob = templates.get_template("merge_request.html"), templates.get_template("blob.html")

    def show(request: Request) -> HTMLResponse:
        shown = view()
        if request.url.path != urlsplit(shown.url).path:
            raise HTTPException(404, "The demo has one merge request, and this is another address. It is at /.")
        html = merge_request.render(view=shown, notice=notice, markdown=markdown, remark=remark)
        return HTMLResponse(html, headers=_HEADERS)

    def home(request: Request) -> RedirectResponse:
        return RedirectResponse(urlsplit(view().url).path)

    def show_file(request: Request) -> HTMLResponse:
        project, ref, path = (request.path_params[name] for name in ("project", "ref", "path"))
        found = text(project, ref, path)
        if found is None:
            raise HTTPException(404)
        return HTMLResponse(blob.render(path=path, ref=ref, lines=found.splitlines()), headers=_HEADERS)

    pages = [
        Route("/", home),
        Route("/{project:path}/-/merge_requests/{iid:int}", show),
        Route("/{project:path}/-/blob/{ref}/{path:path}", show_file),
    ]
    return Starlette(routes=[*pages, Mount("/", gitlab)])


def markdown(body: str, replaced: Callable[[int, int], Sequence[str]] | None = None) -> Markup:
    """GitLab-flavoured enough: HTML is escaped but for folds and bold. A suggestion shows the lines that it replaces:
    `replaced` gives those from so many above to so many below the commented one.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("fence", _fence)
    html = reader.render(plain(body), {"replaced": replaced})
    return Markup(_ALLOWED.sub(r"<\1>", html))  # noqa: S704  # everything else was escaped by the renderer


def remark(comment: Comment, file: FileView) -> Markup:
    """The body of a comment in the diff of `file`."""
    texts = {line.new: line.text for line in file.file.lines() if line.new is not None}

    def replaced(above: int, below: int) -> Sequence[str]:
        at = comment.new_line or 0
        return [texts.get(number, "…") for number in range(at - above, at + below + 1)]

    return markdown(comment.body, replaced)


def _fence(_: object, tokens: Sequence[Token], index: int, options: object, env: Mapping[str, Any]) -> str:
    token = tokens[index]
    found = _SUGGESTION.fullmatch(token.info.strip())
    if found is None or env["replaced"] is None:
        return str(Markup("<pre><code>{}</code></pre>\n").format(token.content))
    rows = [("removed", "-", text) for text in env["replaced"](int(found[1]), int(found[2]))]
    rows += [("added", "+", text) for text in token.content.splitlines()]
    lines = "".join(f'<span class="{kind}">{sign} {escape(text)}\n</span>' for kind, sign, text in rows)
    return f'<div class="suggestion"><p>Suggested change</p><pre><code>{lines}</code></pre></div>\n'
