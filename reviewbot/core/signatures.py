"""Is a webhook really GitLab's? Secret tokens and Standard Webhooks signatures, several secrets at once for rotation.

Sources: GitLab docs "Webhooks" (X-Gitlab-Token; signing tokens since 19.0) and the Standard Webhooks specification
(`v1,<base64 of HMAC-SHA256(key, id.timestamp.body)>`, tolerance of five minutes).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

SIGNING = "whsec_"
TOLERANCE = 300  # seconds
_TIMESTAMP = re.compile("[0-9]{1,15}")


def problem(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> str:
    """Why the delivery is not to be trusted, for people and without any secret; empty: it is.

    `headers` has lower-case names, `now` is in seconds since the epoch. A signature that is there must hold: there is
    no falling back to the plain token. All comparisons take constant time.
    """
    known = list(secrets)
    if "webhook-signature" in headers:
        return _signature_problem(headers, body, [secret for secret in known if secret.startswith(SIGNING)], now)
    token = headers.get("x-gitlab-token", "").encode()
    if not token:
        return "The delivery carries neither a secret token nor a signature"
    matches = [hmac.compare_digest(token, secret.encode()) for secret in known if not secret.startswith(SIGNING)]
    return "" if any(matches) else "The secret token is not one of the configured ones"


def _signature_problem(headers: Mapping[str, str], body: bytes, secrets: list[str], now: float) -> str:
    if not secrets:
        return "The delivery is signed, but no signing token (whsec_…) is configured"
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if _TIMESTAMP.fullmatch(timestamp) is None or abs(now - int(timestamp)) > TOLERANCE:
        return "The signature's timestamp is missing or more than five minutes off"
    signed = b".".join((identity.encode(), timestamp.encode(), body))
    given = [
        part.removeprefix("v1,").encode() for part in headers["webhook-signature"].split() if part.startswith("v1,")
    ]
    for secret in secrets:
        if (key := _key(secret)) is None:
            continue
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        if any(hmac.compare_digest(signature, expected) for signature in given):
            return ""
    return "The signature does not hold under any configured signing token"


def _key(secret: str) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except binascii.Error:
        return None


def unusable(secret: str) -> str:
    """Why a configured secret cannot work, in words that do not repeat it; empty: it can."""
    if not secret.startswith(SIGNING):
        return ""
    key = _key(secret)
    if key is None:
        return "a signing token (whsec_…) is not valid base64"
    return "" if key else "a signing token (whsec_…) is empty"
