"""What tests of asking share: the stand-in under a real client, small prompts, a store of answers in memory."""

import threading
from contextlib import contextmanager

from reviewbot.llm.client import OpenAIModels
from reviewbot.model.prompt import Message, Prefix, Prompt
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.serving import serving

FINDINGS = {"type": "object", "properties": {"findings": {"type": "array"}}, "required": ["findings"]}
SCHEMAS = {"findings": FINDINGS, "verdicts": {"type": "object"}, "summary": {"type": "object"}}


class Words:
    def count(self, text):
        return len(text.split())


class KeptInMemory:
    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, answer):
        self.kept[key] = answer


def prompt(text="Review this change", prefix="", system="You review code. Answer in JSON.", tokens=10**9):
    """`tokens`: how long the prefix is; by default so long that it is never read without a first token."""
    prefixes = (Prefix(prefix, tokens),) if prefix else ()
    return Prompt((Message("system", system), Message("user", text)), "findings", prefixes, "v1")


@contextmanager
def asking_of(script=None, *, model="gpt-4o", key="secret-key", client=None, **options):
    """A stand-in and a client that talks to it; `client` are the client's own options."""
    standin = ModelStandIn(script, **{"key": "secret-key", **options})
    with serving(standin.app) as url:
        settings = {"idle_seconds": 20, "request_seconds": 60, **(client or {})}
        models = OpenAIModels(
            base_url=f"{url}/v1", api_key=key, model=model, schemas=SCHEMAS, counter=Words(), **settings
        )
        try:
            yield standin, models
        finally:
            models.close()


def seen(standin, event):
    """Wait until the stand-in has recorded `event`; the test's own time limit ends it otherwise."""
    while event not in standin.events:
        threading.Event().wait(0.002)
