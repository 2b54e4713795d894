"""Text that a model wrote -> Markdown that GitLab shows and nothing else: it calls nobody, does and loads nothing.

The output is built anew instead of being patched, so that our reading of it and GitLab's cannot differ: fences start at
the margin and are closed, code spans begin and end on one line, every other backtick is escaped, a lone backslash is
doubled, and there are no tables, headings, raw HTML or link definitions. What would become a reference (@person, #1,
!1, ~label, a commit, a ticket) or a link to an unknown host is shown as code, which GitLab leaves alone.
"""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

# Languages that GitLab only colours. Others may run something: suggestion, mermaid, plantuml, math, geojson, glql …
_COLOURED = frozenset(
    (
        *("bash", "c", "c++", "cpp", "cs", "csharp", "css", "diff", "dockerfile", "elixir", "erlang", "go", "graphql"),
        *(
            "groovy",
            "haskell",
            "hcl",
            "html",
            "ini",
            "java",
            "javascript",
            "js",
            "json",
            "jsx",
            "kotlin",
            "lua",
            "makefile",
        ),
        *("markdown", "objc", "perl", "php", "powershell", "proto", "py", "python", "r", "rb", "ruby", "rust", "scala"),
        *("scss", "sh", "shell", "sql", "swift", "terraform", "text", "toml", "ts", "tsx", "typescript", "vue", "xml"),
        *("yaml", "yml", "zig"),
    )
)
_INVISIBLE = frozenset(("Cc", "Cf", "Co", "Cs"))
_SPACES = frozenset(("Zl", "Zp"))

