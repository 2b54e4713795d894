"""What a model wrote, read by a real Markdown parser after it was made safe."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reviewbot.core.inlines import code, hidden
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line

HOSTS = ("docs.example.com",)
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What GitLab's reference filters look for in text that is not code (GitLab docs, "GitLab-specific references").
REFERENCE = re.compile(
    r"(?<![A-Za-z0-9_])@[A-Za-z0-9_.-]|[#!$&]\d|[~%][A-Za-z0-9_\"?.&-]*[A-Za-z0-9_\"]|://|(?i:\bwww\.)|\[\w+:[^\]]+\]"
    r"|\b[A-Z][A-Z0-9_]+-\d"
)
BLOCKS = {"html_block", "heading_open", "hr", "table_open"}


def inlines(markdown):
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def check(markdown):
    """Nothing that GitLab acts on, and no line that begins like a quick action."""
    check_rendered(markdown)
    assert not re.search(r"(?m)^[ \t]*/[A-Za-z]", re.sub(r"(?m)^ /", "", markdown)), markdown


def check_rendered(markdown):
    """The rendered text between code, as a reference filter sees it, has nothing that GitLab acts on."""
    kept = None
    for token in inlines(markdown):
        assert token.type not in BLOCKS | {"html_inline", "image"}, (token.type, markdown)
        if token.type == "link_open":
            assert token.attrs["href"].startswith("https://docs.example.com/"), markdown
            kept = token.attrs["href"]
        elif token.type == "link_close":
            kept = None
        elif token.type == "fence":
            assert not token.info.startswith("suggestion")
        elif token.type == "text" and kept is None:
            text = re.sub(r"https://docs\.example\.com\S*", "", token.content)
            assert not REFERENCE.search(text), (text, markdown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask @all, @group/team and user@example.com.", "Ask `@all`, `@group/team` and `user@example.com`."),
        ("Closes #12, see !3 and group/project#4.", "Closes `#12`, see `!3` and `group/project#4`."),
        ('~bug %v1 ~"two words" $12 &5 PROJ-7', '`~bug` `%v1` `~`"two words" `$12` `&5` `PROJ-7`'),
        ("since 1234abcd, not 1234567", "since `1234abcd`, not 1234567"),
        ('x /approve\\~"bug" and done~~"bug"', 'x /approve`~`"bug" and done~`~`"bug"'),
        ("`@all` and ``a ` b`` stay", "`@all` and ``a ` b`` stay"),
        ("/approve this", "`/approve` this"),
        ("fine\n/merge", "fine\n`/merge`"),
        ("![pixel](https://evil.example/p.png)", "pixel (`https://evil.example/p.png`)"),
        ("[docs](https://docs.example.com/a)", "[docs](https://docs.example.com/a)"),
        ("[docs](https://docs.example.com.evil.example/a)", "docs (`https://docs.example.com.evil.example/a`)"),
        ("https://docs.example.com@evil.example/", "`https://docs.example.com@evil.example/`"),
        ("see www.evil.example now", "see `www.evil.example` now"),
        ("<script>x</script><!-- reviewbot: -->", "&lt;script>x&lt;/script>&lt;!-- reviewbot: -->"),
        ("&#64;all &commat;all", "`&#64`;all &amp;commat;all"),
        ("# Heading\ntext\n===", "**Heading**\ntext"),
        ("a|b\n-|-\n`x | @all` | c", "a|b\n`x | @all` | c"),
        ("a|b\n\\-|\\-\n`x | @all`|c", "a|b\n`x | @all`|c"),
        ("@\u200ball \u202eevil", "`@all` evil"),
        ("one ` @all", "one \\` `@all`"),
        ("costs $x and \\www.evil.example", "costs \\$x and \\\\`www.evil.example`"),
        ("`a`@all", "`a` `@all`"),
        ("keep *this*, **that**, snake_case and R&D", "keep *this*, **that**, snake_case and R&amp;D"),
        ("- one\n  1. two\n> said", "- one\n  1. two\n> said"),
        ("line\r\nnext\rlast\u2028end", "line\nnext\nlast end"),
        (">>>\n/close", "`/close`"),
        ("::include{file=secret}", "\\::include{file=secret}"),
    ],
)
def test_text(text, expected):
    assert sanitise(text, HOSTS) == expected
    check(sanitise(text, HOSTS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\nx = '@all'\n```", "```python\nx = '@all'\n```"),
        ("```suggestion:-0+0\nrm\n```", "```\nrm\n```"),
        ("```mermaid\ngraph\n```", "```\ngraph\n```"),
        ("~~~\n```\n~~~", "````\n```\n````"),
        ("open\n```js\nx", "open\n```js\nx\n```"),
        ("- item\n  ```\n  a\n    b\n  ```\nafter", "- item\n```\na\n  b\n```\nafter"),
        ("```\n/approve\n//x\n```", "```\n /approve\n//x\n```"),
        ("- ~~~\n@all", "- `~~~`\n`@all`"),
    ],
)
def test_fences(text, expected):
    assert sanitise(text) == expected
    check(sanitise(text))


def test_a_line_of_ours_is_not_broken_open():
    assert sanitise_line("- a\n# b @c") == "\\- a # b `@c`"
    assert sanitise_line("/close it") == "\\/close it"
    assert sanitise_line("1. x") == "1\\. x"


def test_a_code_span_shows_anything():
    assert code("a.py") == "`a.py`"
    assert code("a`b``c") == "```a`b``c```"
    assert code("`") == "`` ` ``"
    assert code("a\nb\u202ec") == "`a b c`"
    assert code("") == "` `"


def test_a_code_block_is_longer_than_its_content():
    assert fenced("```\nx\n```\n", "python") == "````python\n```\nx\n```\n````"
    assert fenced("x", "evil") == "```\nx\n```"


def test_hidden_characters_are_noticed():
    assert hidden("a\u202eb")
    assert not hidden("a\tb\nc é 日本")


WORDS = (
    "@all #1 !2 ~bug %v & &#64; &amp; &commat; $3 $ ` `` ``` ```` ~~~ ~ ~~ \\ \\\\ | |- - = : # ## > >>> * ** _",
    "[ ] ( ) ![ ]( ]: [[ ^ ^[ < > <!-- --> <b> https://evil.example/x https://docs.example.com/a",
    "www.e.x /approve :: a b 1. 1234abcd UTF-8 \\@ \\# \\` \\- \\| \\/ \\> \\~ \\[ \\] \\_ { } \" ' \u200b \u202e é",
)
GAPS = (" ", "\n", "\n\n", "    ", "\n- ", "\n> ", "\n```\n", "\n/", "\t", "\r", "\n|-|-|\n", "\n---\n")
PIECES = st.sampled_from([*GAPS, *(word for line in WORDS for word in line.split())])


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=400, deadline=None)
@example("![`x`](https://evil.example/a)")
@example("[a]: https://evil.example\n[a]")
@example("`\\`@all`")
def test_nothing_gets_through_whatever_is_put_together(text):
    check(sanitise(text, HOSTS))
    check("x " + sanitise_line(text, HOSTS))


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=100, deadline=None)
def test_fences_are_closed_so_that_what_follows_is_text(text):
    after = PARSER.parse(f"{sanitise(text)}\n\nfollows")[-2]
    assert (after.type, after.content) == ("inline", "follows")
