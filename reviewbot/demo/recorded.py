"""Recorded answers, given by the model stand-in to whatever prompt shows the lines that they are about."""

import re
from collections.abc import Mapping

import orjson

from reviewbot.standin import sample
from reviewbot.standin.model_script import Behaviour, Received, confirmed

_LINE = re.compile(r"^(o?\d+[a-z2-7]{2})\|[+ -](.*)$", re.MULTILINE)


def recorded(received: Received) -> Behaviour:
    """The recorded findings whose lines are in the prompt, with the tags that stand there now. The judge confirms them,
    since they were recorded with the code, and there is no more of a summary than that the code was read.
    """
    if received.wanted == "verdicts":
        return _told({"verdicts": confirmed(received.text)})
    if received.wanted == "summary":
        return _told({"summary": "A recorded review of the sample.", "walkthrough": []})
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
    return _told({"findings": findings})


def _told(answer: Mapping[str, object]) -> Behaviour:
    return Behaviour(text=orjson.dumps(answer).decode(), latency=0.2)
