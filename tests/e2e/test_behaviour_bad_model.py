"""Models that fail or talk nonsense: each review ends in a stated outcome, and nothing wrong is posted."""

import pytest
from e2e.house import answering, code, finding
from standins.tagged import tagged

from reviewbot.standin.model_script import Behaviour, always, failing, in_turn, rate_limited, reviewer, truncated

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = x  # PLANT(warning): Plant 7\n")
ON = [("app.py", "value_7 = x  # PLANT(warning): Plant 7")]


def opened(house):
    return house.open({"app.py": BEFORE}, {"app.py": AFTER})


def good(received):
    return reviewer()(received).text


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(text="Sieht gut aus, Kollege! Nichts zu beanstanden."), "holds no complete JSON object"),
        (Behaviour(text="这个更改没有问题。"), "holds no complete JSON object"),
        (Behaviour(text=""), "holds no complete JSON object"),
        (Behaviour(text='{"findings": "none"}'), "must be a list"),
        (Behaviour(refusal="I'm sorry, I can't help with that."), "declined to answer"),
        (truncated(), "cut off at the output limit"),
        (failing(500), "answered 500"),
        (rate_limited("0"), "answered 429"),
        (
            Behaviour(status=401, code="invalid_api_key", message="Incorrect API key: sk-abc123"),
            "REVIEWBOT_LLM_API_KEY",
        ),
        (Behaviour(status=404, code="model_not_found", message="No such model"), "REVIEWBOT_LLM_MODEL"),
        (Behaviour(drop_after=1), "No connection to the model's endpoint"),
    ],
    ids=["german", "chinese", "empty", "no list", "refusal", "truncated", "500", "429", "wrong key", "404", "dropped"],
)
def test_a_model_that_gives_no_readable_answer_leaves_an_incomplete_review(house, behaviour, said):
    house.model.script = always(behaviour)
    case = opened(house)
    report = case.reviewed("incomplete")
    assert (report.verdict, case.comments) == ("incomplete", [])
    state, reason = case.coverage()["app.py"]
    assert state == "skipped"
    assert said in reason
    assert "**Incomplete.**" in case.summary()
    assert "`app.py`" in case.summary()
    assert case.status() not in {"success", None}
    assert 1 <= len(case.prompts()) <= 4
    # Nothing is lost: once the model is well again, a command reads what was not read.
    house.model.script = reviewer()
    case.say("@reviewbot review")
    assert case.reviewed().verdict == "approved_with_comments"
    assert case.on() == ON
    assert case.summary().startswith("**Approved with comments.**")
    assert case.status() == "success"


@pytest.mark.parametrize(
    "wrap",
    [
        "Here is my review:\n```json\n{}\n```\nHope it helps!",
        "<think>Is {{x}} a problem?</think>\n{}",
        "\ufeff{}\n\n",
    ],
)
def test_prose_around_the_answer_costs_nothing(house, wrap):
    house.model.script = lambda received: Behaviour(text=wrap.replace("{}", good(received)))
    case = opened(house)
    case.reviewed()
    assert (case.on(), len(case.prompts())) == (ON, 1)


@pytest.mark.parametrize("first", [Behaviour(text="Oops"), truncated(), failing(503), rate_limited("0")])
def test_one_bad_answer_is_mended(house, first):
    found = reviewer()
    waiting = [first]
    house.model.script = lambda received: waiting.pop() if waiting else found(received)
    case = opened(house)
    case.reviewed()
    assert (case.on(), len(case.prompts())) == (ON, 2)


def test_findings_about_other_files_and_other_lines_are_not_posted_anywhere_else(house):
    def script(received):
        tags = tagged(received.text)
        tag = tags["+value_7 = x  # PLANT(warning): Plant 7"]
        return answering(
            finding(path="../../etc/passwd", start=tag, end=tag, quote="root:x:0:0", title="Another file"),
            finding(path="secret.py", start="3ab", end="3ab", quote="import os", title="A file that is not there"),
            finding(start="9999zz", end="9999zz", quote="nothing like this is in the diff", title="Beyond the end"),
            finding(start=tag, end="1aa", quote="value_7 = x  # PLANT(warning): Plant 7", title="A good one"),
            finding(severity="apocalyptic", start=tag, end=tag, title="No such severity"),
            {"title": 7},
            "just words",
        )

    house.model.script = script
    case = opened(house)
    case.reviewed()
    assert case.on() == ON
    assert "A good one" in case.comments[0].body
    stages = {drop.stage for drop in case.outcome().examination.dropped}
    assert stages >= {"anchor", "parse"}
    for title in ("Another file", "A file that is not there", "Beyond the end"):
        assert title in case.summary()


def test_a_wrong_tag_is_put_right_by_the_quote(house):
    quote = "value_7 = x  # PLANT(warning): Plant 7"
    house.model.script = always(answering(finding(start="2zz", end="2zz", quote=quote)))
    case = opened(house)
    case.reviewed()
    assert case.on() == ON


def test_a_thousand_findings_are_bounded(house):
    def script(received):
        tags = tagged(received.text)
        return answering(
            *(
                finding(start=tag, end=tag, quote=line[1:], title=f"Number {n} on {line[:12]}", body="x" * 3000)
                for n in range(40)
                for line, tag in tags.items()
            )
        )

    house.model.script = script
    case = opened(house)
    case.reviewed()
    assert len(case.comments) <= 10
    assert len(case.summary().encode()) < 1_000_000
    assert len(case.prompts()) == 1


def test_a_repair_that_fails_too_is_not_repeated(house):
    house.model.script = in_turn([Behaviour(text="no"), Behaviour(text="no again")], then=Behaviour(text="never"))
    case = opened(house)
    case.reviewed("incomplete")
    assert len(case.prompts()) == 2
