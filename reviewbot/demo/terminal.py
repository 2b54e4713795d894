"""The review as it landed, in the terminal: code around each comment, the comment under its line."""

import re
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from reviewbot.demo.view import FileView, View, plain
from reviewbot.model.diff import Line
from reviewbot.standin.gitlab.comments import Comment

_AROUND = 3  # lines of code above a comment
_COLOURS = {"+": "green", "-": "red", " ": ""}
_TAGS = re.compile(r"</?(details|summary|b|sub)>")
_SUGGESTION = re.compile(r"^(`{3,})suggestion:\S*$", re.MULTILINE)


def show(view: View, console: Console) -> None:
    """Print every commented place and the summary note."""
    for file in view.files:
        if not file.on_lines and not file.on_file:
            continue
        console.rule(Text(file.file.path, "bold"), align="left")
        for comment in file.on_file:
            _comment(comment, view.names, console)
        for line in _lines(file):
            console.print(_code(line), soft_wrap=True)
            for comment in file.on_lines.get(line.key, ()):
                _comment(comment, view.names, console)
    console.rule(Text("Summary note", "bold"), align="left")
    console.print(Padding(Markdown(_TAGS.sub("", view.summary)), (0, 0, 0, 2)))
    console.print(Text(f"Commit status: {view.status}", "dim"))


def _lines(file: FileView) -> Iterator[Line]:
    """The commented lines with a few above each, in diff order."""
    lines = list(file.file.lines())
    wanted = {
        near
        for at, line in enumerate(lines)
        if line.key in file.on_lines
        for near in range(max(0, at - _AROUND), at + 1)
    }
    return (line for at, line in enumerate(lines) if at in wanted)


def _code(line: Line) -> Text:
    number = line.old if line.new is None else line.new
    return Text(f"{number:>5} {line.sign} {line.text}", _COLOURS[line.sign])


def _comment(comment: Comment, names: Mapping[str, str], console: Console) -> None:
    body = Markdown(_SUGGESTION.sub(r"Suggested change:\n\n\1", _TAGS.sub("", plain(comment.body))))
    where = "on the file" if comment.text is None else f"on line {comment.new_line or comment.old_line}"
    console.print(Padding(Panel(body, title=f"{names[comment.author]} {where}", title_align="left"), (0, 0, 0, 6)))