_FENCE = re.compile(r"[ \t>]*(?P<run>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_RULER = frozenset(" \t>|:=+*_-")
_BLOCK = re.compile(r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<marks>#{1,6}(?:[ \t]+|$))?")
_QUOTE_BLOCK = re.compile(r"[ \t]*>{3,}[ \t]*$")
_RUN = re.compile(r"\\[!-/:-@\[-`{-~]|`+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_STRUCTURAL = "\\`*[]|(){}"

_TOKEN = re.compile(
    r"(?P<pair>\\[!-/:-@\[-`{-~])"
    r"|(?P<lone>\\)"
    r"|(?P<link>!?\[(?P<label>[^\[\]\\\n]*)\]\((?P<url>[^()\\\n]*)\))"
    r"|(?P<reference>\[\w+:[^\[\]\\\n]+\])"
    r"|(?P<image>!(?=\[))"
    r"|(?P<opening>\[(?=[\[^]))"
    r"|(?P<closing>\](?=[(\[:]))"
    r"|(?P<quoted>[~%]+(?=\"))"
    r"|(?P<less><)"
    r"|(?P<word>[^\s\\<>()\[\]{}\"',;|*]+)"
)
_ACTIVE = re.compile(
    r"@[\w.-]|[#!$&]\d|[~%^][^\s.:!?~%^]|~~~|://|^iteration:|(?i:www)\.|(?<![A-Z0-9_])[A-Z][A-Z0-9_]+-\d"
)
_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{7,64}(?![0-9A-Za-z])")
_ENTITY = re.compile(r"&(?=[#A-Za-z0-9])")
_TRAILING = ".:!?"


def sanitise(text: str, hosts: Collection[str] = ()) -> str:
    """Make a block of Markdown safe. Links stay links when they are http(s) to one of `hosts`, exactly.

    Kept: paragraphs, lists, quotes, emphasis, code spans, fenced code. Headings become bold, rulers and the lines that
    make tables are dropped, HTML is shown as text, images as their address, invisible and bidirectional characters are
    removed. A line that starts with `/` would be a quick action (GitLab docs): it starts with code instead.
    """
    out: list[str] = []
    fence: _Fence | None = None
    for line in _visible(text).split("\n"):
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
    line = _inline(" ".join(_visible(text).split()), hosts)
    return re.sub(r"^(\d+(?=[.)])|(?=[-+#>/=|:]))(?=.)", r"\1\\", line)


def code(text: str) -> str:
    """One code span that shows the text, whatever is in it; invisible characters and line ends become spaces."""
    shown = " ".join(_visible(text, gap=" ").split()) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    ticks = "`" * (longest + 1)
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """A closed code block at the margin. A line that starts with `/` and a letter is moved in by a space: GitLab has
    taken such lines for quick actions inside of code blocks that it did not recognise.
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    body = re.sub(r"(?m)^(?=/[A-Za-z])", " ", _visible(text).rstrip("\n"))
    return f"{ticks}{language if language in _COLOURED else ''}\n{body}\n{ticks}"


def hidden(text: str) -> bool:
    """Whether a text holds characters that cannot be seen, such as those that turn its order (trojan source)."""
    return _visible(text) != text


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


def _visible(text: str, gap: str = "") -> str:
    """Line ends as line feeds; what cannot be seen or turns the order of the text is gone (`gap` in its place)."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character if character in "\n\t" else _seen(character, gap) for character in text)


def _seen(character: str, gap: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES:
        return " "
    return gap if category in _INVISIBLE else character


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
        text = _inline(rest, hosts)
    else:
        text = _inline(rest.strip().rstrip("#").rstrip(), hosts)
        text = f"**{text}**" if text and "*" not in text else text
    if text.startswith("/"):
        path, space, more = text.partition(" ")
        text = f"`{path}`{space}{more}" if not set(path) & set("`\\&") else f"\\{text}"
    elif re.match(r"::|#{1,6}(?:\s|$)", text):
        text = f"\\{text}"  # a directive such as ::include, a heading that was escaped
    return f"{prefix}{text}"


def _inline(line: str, hosts: Collection[str]) -> str:
    """Code spans as they are, everything between them made safe. A backtick that opens no span is escaped."""
    pieces: list[str] = []
    position = plain = 0
    while (run := _RUN.search(line, position)) is not None:
        position = run.end()
        if run[0][0] == "\\":
            continue
        pieces += _safe(line[plain : run.start()], hosts)
        end = _span_end(line, position, run[0])
        if end is None:
            pieces.append("\\`" * len(run[0]))
        else:
            pieces.append(line[run.start() : end])
            position = end
        plain = position
    return _joined([*pieces, *_safe(line[plain:], hosts)])


def _span_end(line: str, start: int, ticks: str) -> int | None:
    """Where the code span ends that `ticks` opened: after the next run of exactly as many."""
    for run in re.finditer("`+", line[start:]):
        if len(run[0]) == len(ticks):
            return start + run.end()
    return None


def _joined(pieces: list[str]) -> str:
    """Glue, with a space where two code spans would touch and become one."""
    out: list[str] = []
    for piece in filter(None, pieces):
        if out and piece[0] == "`" and out[-1][-1] == "`":
            out.append(" ")
        out.append(piece)
    return "".join(out)


def _safe(text: str, hosts: Collection[str]) -> list[str]:
    """Pieces of text without code spans. Escapes that could hide a reference from us are resolved first."""
    text = _ESCAPED.sub(lambda pair: pair[0] if pair[1] in _STRUCTURAL else pair[1], text)
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[position : token.start()])
        pieces += _token(token, hosts)
        position = token.end()
    pieces.append(text[position:])
    return pieces


def _token(token: re.Match[str], hosts: Collection[str]) -> list[str]:
    kind, text = token.lastgroup, token[0]
    if token["link"] is not None:
        return _link(token["label"], token["url"].strip(), hosts, image=text[0] == "!")
    if kind == "word":
        return _word(text, hosts)
    if kind in {"reference", "quoted"}:
        return [code(text)]
    if kind == "less":
        return ["&lt;"]
    return [text if kind == "pair" else f"\\{text}"]


def _link(label: str, url: str, hosts: Collection[str], *, image: bool) -> list[str]:
    shown = _safe(label, hosts)
    if not image and _known(url, hosts):
        return ["[", *shown, f"]({url})"]
    address = url.partition(" ")[0].strip("<>`")
    return [*shown, " (", code(address), ")"] if address else shown


def _known(url: str, hosts: Collection[str]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = not set(url) & set(" \t<>`\"'") and "@" not in parts.netloc
    return plain and parts.scheme in {"http", "https"} and (parts.hostname or "") in hosts


def _word(word: str, hosts: Collection[str]) -> list[str]:
    bare = word.rstrip(_TRAILING)
    if (_ACTIVE.search(word) or _COMMIT.search(word)) and not _known(bare, hosts):
        return [code(bare), word[len(bare) :]]
    # `$` opens a formula and `^[` a footnote: both could swallow the beginning of a code span.
    calm = _ENTITY.sub("&amp;", word).replace("$", "\\$")
    return [f"{calm[:-1]}\\^" if calm.endswith("^") else calm]
