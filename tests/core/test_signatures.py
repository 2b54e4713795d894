"""Tokens and signatures of webhooks."""

import base64
import hashlib
import hmac

import pytest

from reviewbot.core.signatures import problem, unusable

KEY = b"k" * 32
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = b'{"object_kind":"push"}'
NOW = 1_700_000_000.0


def signed(key=KEY, body=BODY, at=NOW, extra=""):
    content = b"id-1." + str(int(at)).encode() + b"." + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": "id-1", "webhook-timestamp": str(int(at)), "webhook-signature": f"{extra}v1,{signature}"}


def test_the_right_token_is_trusted():
    assert problem({"x-gitlab-token": "new"}, BODY, ["old", "new"], NOW) == ""


@pytest.mark.parametrize("headers", [{}, {"x-gitlab-token": ""}, {"x-gitlab-token": "wrong"}, {"x-gitlab-token": "né"}])
def test_a_wrong_or_missing_token_is_not(headers):
    assert problem(headers, BODY, ["old", "new"], NOW)


def test_a_signing_token_is_no_plain_token():
    assert problem({"x-gitlab-token": SIGNING}, BODY, [SIGNING], NOW)


@pytest.mark.parametrize("secrets", [[SIGNING], [OTHER, SIGNING], ["plain", SIGNING]])
def test_the_right_signature_is_trusted(secrets):
    assert problem(signed(), BODY, secrets, NOW) == ""


def test_one_of_several_signatures_suffices_during_a_rotation():
    assert problem(signed(extra="v1,AAAA v2,BBBB "), BODY, [SIGNING], NOW) == ""


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        (signed(key=b"x" * 32), [SIGNING]),
        (signed(body=b"{}"), [SIGNING]),
        (signed(at=NOW - 301), [SIGNING]),
        (signed(at=NOW + 301), [SIGNING]),
        (signed() | {"webhook-timestamp": "soon"}, [SIGNING]),
        (signed() | {"webhook-id": "id-2"}, [SIGNING]),
        (signed() | {"webhook-signature": ""}, [SIGNING]),
        (signed(key=b"x" * 32) | {"x-gitlab-token": "plain"}, ["plain", SIGNING]),
        (signed() | {"x-gitlab-token": "plain"}, ["plain"]),
        (signed(), ["whsec_???"]),
    ],
)
def test_a_signature_that_is_there_must_hold(headers, secrets):
    assert problem(headers, BODY, secrets, NOW)


def test_an_unusable_signing_token_is_told_without_repeating_it():
    assert "base64" in unusable("whsec_???")
    assert "???" not in unusable("whsec_???")
    assert unusable("whsec_")
    assert unusable(SIGNING) == unusable("plain") == ""
