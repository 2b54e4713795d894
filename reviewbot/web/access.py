"""Who may see the pages and figures: until people can sign in, whoever has the admin token, nobody else."""

import hashlib
import hmac

from starlette.requests import Request

COOKIE = "reviewbot_admin"


def session(admin_token: str) -> str:
    """The cookie's value: made from the token so that the token itself is never kept in a browser."""
    return hmac.new(admin_token.encode(), b"reviewbot admin session", hashlib.sha256).hexdigest()


def permitted(request: Request, admin_token: str) -> bool:
    """Bearer token for programs, cookie for browsers; with no token configured nobody is let in."""
    if not admin_token:
        return False
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and matches(given, admin_token):
        return True
    return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), session(admin_token).encode())


def matches(given: str, admin_token: str) -> bool:
    return bool(admin_token) and hmac.compare_digest(given.strip().encode(), admin_token.encode())
