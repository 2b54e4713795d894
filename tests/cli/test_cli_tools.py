"""What a model looks up of the local repository before it answers, and the switches that turn it off."""

import json
import os
import subprocess

import pytest
from cli.conftest import model

from reviewbot.standin.model_script import Behaviour, calling

BODY = "".join(f"    step_{number} = rate + {number}\n" for number in range(12))
BEFORE = {"shop.py": "def total(cart):\n    return sum(cart)\n", "rates.py": "RATE = 2\n"}
AFTER = {"prices.py": f"from shop import total\n\n\ndef price(cart, rate):\n{BODY}    return total(cart)\n"}
LOOKS = calling(
    ("find_definition", {"name": "total"}), ("read_file", {"path": "rates.py"}), ("read_file", {"path": "x"})
)


def git(folder, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def looking(received):
    if received.may_call and not received.results:
        return LOOKS
    return Behaviour()


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose working tree has a new file, the base committed with `extra` files."""

    def make(**extra):
        git(tmp_path, "init", "-q", "-b", "main")
        for path, text in {**BEFORE, **extra}.items():
            (tmp_path / path).write_text(text)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", "first")
        for path, text in AFTER.items():
            (tmp_path / path).write_text(text)
        git(tmp_path, "add", "-N", ".")

    return make


def review(reviewbot, *options, **settings):
    done = reviewbot("review", "--base", "main", "--format", "json", "-q", *options, **settings)
    assert done.code == 0, done.said
    return json.loads(done.out)


def test_what_was_looked_up_is_told(reviewbot, checkout):
    checkout()
    with model(looking) as (standin, settings):
        found = review(reviewbot, **settings)
        markdown = reviewbot("review", "--base", "main", "--format", "markdown", "-q", **settings).out
    assert found["consulted"] == ["definition of total", "rates.py:1-1"]
    results = next(received.results for received in standin.requests if received.results)
    assert "shop.py, lines 1-2: function total" in results[0]
    assert results[2] == "There is no such file."
    assert "## Read beside the diff\n\n- `definition of total`\n- `rates.py:1-1`" in markdown


@pytest.mark.parametrize(
    ("options", "settings", "files"),
    [
        (["--no-tools"], {}, {}),
        ([], {"tools": "false"}, {}),
        ([], {}, {".reviewbot.yml": "tools: false\n"}),
        ([], {"tools": "false"}, {".reviewbot.yml": "tools: true\n"}),
    ],
)
def test_each_switch_turns_it_off(reviewbot, checkout, options, settings, files):
    checkout(**files)
    with model(looking) as (standin, address):
        found = review(reviewbot, *options, **address, **settings)
    assert found["consulted"] == []
    assert [received.body.get("tools") for received in standin.requests] == [None] * len(standin.requests) != []


def test_a_trivial_change_is_reviewed_without(reviewbot, checkout, tmp_path):
    checkout()
    (tmp_path / "prices.py").write_text("RATE = 3\n")
    with model(looking) as (standin, settings):
        found = review(reviewbot, **settings)
    assert found["consulted"] == []
    assert "tools" not in standin.requests[0].body
