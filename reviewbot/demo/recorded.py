"""Recorded answers, given by the model stand-in to whatever prompt shows the lines that they are about."""

import re
from collections.abc import Mapping, Sequence

import orjson

from reviewbot import resources
from reviewbot.core import reviewers
from reviewbot.core.reviewers import Reviewer
from reviewbot.standin import sample
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import Behaviour, Received, confirmed

_LINE = re.compile(r"^(o?\d+[a-z2-7]{2})\|[+ -](.*)$", re.MULTILINE)
_EVERYTHING = "general"  # the reviewer whose subject is all of it


def stand_in() -> ModelStandIn:
    """A model that gives the recorded findings, each in the words of the reviewer who had it, the recorded walkthrough,
    and confirms as a judge: the findings were recorded with the code.
    """
    told, asked = sample.recorded_answers(), reviewers.load(resources.folder("prompts"))

    def script(received: Received) -> Behaviour:
        if received.wanted == "verdicts":
            return _told({"verdicts": confirmed(received.text)})
        if received.wanted == "summary":
            return _told({"summary": told["summary"], "walkthrough": told["walkthrough"]})
        return _told({"findings": _found(told["findings"], received.text, asked)})

    return ModelStandIn(script, judge=None, teller=None)


def _found(
    answers: Sequence[sample.RecordedFinding], prompt: str, asked: Sequence[Reviewer]
) -> list[dict[str, str | None]]:
    """What the reviewer who is asked by `prompt` found in the lines that it shows, with the tags that stand there."""
    reviewer = next((one.id for one in asked if one.body in prompt), "")
    tags = {match[2]: match[1] for match in _LINE.finditer(prompt)}
    return [
        {
            "path": answer["path"],
            "start": tags[answer["quote"]],
            "end": tags.get(answer["end_quote"], tags[answer["quote"]]),
            "quote": answer["quote"],
            "severity": answer["severity"],
            "category": answer["category"],
            "rule": None,
            "title": answer["title"],
            "body": answer["body"],
            "suggestion": answer["suggestion"],
        }
        for answer in answers
        if answer["quote"] in tags and reviewer in {answer["reviewer"], _EVERYTHING}
    ]


def _told(answer: Mapping[str, object]) -> Behaviour:
    return Behaviour(text=orjson.dumps(answer).decode(), latency=0.2)
