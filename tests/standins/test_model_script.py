import json

from standins.model import asking_of, prompt

from reviewbot.control import Control
from reviewbot.model.prompt import Message, Prompt
from reviewbot.standin.model_cache import PrefixCache
from reviewbot.standin.model_script import NO_FINDINGS, planted, reviewer

DIFF = """
<file path="src/app.py">
12ab|+def run():  # PLANT(critical): It never ends
13cd| # PLANT(warning): not added
o14ef|-# PLANT(warning): removed
15gh|+    pass
</file>
### `src/my file.py` (modified)
```diff
@@ -1 +7 @@ def other.thing():
7xy|+x = 1  # PLANT(suggestion): Name it
8zz|+
```
"""


def test_the_reviewer_finds_what_is_planted_on_added_lines():
    found = planted(DIFF)
    assert [(one["path"], one["start"], one["end"], one["severity"], one["title"]) for one in found] == [
        ("src/app.py", "12ab", "12ab", "critical", "It never ends"),
        ("src/my file.py", "7xy", "7xy", "suggestion", "Name it"),
    ]
    assert found[0]["quote"] == "def run():  # PLANT(critical): It never ends"


def test_the_reviewer_answers_over_http():
    with asking_of(reviewer()) as (_, models):
        answer = models.ask(prompt(DIFF), Control())
        nothing = models.ask(prompt("15gh|+    pass"), Control())
    assert len(json.loads(answer.text)["findings"]) == 2
    assert json.loads(nothing.text) == json.loads(NO_FINDINGS)


def test_the_reviewer_confirms_every_candidate_as_a_judge():
    judged = Prompt((Message("user", "F1\nbody about F9\n\n### F2: title\nbody\n"),), "verdicts", (), "v1")
    with asking_of(reviewer()) as (_, models):
        answer = models.ask(judged, Control())
    verdicts = json.loads(answer.text)["verdicts"]
    assert [(one["id"], one["verdict"]) for one in verdicts] == [("F1", "confirmed"), ("F2", "confirmed")]


def test_a_prefix_is_cached_in_whole_blocks_and_per_model():
    cache = PrefixCache()

    def body(text, model="m"):
        return {"model": model, "messages": [{"role": "user", "content": text}]}

    assert cache.read(body("a" * 2000)) == 0
    assert cache.read(body("a" * 2000)) == 3 * 128
    assert cache.read(body("a" * 1000 + "b" * 1000)) == 128
    assert cache.read(body("a" * 2000, model="n")) == 0
    assert cache.tokens(body("a" * 2000)) == 500
