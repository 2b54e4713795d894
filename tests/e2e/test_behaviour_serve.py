"""The real `reviewbot serve`: webhooks that are wrong, secrets in its logs and pages, its dashboard in a browser."""

import contextlib
import http.client
import json
import shutil

import httpx
import pytest
from e2e.stage import PLANTED, SECRET

from reviewbot.model.job import JobState

pytestmark = pytest.mark.integration

ADMIN = "an-admin-token-of-the-tests"
LLM_KEY = "sk-a-model-key-of-the-tests-1234567890"
HUGE = 26 * 1024 * 1024  # one more MB than GitLab ever sends


@pytest.fixture
def served(stage):
    """`serve` on a free port, with a model that wants its key. -> its URL."""
    stage.model.key = LLM_KEY
    _, url = stage.listen("serve", admin_token=ADMIN, llm_api_key=LLM_KEY, log_level="DEBUG")
    return url


def post(url, body, **headers):
    return httpx.post(f"{url}/webhooks/gitlab", content=body, headers={"x-gitlab-token": SECRET, **headers})


def push_of_25_mb(url):
    """A body that is only announced, and one that is sent without an announcement until the server has enough."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/webhooks/gitlab")
    connection.putheader("Content-Length", str(HUGE))
    connection.putheader("X-Gitlab-Token", SECRET)
    connection.endheaders()
    yield connection.getresponse().status
    connection.close()
    endless = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    parts = (b"x" * 2**20 for _ in range(HUGE // 2**20))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may hang up before the end
        headers = {"X-Gitlab-Token": SECRET, "Transfer-Encoding": "chunked"}
        endless.request("POST", "/webhooks/gitlab", parts, headers, encode_chunked=True)
    with contextlib.suppress(ConnectionResetError):
        yield endless.getresponse().status
    endless.close()


def test_wrong_webhooks_are_refused_and_nothing_is_enqueued(stage, served):
    for body in (b"", b"{", b"[]", b'"text"', b"{}", b"\xff\xfe", b'{"object_kind": "merge_request"}', b"[" * 100_000):
        assert post(served, body).status_code == 400, body[:40]
    event = json.dumps({"object_kind": "note", "object_attributes": {}}).encode()
    for token in ("", "wrong", SECRET[:-1], SECRET + "x", "\u00e4".encode("latin-1")):
        answer = post(served, event, **{"x-gitlab-token": token})
        assert answer.status_code == 401
        assert SECRET not in answer.text
    signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert post(served, event, **signed).status_code == 401  # a signature must hold, the token does not replace it
    assert list(push_of_25_mb(served)) in ([413, 413], [413])
    assert httpx.get(f"{served}/webhooks/gitlab").status_code == 405
    assert stage.store.jobs.listed() == []
    assert httpx.get(f"{served}/healthz").text == "ok\n"
    assert SECRET not in stage.logs()


def test_no_secret_is_in_any_log_page_prompt_or_note(stage, served):
    stage.open()
    stage.until(lambda: stage.store.jobs.counts()[JobState.DONE], "the review is done")
    assert stage.landed() == PLANTED
    post(served, b"{}", **{"x-gitlab-token": "wrong"})
    # A review that fails with the key in the provider's own words, and one whose token is refused.
    stage.model.key = "another"
    stage.lab.push(stage.mr, {"cart/more.py": "x = 1\n"})
    stage.until(lambda: len(stage.store.runs.recent(5)) == 2, "the second review ended")
    stage.lab.revoke(stage.token)
    stage.lab.push(stage.mr, {"cart/more.py": "x = 2\n"})
    stage.until(lambda: stage.store.jobs.counts()[JobState.FAILED], "the third review failed")
    signed_in = {"authorization": f"Bearer {ADMIN}"}
    pages = [httpx.get(f"{served}{path}", headers=signed_in).text for path in ("/", "/events", "/metrics", "/readyz")]
    assert "acme/shop" in pages[0]
    said = {
        "logs": "".join(path.read_text(errors="replace") for path in stage.folder.glob("*.log")),
        "pages": "".join(pages),
        "prompts": json.dumps([received.body for received in stage.model.requests]),
        "notes": "".join(note.body for note in stage.mr.notes),
        "statuses": "".join(str(status.description) for status in stage.project.statuses),
        "webhook answers": "".join(one.answer.decode() for one in stage.lab.deliveries.all),
    }
    assert "job.finished" in said["logs"]
    for name, text in said.items():
        for secret in (SECRET, LLM_KEY, stage.token, ADMIN, stage.environment["instance_key"]):
            assert secret not in text, name


def test_the_dashboard_in_a_browser(stage, served):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on PATH: the dashboard was not looked at (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    stage.open(title="<script>document.title = 'pwned'</script> Discounts")
    stage.until(lambda: stage.store.jobs.counts()[JobState.DONE], "the review is done")
    arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(served)
        page.fill("input[type=password]", ADMIN)
        page.keyboard.press("Enter")
        page.wait_for_selector("table")
        assert "acme/shop!1" in page.inner_text("body")
        assert "<script>" in page.inner_text("body")  # shown as text
        assert page.title() != "pwned"
        page.goto(f"{served}/events")
        events = page.inner_text("table")
        assert "merge_request" in events
        assert "The note is the bot's own" in events  # ignored, and visible as such
        assert [error for error in errors if "401" not in error and "404" not in error] == []
        browser.close()
