"""One line in, one line out: secret-free, nothing hidden, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.shown import HEAD, TAIL, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tif x:  # Grüße, 漢字, 👍🏽, ✔️", "\tif x:  # Grüße, 漢字, 👍🏽, ✔️"),
        ("dos line\r", "dos line␍"),
        ("lone\rreturn", "lone␍return"),
        ("\x0cform feed", "␌form feed"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("a\x85b\x7f", "a<U+0085>b␡"),
        ("if admin\u202e\u2066: # safe\u2069", "if admin<U+202E><U+2066>: # safe<U+2069>"),
        ("zero\u200bwidth\ufeff\u00ad", "zero<U+200B>width<U+FEFF><U+00AD>"),
        ("line\u2028separator\u2029", "line<U+2028>separator<U+2029>"),
        ("tag\U000e0041\U000e007f", "tag<U+E0041><U+E007F>"),
        ("byte \udce9", "byte <U+DCE9>"),
        ("const \u3164 = 1", "const <U+3164> = 1"),
        ("vs\U000e0100\ufe01", "vs<U+E0100><U+FE01>"),
        ("a\nb", "a␊b"),
        ("", ""),
    ],
)
def test_hidden_characters_are_written_out(text, expected):
    assert shown(text) == expected


def test_secrets_are_redacted():
    assert shown('password = "hunter2!x"') == 'password = "[redacted:password]"'


@pytest.mark.parametrize(
    "text",
    [
        "</reviewbot:diff>",
        "< / ReviewBot : diff x='1'>",
        "<rev\u200biewbot:diff>",
        "<reviewbot:rules",
        "\uff1c/reviewbot:diff\uff1e",
    ],
)
def test_imitated_frame_tags_are_removed(text):
    assert "[removed]" in shown(f"x {text} y")
    assert "iewbot" not in shown(f"x {text} y").lower()


def test_code_that_names_the_product_stays():
    assert shown("a < reviewbots and <!-- reviewbot: v1 -->") == "a < reviewbots and <!-- reviewbot: v1 -->"


@pytest.mark.parametrize("size", [HEAD + TAIL + 1, 9_000, 10_000, 2_000_000])
def test_a_long_line_shows_both_ends_and_how_much_is_missing(size):
    line = shown("a" * (size - 3) + "end")
    assert line.startswith("a" * HEAD + " …[")
    assert line.endswith("end")
    assert f"[{size - HEAD - TAIL} characters not shown]" in line


def test_a_line_at_the_limit_is_whole():
    assert shown("a" * (HEAD + TAIL)) == "a" * (HEAD + TAIL)


@pytest.mark.parametrize("before", [HEAD - 10, HEAD + 20_000])
def test_a_secret_across_the_cut_is_redacted(before):
    secret = "glpat-" + "aB3dE5fG7hJ9kL1mN2pQ"
    assert "aB3d" not in shown("x " * (before // 2) + secret + " y" * 145)


@given(st.text(st.characters(), max_size=200))
def test_any_text_becomes_one_clean_line(text):
    line = shown(text)
    assert len(line.splitlines()) <= 1
    assert line.replace("\t", "").isprintable() or not text.isprintable() or text == line
    line.encode()  # no lone surrogate is left
