import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import literals


@pytest.mark.parametrize(
    ("regex", "texts"),
    [
        ("^unsafe", {"unsafe"}),
        (r"^http\.(Get|Head)$", {"http."}),
        (r"\.(Close|Unlock)\(\)$", {"()"}),
        ("^(where|having)$", {"where", "having"}),
        ("lru_cache|cached?", {"lru_cache", "cache"}),
        (r"shell\s*=\s*True", {"shell"}),
        (r"#\{", {"#{"}),
        ("(a|b)[xyz]+(foo)?", None),
        ("(?i)select", None),
        ("x{3,}abc", {"abc"}),
        ("[|(]one", {"one"}),
        (r"[\]x]two", {"two"}),
        ("[]x]two", {"two"}),
        ("", None),
        ("one|", None),
        ("(?:one|two)three", {"three"}),
    ],
)
def test_texts_without_which_nothing_matches(regex, texts):
    assert literals.needed(regex) == (None if texts is None else frozenset(texts))


ATOMS = st.sampled_from(["a", "b", "bc", "abc", r"\.", r"\w", "[ab]", "[^a]", ".", "^", "$", r"\b", r"\("])
REGEXES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{0,2}", "{2}"])).map(lambda one: f"(?:{one[0]}){one[1]}"),
    ),
    max_leaves=8,
)


@given(REGEXES, st.text("abc.(", max_size=12))
def test_what_matches_has_one_of_the_texts(regex, text):
    texts = literals.needed(regex)
    found = re.search(regex, text)
    assert found is None or texts is None or any(one in found[0] for one in texts)


@given(st.text("ab()[]\\|?*+{}^$.", max_size=20))
def test_any_text_has_an_answer(regex):
    literals.needed(regex)


def test_deep_nesting_has_an_answer():
    assert literals.needed("(" * 5_000 + "deep" + ")" * 5_000) is None
