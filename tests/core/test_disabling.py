"""An id into `disabled`: however the file is written, all else stays as it is to the letter."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.configuration import configure
from reviewbot.core.disabling import disable
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.model.policy import ReviewPolicy

PATH = ".reviewbot.yml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "disabled:\n  - no-eval\n"),
        ("# ours\n", "# ours\ndisabled:\n  - no-eval\n"),
        ("language: German  # please", "language: German  # please\ndisabled:\n  - no-eval\n"),
        ("disabled: []\nlanguage: German\n", "disabled: [no-eval]\nlanguage: German\n"),
        ("disabled: [ a , b ]  # why\n", "disabled: [ a , b, no-eval ]  # why\n"),
        ("disabled: [a,\n  b,  # c\n]\n", "disabled: [a,\n  b, no-eval,  # c\n]\n"),
        (
            "disabled:\n- a # x\n\n# next\nlanguage: German\n",
            "disabled:\n- a # x\n- no-eval\n\n# next\nlanguage: German\n",
        ),
        ("disabled:\n    - a\n    - 'b'  # y", "disabled:\n    - a\n    - 'b'  # y\n    - no-eval\n"),
        ("exclude:\r\n  - x\r\ndisabled:\r\n  - a\r\n", "exclude:\r\n  - x\r\ndisabled:\r\n  - a\r\n  - no-eval\r\n"),
        ("\"disabled\": ['a']\n", "\"disabled\": ['a', no-eval]\n"),
        ("\ufefflanguage: German\n", "\ufefflanguage: German\ndisabled:\n  - no-eval\n"),
    ],
)
def test_the_id_goes_where_a_person_would_write_it(before, after):
    assert disable(before, PATH, "no-eval") == after


@pytest.mark.parametrize("rule_id", ["no", "1.5", "2024-01-01", "null", "0x10", "a/b.c_d-e"])
def test_an_id_that_yaml_would_take_for_something_else_is_quoted(rule_id):
    for before in ("", "disabled: [a]\n", "disabled:\n  - a\n"):
        assert rule_id in configure(ReviewPolicy(), {PATH: disable(before, PATH, rule_id)}).disabled_rules


def test_an_id_that_is_there_is_told():
    with pytest.raises(UsageError, match="muted already"):
        disable("disabled: [no-eval]\n", PATH, "no-eval")


@pytest.mark.parametrize(
    "text",
    ["disabled: no\n", "unknown: 1\n", "- a\n", "disabled: [a\n", "a: &x [b]\ndisabled: *x\n", "disabled: {a: b}\n"],
)
def test_a_file_with_mistakes_is_not_changed(text):
    with pytest.raises(ConfigurationError):
        disable(text, PATH, "no-eval")


@pytest.mark.parametrize("text", ["{language: German}\n", "language: German\n...\n", "--- {}\n"])
def test_what_cannot_be_changed_safely_is_left_to_people(text):
    with pytest.raises(ConfigurationError) as refused:
        disable(text, PATH, "no-eval")
    assert "disabled: [no-eval]" in refused.value.mend


names = st.from_regex(r"[a-z][a-z0-9/-]{0,12}", fullmatch=True)


@st.composite
def files(draw):
    ids = draw(st.lists(names, max_size=5, unique=True))
    comment = draw(st.sampled_from(["", "  # a comment"]))
    if not ids or draw(st.booleans()):
        written = f"disabled: [{', '.join(ids)}]{comment}\n"
    else:
        indent = " " * draw(st.integers(0, 6))
        written = "disabled:\n" + "".join(f"{indent}- {yaml.safe_dump(one).split()[0]}{comment}\n" for one in ids)
    others = draw(st.lists(st.sampled_from(["language: German  # x\n", "exclude:\n  - a\n"]), unique=True))
    return "".join(draw(st.permutations([written, *others])))


@given(files(), names)
def test_only_lines_of_the_list_change(text, rule_id):
    before = configure(ReviewPolicy(), {PATH: text})
    if rule_id in before.disabled_rules:
        return
    after = disable(text, PATH, rule_id)
    assert configure(ReviewPolicy(), {PATH: after}).disabled_rules == (*before.disabled_rules, rule_id)
    kept = [line for line in after.splitlines() if line in text.splitlines()]
    assert len(text.splitlines()) - len(kept) <= 1
