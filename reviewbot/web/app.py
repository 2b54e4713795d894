"""The Starlette application: webhook and health for everybody, pages and figures for whoever has the admin token."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reviewbot import log
from reviewbot.ports import Tell
from reviewbot.web import access, metrics, pages, ruling, webhook
from reviewbot.web import intake as inbox
from reviewbot.web.intake import Intake

logger = log.get("web")

_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the web part works with. `troubles` names what keeps this process from being ready, empty when it is.

    `notices` tells what people should know though webhooks are taken all the same.
    """

    gate: webhook.Gate
    receive: inbox.Receive
    enqueue: Tell
    admin_token: str
    overview: pages.Overview
    troubles: Callable[[], list[str]]
    notices: Callable[[], list[str]]
    rules: ruling.ProjectRules


class _SafeHeaders:
    """Adds the headers to every answer, on the bare protocol: the webhook's rate matters."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


async def _broken(request: Request, error: Exception) -> Response:
    """Any error of a request: logged with its cause, answered without it. GitLab shows the delivery as failed."""
    logger.error("web.failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return JSONResponse({"error": "The request failed inside reviewbot", "mend": "see the server's log"}, 503)


def create_app(context: WebContext) -> Starlette:
    """The whole web part over one context; nothing is read from the environment here."""
    intake = Intake(context.receive, context.enqueue)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        intake.start()
        yield
        await intake.stop()

    async def gitlab(request: Request) -> Response:
        return await webhook.receive(request, context.gate, intake)

    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def ready(request: Request) -> Response:
        troubles = context.troubles()
        return PlainTextResponse("\n".join(troubles or ["ready", *context.notices()]) + "\n", 503 if troubles else 200)

    def figures(request: Request) -> Response:
        if not access.permitted(request, context.admin_token):
            return PlainTextResponse("The admin token is needed: Authorization: Bearer …\n", 401)
        return Response(metrics.render(context.overview), media_type=metrics.CONTENT_TYPE)

    routes = [
        Route("/webhooks/gitlab", gitlab, methods=["POST"]),
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", figures),
        *pages.routes(context.overview, context.rules, context.admin_token),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(_SafeHeaders)],
        exception_handlers={Exception: _broken},
    )
