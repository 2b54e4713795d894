"""The injection corpus (tests/data/injection): inbound texts stay inside their frames, outbound ones are only text."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from core.test_sanitising import check_rendered
from making_findings import KEY, REF, diff_of, finding

from reviewbot import resources
from reviewbot.core import chunking, comments, markers, reviewers, summaries
from reviewbot.core.framing import HIDDEN_IN_TEXT
from reviewbot.core.guidance import compiling, places
from reviewbot.core.markers import Marker
from reviewbot.core.prompts import About, Templates
from reviewbot.core.tickets import told
from reviewbot.core.tokens import Counter
from reviewbot.model.chunk import Enclosing, FileCoverage, Tier
from reviewbot.model.diff import Change, FileDiff, Hunk, Line
from reviewbot.model.finding import Category, Dropped, Severity
from reviewbot.model.outcome import Examination, Verdict
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.model.ticket import Ticket, Unmet
from reviewbot.standin.gitlab import quick_actions

CORPUS = Path(__file__).parent.parent / "data" / "injection"
FOLDER = resources.folder("prompts")
REVIEWERS = {one.id: one for one in reviewers.load(FOLDER)}
TEMPLATES = Templates(FOLDER)
FRAME = re.compile(r"<reviewbot:([a-z_]+)>\n(.*?)\n</reviewbot:\1>", re.DOTALL)
TAG = re.compile(r"</?reviewbot:[a-z_]+>")
CALM = "a calm line"


def corpus(name):
    cases = yaml.safe_load((CORPUS / f"{name}.yaml").read_text("utf-8"))
    return {case["name"]: case["text"] for case in cases}


INBOUND, OUTBOUND = corpus("inbound"), corpus("outbound")


def file_of(text, path="app.py"):
    lines = tuple(Line("+", None, number, line) for number, line in enumerate(text.split("\n"), 1))
    return FileDiff(path, path, Change.MODIFIED, hunks=(Hunk(0, 0, 1, len(lines), text.split("\n")[0], lines),))


def prompt(about=None, file=None, context=(), rules=()):
    (chunk,) = chunking.pack([file or file_of("x = 1")], 100_000, Counter().count)
    opening = TEMPLATES.opening(chunk, about or About(title="Add it"), context, rules)
    return TEMPLATES.review(opening, REVIEWERS["general"], "general 1/1")


def _rule(text):
    return Rule("a-rule", text, Severity.WARNING, Category.COMPLIANCE, "advise", text)


def _guidance(text):
    """As a section with such a heading, and a description with such words."""
    line = " ".join(text.split())
    files = {
        "web/AGENTS.md": f"## {line}\nIt must be:\n{text}\n",
        ".cursor/rules/x.mdc": f"---\ndescription: {line}\n---\n{text}\nNever else.\n",
    }
    return compiling.rules([one for path, said in files.items() for one in places.read(path, said).instructions])


# Everything that somebody else writes and a model reads. Each takes the text.
PLACES = {
    "title": lambda text: prompt(About(title=text)),
    "description": lambda text: prompt(About(title="x", description=text)),
    "author": lambda text: prompt(About(title="x", author=text)),
    "branch": lambda text: prompt(About(title="x", source_branch=text, target_branch="main")),
    "label": lambda text: prompt(About(title="x", labels=(text,))),
    "listed file name": lambda text: prompt(About(title="x", files=((text, "added", 1, 0),))),
    "guidance": lambda text: prompt(About(title="x", guidance=text)),
    "ticket": lambda text: prompt(About(title="x", tickets=(told(Ticket("#1", text, text)),))),
    "criterion": lambda text: prompt(About(title="x", tickets=(told(Ticket("#1", "x", f"- [ ] {text}")),))),
    "template": lambda text: prompt(About(title="x", unfilled=(text,))),
    "code": lambda text: prompt(file=file_of(text)),
    "file name": lambda text: prompt(file=file_of("x = 1", path=text.replace("\n", " "))),
    "surrounding code": lambda text: prompt(context=(Enclosing("app.py", 1, 2, text, text),)),
    "rule": lambda text: prompt(rules=(_rule(text),)),
    "guidance of another tool": lambda text: prompt(rules=_guidance(text)),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", INBOUND)
def test_what_others_wrote_stays_inside_its_frame(name, place):
    asked, calm = PLACES[place](INBOUND[name]), PLACES[place](CALM)
    for message, usual in zip(asked.messages, calm.messages, strict=True):
        assert TAG.findall(message.content) == TAG.findall(usual.content)
        assert "CANARY" not in FRAME.sub("", message.content)
        assert HIDDEN_IN_TEXT.search(message.content) is None
    assert asked.messages[-1] == calm.messages[-1]
    assert asked.messages[0] == calm.messages[0]


def test_the_corpus_is_large_and_its_names_are_its_own():
    assert len(INBOUND) + len(OUTBOUND) >= 60
    assert all("CANARY" in text for text in INBOUND.values())
    assert not set(INBOUND) & set(OUTBOUND)


def posted(text):
    """Each text that reviewbot would post with these words of a model in it."""
    said = finding(title=text, body=text, rule=text.split("\n")[0][:80], suggestion=text, reason=text)
    said = replace(said, fingerprint="0123456789abcdef")
    mark = markers.make(Marker("finding", said.fingerprint, "1"), KEY, REF)
    summary = markers.make(Marker("summary", "", "1", "a" * 40), KEY, REF)
    examination = Examination(
        verdict=Verdict.MINOR_ISSUES,
        tier=Tier.FULL,
        findings=(said,),
        overflow=(said,),
        coverage=(FileCoverage("a.py", "partly", text, complete=False),),
        dropped=(Dropped("judge", text, "a.py", text),),
        usage=Usage(),
        notices=(text,),
        unmet=(Unmet("#1", text, text),),
    )
    yield comments.render(said, None, mark, None), mark
    yield comments.render_for_file(said, mark), mark
    yield summaries.render(examination, summary, [said]), summary


@pytest.mark.parametrize("name", OUTBOUND)
def test_what_a_model_was_talked_into_reaches_gitlab_as_text_alone(name):
    for body, mark in posted(OUTBOUND[name]):
        assert quick_actions.split(body)[1] == [], body
        assert body.split("\n")[-1] == mark
        kind = "finding" if "finding" in mark else "summary"
        assert markers.read(body, KEY, REF).kind == kind
        text = body.removesuffix(mark)
        assert "<!--" not in re.sub(r"(`+)(?:(?!\1)[\s\S])*?\1", "", text)
        for part in re.split(r"</?(?:details(?: open)?|summary)>", text):
            check_rendered(part.strip())


def test_a_hunk_of_hostile_lines_is_read_line_by_line():
    texts = [text for text in INBOUND.values() if "\n" not in text]
    diff = diff_of(app=f"@@ -0,0 +1,{len(texts)} @@\n" + "".join(f"+{text}\n" for text in texts))
    asked = prompt(file=diff.files[0]).messages[2].content
    tagged = re.findall(r"(?m)^\d+[a-z2-7]{2}\|\+", asked)
    assert len(tagged) == len(texts)
