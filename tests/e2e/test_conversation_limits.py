"""Where nothing is asked of a model: no money, no model, no answers wanted."""

import pytest
from e2e.house import code
from e2e.test_commands import answers, said

BEFORE = code(40)
AFTER = BEFORE.replace("value_7 = 7", "value_7 = x")


@pytest.mark.parametrize(
    ("settings", "what", "text"),
    [
        # The price of the stand-in is not known, so nothing may be spent.
        ({"max_cost_per_review": 1.0}, "budget", "A cost limit is set"),
        ({"llm_model": "", "llm_base_url": ""}, "no-model", "no model is configured"),
    ],
)
def test_why_there_is_no_answer_is_told_in_each_thread_once(own_house, settings, what, text):
    house = own_house(**settings)
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.settled()
    ((told, body),) = said(case, "@reviewbot what is this for?")
    assert (told, text in body) == (what, True)
    thread = next(one for one in case.mr.discussions if one.notes[0].body == body)
    for _ in range(2):
        case.lab.write(case.mr, "And now?", case.developer, thread=thread)
        case.settled()
    assert [one for one, _ in answers(case)] == [what]
    assert [one for one, _ in said(case, "@reviewbot and this?")] == [what]
    assert [one for one, _ in said(case, "@reviewbot help")] == ["help"]


def test_an_instance_that_gives_no_answers_says_so_once(own_house):
    case = own_house(max_replies_per_thread=0).open({"app.py": BEFORE}, {"app.py": AFTER})
    case.settled()
    assert [what for what, _ in said(case, "@reviewbot what is this for?")] == ["off"]
    assert said(case, "@reviewbot what is this for?") == []
    assert [what for what, _ in said(case, "@reviewbot help")] == ["help"]
