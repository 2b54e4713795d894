"""Short ways to the records that tests on findings need."""

from reviewbot.core import tags
from reviewbot.core.answers import RawFinding
from reviewbot.core.diffs import parse_changes
from reviewbot.core.shown import shown
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.merge_request import DiffRefs, MergeRequest, MergeRequestRef, Person, RawChange

REFS = DiffRefs("b" * 40, "5" * 40, "4" * 40)
REF = MergeRequestRef(7, 3)
KEY = b"k" * 32


def diff_of(*changes, **texts):
    """A diff from whole `RawChange`s, or from the text after `@@` headers by a name that becomes a path."""
    named = [RawChange(f"{name}.py", f"{name}.py", text) for name, text in texts.items()]
    return parse_changes((*changes, *named))


def raw(line=None, **more):
    """What a model that cites correctly says of a line."""
    entry = {
        "path": "a.py",
        "start": tags.tag(line) if line else "",
        "quote": shown(line.text) if line else "",
        "severity": Severity.WARNING,
        "category": Category.CORRECTNESS,
        "rule": None,
        "title": "Title",
        "body": "Body.",
        "suggestion": None,
    } | more
    return RawFinding(**({"end": entry["start"]} | entry))


def finding(line=(None, 1), end=None, title="Title", **more):
    path = more.pop("path", "a.py")
    entry = {"severity": Severity.WARNING, "category": Category.CORRECTNESS, "body": "Body."} | more
    return Finding(anchor=Anchor(path, line, end or line), title=title, **entry)


def merge_request(**more):
    entry = {
        "ref": REF,
        "path": "group/project",
        "title": "Add it",
        "description": "",
        "author": Person(5, "ann"),
        "state": "opened",
        "draft": False,
        "labels": (),
        "source_branch": "feature",
        "target_branch": "main",
        "source_project_id": REF.project_id,
        "web_url": "https://gitlab.example.com/group/project/-/merge_requests/3",
        "refs": REFS,
    } | more
    return MergeRequest(**entry)
