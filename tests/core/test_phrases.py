"""The fixed words: every catalogue complete, its places those of the English one, and a review told in its language."""

import re
import string
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from making_findings import KEY, diff_of, finding, merge_request

from reviewbot.core import phrases
from reviewbot.core.planning import plan
from reviewbot.core.summaries import headline, render
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Dropped, Severity
from reviewbot.model.outcome import Became, Examination, Risk, Verdict, Walkthrough
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.resources import folder

ROOT = Path(__file__).parents[2]

FILES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in (folder("prompts") / "words").glob("*.toml")}
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "ja": "Japanese"}
LANGUAGES["zh"] = "Simplified Chinese"
MARKER = "<!-- marker -->"
FULL = Examination(
    Verdict.SIGNIFICANT_CONCERNS,
    Tier.FULL,
    (finding(severity=Severity.CRITICAL, fingerprint="f1"),),
    (
        FileCoverage("a.py", "reviewed", "unchanged since the last review"),
        FileCoverage("b.lock", "skipped", "lock file"),
        FileCoverage("c.py", "skipped", "too large for GitLab", complete=False),
        FileCoverage("d.py", "partly", "lines 1-2 not read: The review's time limit is over", complete=False),
    ),
    (Dropped("dedupe", "the same"), Dropped("judge", "refuted: no", "a.py", "Eins")),
    Usage(3, 9_000, 100, 40, None, 2),
    overflow=(finding(fingerprint="f2", rule="r", votes=2, suggestion="x"),),
    became=(Became(finding(), "fixed", note="its file is gone"),),
    walkthrough=Walkthrough("Eins.", (("a.py", "zwei"),)),
    consulted=("a.py:1-2",),
    risk=Risk("path", path="auth.py"),
)


def phrases_of(tables):
    """Every phrase by table and key; each form of a count for itself, "other" standing in for a missing "one"."""
    for table, entries in tables.items():
        if isinstance(entries, dict):
            for key, value in entries.items():
                forms = {"one": value.get("one", value["other"]), **value} if isinstance(value, dict) else {"": value}
                yield from ((f"{table}.{key}.{form}", text) for form, text in forms.items())


def places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_there_is_a_catalogue_for_each_language_that_is_promised():
    assert set(FILES) == set(LANGUAGES)


@pytest.mark.parametrize("name", sorted(LANGUAGES))
def test_a_catalogue_has_every_phrase_with_the_same_places(name):
    mine, english = dict(phrases_of(FILES[name])), dict(phrases_of(FILES["en"]))
    assert mine.keys() == english.keys()
    assert {key: places(text) for key, text in mine.items()} == {key: places(text) for key, text in english.items()}
    assert all(text.strip() for text in mine.values())
    assert {"names", "unlike", "thousands"} <= FILES[name].keys()


@pytest.mark.parametrize("name", sorted(set(LANGUAGES) - {"en"}))
def test_a_catalogue_is_no_copy_of_the_english_one(name):
    mine, english = dict(phrases_of(FILES[name])), dict(phrases_of(FILES["en"]))
    assert sum(mine[key] == english[key] for key in english) < len(english) / 8


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("German", "Warnung"),
        ("deutsch", "Warnung"),
        ("de-AT", "Warnung"),
        ("DE", "Warnung"),
        ("pt_BR", "Aviso"),
        ("Portuguese (Brazil)", "Aviso"),
        ("中文", "警告"),
        ("zh-CN", "警告"),
        ("zh-TW", "Warning"),
        ("Traditional Chinese", "Warning"),
        ("Klingon", "Warning"),
        ("", "Warning"),
    ],
)
def test_a_language_is_known_by_name_or_tag_and_any_other_is_english(language, word):
    assert phrases.of(language)("severity.warning") == word


def test_numbers_have_the_languages_form_and_mark():
    assert [phrases.of(name).many("file", 1) for name in ("en", "de", "ja")] == ["1 file", "1 Datei", "1 ファイル"]
    assert phrases.of("de").many("file", 1_200) == "1.200 Dateien"
    assert phrases.of("en").many("file", 1_200) == "1,200 files"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values()) - {"English"}))
def test_no_english_word_of_ours_is_left_in_a_summary(language):
    told = render(FULL, MARKER, FULL.overflow, run_url="https://x.example/1", language=language)
    spoken = render(FULL, MARKER, FULL.overflow, run_url="https://x.example/1")
    seen = 0
    for key, text in phrases_of(FILES["en"]):
        part = max(re.split(r"\{\w+\}", text), key=len).strip()
        if part in spoken and len(part) > 8:
            seen += 1
            assert part not in told or part == phrases.of(language).own.get(key), key
    assert seen > 15
    assert told.startswith(f"**{phrases.of(language)('verdict.significant_concerns')}**")


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("lock file", "Lock-Datei"),
        ("vendored (.gitattributes)", "fremder Code (.gitattributes)"),
        (
            "lines 1-3, removed 4, 7 and 3 more not read: The review's time limit is over; else",
            "Zeilen 1-3, entfernt 4, 7 und 3 weitere nicht gelesen: Die Zeit der Prüfung ist abgelaufen; else",
        ),
        (
            "1 finding not checked against the code, so not proven: the judge gave no verdict on them",
            "1 Befund nicht am Code geprüft, daher nicht bewiesen: der Richter hat nicht über sie geurteilt",
        ),
        (
            "The review's cost limit of $1.00 is reached: $0.99 spent (raise X)",
            "Die Kostengrenze der Prüfung von $1.00 ist erreicht: $0.99 ausgegeben (raise X)",
        ),
        ("refuted: {n} @all {0.__class__}", "widerlegt: {n} @all {0.__class__}"),
        ("nobody has ever said this", "nobody has ever said this"),
    ],
)
def test_a_reason_is_told_in_the_language_with_what_stands_in_it_as_it_was(english, german):
    assert phrases.of("de").reason(english) == german
    assert phrases.of("en").reason(english) == english
    assert phrases.of("Klingon").reason(english) == english


def test_a_reason_of_any_length_takes_linear_time_and_stays_whole():
    text = "lines 1 not read: " * 50_000
    assert phrases.of("de").reason(text) == text


def test_every_reason_in_the_catalogue_is_one_that_the_code_gives():
    """A sentence that was changed in the code alone would not be known any more, and be told in English."""
    code = " ".join(path.read_text("utf-8") for path in (ROOT / "reviewbot").rglob("*.py"))
    joined = {"with_mend", "renamed", "copied", "dismissed_here", "dismissed_in"}  # put together of parts
    said = {
        key: max(re.split(r"\{\w+\}", text), key=len).strip(" ,;:.()") for key, text in FILES["en"]["reason"].items()
    }
    assert [key for key, part in said.items() if part not in code and key not in joined] == []


def test_comments_and_status_speak_the_policys_language():
    diff = diff_of(a="@@ -0,0 +1,1 @@\n+one\n")
    exam = replace(FULL, findings=(finding(fingerprint="f", certainty="unproven", suggestion="two"),), overflow=())
    made = plan(merge_request(), diff, exam, {}, "1", KEY, ReviewPolicy(language="Deutsch"))
    assert made.comments[0].body.startswith("🟠 **Warnung · Korrektheit** · nicht bewiesen\n")
    assert "Vorgeschlagener Code:" in made.comments[0].body
    assert made.status.description == headline(exam, "de")
    assert made.status.description.startswith("Erhebliche Bedenken. Nicht vollständig gelesen: 2 von ")
