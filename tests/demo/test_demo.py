"""`reviewbot demo` as a newcomer runs it, and its page as a browser shows it."""

import contextlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

DEMO = [sys.executable, "-m", "reviewbot", "demo"]


@pytest.mark.integration
def test_the_demo_shows_the_comments_where_they_landed_and_ends_by_itself(tmp_path):
    done = subprocess.run(DEMO, capture_output=True, text=True, timeout=110, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert "no model is configured" in done.stdout
    assert "4 inline comments" in done.stdout
    for place in ("shop/orders.py", "shop/media.py", "shop/app.py"):
        assert place in done.stdout
    assert "Recorded: customers can page" in done.stdout
    assert "2 reviewers agree" in done.stdout
    assert "restocks" in done.stdout  # what the change does, file by file
    assert "make demo ARGS=--keep" in done.stdout
    assert "http://" not in done.stdout  # every address is dead by now


@contextlib.contextmanager
def kept_demo(folder):
    """The demo with its page left up; yields the page's address."""
    with subprocess.Popen([*DEMO, "--keep"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder) as process:
        told, ends = b"", time.monotonic() + 90
        while b"stays up" not in told and time.monotonic() < ends and process.poll() is None:
            if select.select([process.stdout], [], [], 1)[0]:
                told += process.stdout.read1(65536)
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+/\S+/merge_requests/1", told.decode())[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.mark.integration
def test_the_page_shows_every_comment_under_its_line(tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on PATH: the demo's page was not looked at (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with kept_demo(tmp_path) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        page.goto(address.partition("/acme")[0])
        assert page.url == address
        assert page.locator("tr.comments").count() == 4
        box = page.locator("section.file", has_text="package-lock.json")
        assert "No text is shown: collapsed by GitLab." in box.inner_text()
        other = page.request.get(address.replace("merge_requests/1", "merge_requests/2"))
        assert (other.status, "The demo has one merge request" in other.text()) == (404, True)
        above = page.locator("tr.comments").first.locator("xpath=preceding-sibling::tr[1]")
        assert "added" in above.get_attribute("class")
        assert "Significant concerns" in page.locator("#summary").inner_text()
        suggested = page.locator("tr.comments .suggestion").first
        assert 'if order is None or order["state"] != "paid":' in suggested.locator(".removed").inner_text()
        assert suggested.locator(".added").count() == 3
        page.locator("#summary a").first.click()
        assert "SELECT" in page.locator("li:target").inner_text()
        browser.close()


@pytest.mark.integration
@pytest.mark.parametrize(("port", "said"), [("taken", "→ give another --port"), ("99999", "--port")])
def test_a_port_that_is_not_to_be_had_is_told(tmp_path, port, said):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1]) if port == "taken" else port
        done = subprocess.run(
            [*DEMO, "--port", number], capture_output=True, text=True, timeout=110, cwd=tmp_path, check=False
        )
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
