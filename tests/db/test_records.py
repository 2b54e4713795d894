"""Records come back from the store as they went in."""

import json

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.db.records import pack, revive, unpack
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Anchor, Category, Dropped, Finding, Severity
from reviewbot.model.outcome import Examination, Outcome, Published, ReviewedVersion, Verdict
from reviewbot.model.prompt import Answer, Usage

words = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates and NUL too
numbers = st.one_of(st.none(), st.integers(1, 10**6))
keys = st.tuples(numbers, numbers)
anchors = st.builds(Anchor, words, keys, keys)
findings = st.builds(
    Finding,
    anchor=anchors,
    severity=st.sampled_from(Severity),
    category=st.sampled_from(Category),
    title=words,
    body=words,
    rule=st.none() | words,
    suggestion=st.none() | words,
    quote=words,
    fingerprint=words,
)
usages = st.builds(Usage, cost_usd=st.none() | st.floats(0, 100), requests=st.integers(0, 9))
examinations = st.builds(
    Examination,
    verdict=st.sampled_from(Verdict),
    tier=st.sampled_from(Tier),
    findings=st.lists(findings, max_size=3).map(tuple),
    coverage=st.lists(st.builds(FileCoverage, words, st.just("partly"), words), max_size=2).map(tuple),
    dropped=st.lists(st.builds(Dropped, words, words), max_size=2).map(tuple),
    usage=usages,
    notices=st.lists(words, max_size=2).map(tuple),
)
published = st.builds(Published, posted=st.dictionaries(words, st.integers(0, 9), max_size=2), known=st.just(("x",)))
outcomes = st.builds(
    Outcome,
    state=st.just("done"),
    reason=words,
    examination=st.none() | examinations,
    published=st.none() | published,
)


@given(outcomes)
def test_an_outcome_survives_whole(outcome):
    assert unpack(Outcome, pack(outcome)) == outcome


@given(st.builds(ReviewedVersion, words, st.dictionaries(words, words, max_size=3), st.lists(findings).map(tuple)))
def test_a_reviewed_version_survives_whole(version):
    assert unpack(ReviewedVersion, pack(version)) == version


def test_fields_of_another_version_of_the_program_are_left_out_or_get_their_default():
    kept = json.loads(json.dumps({"text": "t", "finish": "stop", "usage": {"requests": 2}, "model": "m", "new": 1}))
    assert revive(Answer, kept) == Answer("t", "stop", Usage(requests=2), "m")
