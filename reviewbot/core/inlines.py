"""One line of a model's text -> the same line with nothing in it that GitLab would follow, load or notify."""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

_INVISIBLE = frozenset(("Cc", "Cf", "Co", "Cs"))
_SPACES = frozenset(("Zl", "Zp"))

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
    r"|(?P<word>(?:(?![~%]\")[^\s\\<>()\[\]{}\"',;|*])+)"
)
_ACTIVE = re.compile(
    r"@[\w.-]|[#!$&]\d|[~%^][^\s.:!?~%^]|~~~|://|iteration:.|(?i:www)\.|(?<![A-Z0-9])[A-Z][A-Z0-9_]+-\d"
)
_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{7,64}(?![0-9A-Za-z])")
_ENTITY = re.compile(r"&(?=[#A-Za-z0-9])")
_TRAILING = ".:!?"


def visible(text: str, gap: str = "") -> str:
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


def hidden(text: str) -> bool:
    """Whether a text holds characters that cannot be seen, such as those that turn its order (trojan source)."""
    return visible(text) != text


def code(text: str) -> str:
    """One code span that shows the text, whatever is in it; invisible characters and line ends become spaces."""
    shown = " ".join(visible(text, gap=" ").split()) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    ticks = "`" * (longest + 1)
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def safe(line: str, hosts: Collection[str]) -> str:
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
