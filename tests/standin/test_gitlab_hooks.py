"""Webhooks: what is sent when, with which headers and shapes."""

import base64
import hashlib
import hmac

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from reviewbot.standin.serving import serving


@pytest.fixture
def inbox():
    """A receiver: its URL, and what it got as (headers, body)."""
    got = []

    async def receive(request):
        got.append((request.headers, await request.body()))
        return Response(status_code=202)

    with serving(Starlette(routes=[Route("/hook", receive, methods=["POST"])])) as url:
        yield f"{url}/hook", got


def actions(scene):
    return [(one.kind, one.payload["object_attributes"].get("action")) for one in scene.lab.deliveries.all]


def test_the_life_of_a_merge_request_is_told(scene):
    scene.lab.hook("http://127.0.0.1:9/", background=False)
    found = scene.open({"a.py": "1\n"}, {"a.py": "2\n"}, draft=True)
    before = found.sha
    scene.lab.push(found, {"a.py": "3\n"})
    scene.lab.edit(found, title=found.title.removeprefix("Draft: "))
    scene.lab.edit(found, labels=["reviewbot"])
    scene.lab.edit(found, reviewers=[scene.bot])
    scene.lab.ask_again(found, scene.bot)
    note = scene.lab.write(found, "@reviewbot review", scene.author)
    scene.lab.react(found, note, emoji="eyes")
    scene.lab.close_merge_request(found)
    payloads = [one.payload for one in scene.lab.deliveries.all]
    assert actions(scene) == [
        ("merge_request", "open"),
        *[("merge_request", "update")] * 5,
        ("note", "create"),
        ("emoji", "award"),
        ("merge_request", "close"),
    ]
    pushed, ready, labelled, asked, again = payloads[1:6]
    assert pushed["object_attributes"]["oldrev"] == before
    assert pushed["object_attributes"]["last_commit"]["id"] == found.sha
    assert ready["changes"]["draft"] == {"previous": True, "current": False}
    assert [one["title"] for one in labelled["changes"]["labels"]["current"]] == ["reviewbot"]
    assert [one["id"] for one in asked["changes"]["reviewers"][1]] == [scene.bot.id]
    assert again["changes"]["reviewers"][1][0]["re_requested"] is True
    assert not any("oldrev" in one["object_attributes"] for one in payloads[2:6])
    assert (payloads[6]["merge_request"]["iid"], payloads[6]["object_attributes"]["note"]) == (1, "@reviewbot review")
    assert payloads[7]["object_attributes"]["awardable_id"] == note.id
    assert payloads[8]["object_attributes"]["state"] == "closed"


def test_the_bots_own_notes_come_back_as_events(scene):
    found = scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    scene.lab.hook("http://127.0.0.1:9/", background=False)
    api = scene.api(found)
    api.draft_notes.create({"note": "one", "position": scene.position(found, "a.py", None, 1)})
    assert actions(scene) == []
    api.draft_notes.bulk_publish()
    (delivery,) = scene.lab.deliveries.all
    assert delivery.payload["user"]["id"] == scene.bot.id
    assert delivery.payload["object_attributes"]["type"] == "DiffNote"


def test_only_the_last_resolved_thread_is_told(scene):
    found = scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    api = scene.api(found)
    threads = [found.discussion(api.discussions.create({"body": "x"}).id) for _ in range(2)]
    scene.lab.hook("http://127.0.0.1:9/", background=False)
    scene.lab.resolve(found, threads[0])
    assert actions(scene) == []
    scene.lab.resolve(found, threads[1])
    assert actions(scene) == [("merge_request", "update")]
    assert "blocking_discussions_resolved" in scene.lab.deliveries.all[0].payload["changes"]


def test_headers_carry_token_key_and_signature(scene, inbox):
    url, got = inbox
    key = base64.b64encode(b"k" * 32).decode()
    scene.lab.hook(url, token="secret", signing_token=f"whsec_{key}")
    scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    scene.lab.settle()
    ((headers, body),) = got
    assert (headers["x-gitlab-event"], headers["x-gitlab-token"]) == ("Merge Request Hook", "secret")
    assert headers["webhook-id"] == headers["idempotency-key"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert scene.lab.deliveries.all[0].status == 202


def test_a_resent_delivery_has_the_same_key(scene, inbox):
    url, got = inbox
    scene.lab.hook(url, background=False)
    scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    (delivery,) = scene.lab.deliver()
    scene.lab.deliveries.send(delivery)
    first, second = (headers for headers, _ in got)
    assert first["idempotency-key"] == second["idempotency-key"]
    assert first["x-gitlab-webhook-uuid"] != second["x-gitlab-webhook-uuid"]


def test_a_system_hook_is_named_so_and_brings_no_notes(scene, inbox):
    url, got = inbox
    scene.lab.hook(url, system=True)
    found = scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    scene.lab.write(found, "hello")
    scene.lab.settle()
    assert [headers["x-gitlab-event"] for headers, _ in got] == ["System Hook"]


def test_nobody_listening_is_noted(scene):
    scene.lab.hook("http://127.0.0.1:9/", background=False)
    scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    assert [one.status for one in scene.lab.deliver()] == [0]
