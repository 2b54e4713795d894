"""Text that a model wrote -> Markdown that GitLab shows and nothing else: it calls nobody, does and loads nothing.

The output is built anew instead of being patched, so that our reading of it and GitLab's cannot differ: fences start at
the margin and are closed, code spans begin and end on one line, every other backtick is escaped, a lone backslash is
doubled, and there are no tables, headings, raw HTML or link definitions. What would become a reference (@person, #1,
!1, ~label, a commit, a ticket) or a link to an unknown host is shown as code, which GitLab leaves alone.
"""

import re
from collections.abc import Collection

from reviewbot.core.inlines import safe, visible

# Languages that GitLab only colours. Others may run something: suggestion, mermaid, plantuml, math, geojson, glql …
_COLOURED = frozenset(
    (
        *("bash", "c", "c++", "cpp", "cs", "csharp", "css", "diff", "dockerfile", "elixir", "erlang"),
        *("go", "graphql", "groovy", "haskell", "hcl", "html", "ini", "java", "javascript", "js", "json"),
        *("jsx", "kotlin", "lua", "makefile", "markdown", "objc", "perl", "php", "powershell", "proto"),
        *("py", "python", "r", "rb", "ruby", "rust", "scala", "scss", "sh", "shell", "sql", "swift"),
        *("terraform", "text", "toml", "ts", "tsx", "typescript", "vue", "xml", "yaml", "yml", "zig"),
    )
)
_FENCE = re.compile(r"[ \t>]*(?P<run>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_RULER = frozenset(" \t>|:=+*_-")
_BLOCK = re.compile(r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<marks>#{1,6}(?:[ \t]+|$))?")
_LATE_HEADING = re.compile(r"^((?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))*)(?=#{1,6}(?:[ \t]|$))")
_QUOTE_BLOCK = re.compile(r"[ \t]*>{3,}[ \t]*$")


def sanitise(text: str, hosts: Collection[str] = ()) -> str:
    """Make a block of Markdown safe. Links stay links when they are http(s) to one of `hosts`, exactly.

    Kept: paragraphs, lists, quotes, emphasis, code spans, fenced code. Headings become bold, rulers and the lines that
    make tables are dropped, HTML is shown as text, images as their address, invisible and bidirectional characters are
    removed. A line that starts with `/` would be a quick action (GitLab docs): it starts with code instead.
    """
    out: list[str] = []
    fence: _Fence | None = None
    for line in visible(text).split("\n"):
        if fence is not None:
            if fence.closed_by(line):
                out += fence.lines()
                fence = None
            else:
                fence.body.append(line)
            continue
        opened = _FENCE.match(line)
        if opened is not None:
            fence = _Fence(opened["run"], opened["info"].strip().lower(), len(line) - len(line.lstrip(" \t>")))
        else:
            out += _text_line(line, hosts)
    out += fence.lines() if fence is not None else []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n")


def sanitise_line(text: str, hosts: Collection[str] = ()) -> str:
    """Make one line safe to stand inside a line of ours: a title, a reason. It starts no list, heading or action."""
    line = safe(" ".join(visible(text).split()), hosts)
    return re.sub(r"^(\d+(?=[.)])|(?=[-+#>/=|:]))(?=.)", r"\1\\", line)


def fenced(text: str, language: str = "") -> str:
    """A closed code block at the margin. A line that starts with `/` and a letter is moved in by a space: GitLab has
    taken such lines for quick actions inside of code blocks that it did not recognise.
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    body = re.sub(r"(?m)^(?=/[A-Za-z])", " ", visible(text).rstrip("\n"))
    return f"{ticks}{language if language in _COLOURED else ''}\n{body}\n{ticks}"


class _Fence:
    """An open code fence; `indent` is taken off its lines, since it is written at the margin."""

    def __init__(self, run: str, language: str, indent: int) -> None:
        self.run = run
        self.language = language
        self.indent = indent
        self.body: list[str] = []

    def closed_by(self, line: str) -> bool:
        bare = line.strip(" \t>")
        return bare.startswith(self.run) and not bare.strip(self.run[0])

    def lines(self) -> list[str]:
        margin = re.compile(rf"[ \t>]{{0,{self.indent}}}")
        return fenced("\n".join(margin.sub("", line, count=1) for line in self.body), self.language).split("\n")


def _text_line(line: str, hosts: Collection[str]) -> list[str]:
    """The line made safe; none for what would be a ruler, an underline of a heading or of a table, a quote's border.

    That is seen only in what comes out: escapes are resolved on the way.
    """
    made = _made(line, hosts)
    ruler = set(made) <= _RULER and set(made) & set("-=_*")
    return [] if ruler or _QUOTE_BLOCK.match(made) else [made]


def _made(line: str, hosts: Collection[str]) -> str:
    block = _BLOCK.match(line)
    prefix, marks = (block["prefix"], block["marks"]) if block else ("", None)
    rest = line[len(prefix) + len(marks or "") :]
    if marks is None:
        text = safe(rest, hosts)
    else:
        text = safe(rest.strip().rstrip("#").rstrip(), hosts)
        text = f"**{text}**" if text and "*" not in text else text
    if text.startswith("/"):
        path, space, more = text.partition(" ")
        text = f"`{path}`{space}{more}" if not set(path) & set("`\\&") else f"\\{text}"
    elif text.startswith("::"):
        text = f"\\{text}"  # a directive such as ::include
    return _LATE_HEADING.sub(r"\1\\", f"{prefix}{text}")
