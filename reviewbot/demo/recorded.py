"""Recorded answers, given by the model stand-in to whatever prompt shows the lines that they are about."""

import re

import orjson

from reviewbot.standin import sample
from reviewbot.standin.model_script import Behaviour, Received

_LINE = re.compile(r"^(o?\d+[a-z2-7]{2})\|[+ -](.*)$", re.MULTILINE)


def recorded(received: Received) -> Behaviour:
    """The recorded findings whose lines are in the prompt, with the tags that stand there now."""
    tags = {match[2]: match[1] for match in _LINE.finditer(received.text)}
    findings = [
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
        for answer in sample.recorded_answers()
        if answer["quote"] in tags
    ]
    return Behaviour(text=orjson.dumps({"findings": findings}).decode(), latency=0.2)
