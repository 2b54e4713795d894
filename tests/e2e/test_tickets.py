"""Tickets from GitLab to the prompt, and acceptance criteria from the answer to the merge request."""

import re
import threading
from dataclasses import replace

from e2e.house import answering, code, finding

from reviewbot.standin.model_script import reviewer

BEFORE = code(40)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = 70\n")
CRITERIA = "## Acceptance criteria\n- [ ] value_7 is 70\n- [ ] value_8 is 80\n"


def opened(house, description, *, ours=None, confidential=False, **more):
    """A merge request of a project with one issue; the model's first reviewer answers with `more["found"]`."""
    found = more.pop("found", None)
    if found is not None:
        house.model.script = lambda received: answering(*found)
    project, developer = house.project({"app.py": BEFORE, **(ours or {})})
    project.issue("Raise the values", CRITERIA, confidential=confidential)
    project.commit("feature", {"app.py": AFTER}, author=developer)
    return house.case(project, developer, description)


def tickets(case):
    return [re.findall(r"(?s)<reviewbot:ticket>\n(.*?)\n</reviewbot:ticket>", prompt) for prompt in case.prompts()]


UNMET = finding(path="#1", title="value_8 stays 8", body="“value_8 is 80” is met by nothing.")


def test_a_ticket_is_read_and_named_in_the_summary(own_house):
    case = opened(own_house(), "Closes #1")
    case.reviewed()
    assert {len(found) for found in tickets(case)} == {1}
    assert tickets(case)[0][0].startswith("#1: Raise the values\nAcceptance criteria:\n- [ ] value_7 is 70\n")
    assert "- `#1`" in case.summary()


def test_a_confidential_ticket_reaches_nobody(own_house):
    case = opened(own_house(), "Closes #1", confidential=True)
    case.reviewed()
    assert not any(tickets(case))
    assert "Raise the values" not in "".join(case.prompts()) + case.everything_written()


def test_tickets_are_switched_off_by_the_repository(own_house):
    case = opened(own_house(), "Closes #1", ours={".reviewbot.yml": "tickets: false\n"})
    case.reviewed()
    assert not any(tickets(case))
    assert not [one for one in case.lab.requests if "issues" in one.path]


def test_what_the_author_left_of_the_template_is_told(own_house):
    ours = {".gitlab/merge_request_templates/Default.md": "## Why\n\n- [ ] Tests added\n"}
    case = opened(own_house(), "## Why\n\n- [ ] Tests added\n", ours=ours)
    case.reviewed()
    assert all("Box not ticked: tests added" in prompt for prompt in case.prompts())


def test_an_unmet_criterion_without_a_line_is_told_in_the_summary_until_the_whole_change_is_read_again(own_house):
    house = own_house()
    case = opened(house, "Closes #1", found=[UNMET])
    assert case.reviewed().verdict == "approved_with_comments"
    assert "<summary>Looks unmet: 1 acceptance criterion</summary>" in case.summary()
    assert case.comments == []
    house.model.script = lambda received: answering()
    case.push({"other.py": "x = 1\n"})
    assert case.reviewed().verdict == "approved_with_comments"
    assert "Looked unmet when the whole change was read last: 1 acceptance criterion" in case.summary()
    case.say("@reviewbot full review")
    assert case.reviewed().verdict == "approved"
    assert "unmet" not in case.summary()


def test_a_ticket_that_became_confidential_while_it_was_read_is_retold_to_nobody(own_house):
    house = own_house()
    gate = threading.Event()

    def script(received):
        behaviour = reviewer()(received) if received.wanted == "summary" else answering(UNMET)
        return replace(behaviour, gate=gate, gate_at=1)

    house.model.script = script
    case = opened(house, "Closes #1")
    house.until(case.prompts, "the model is asked")
    case.project.issues[1].confidential = True
    gate.set()
    case.reviewed()
    assert "value_8" not in case.everything_written()
    assert "what retells it was left out" in case.summary()
    assert "Walkthrough" not in case.summary()
    version = house.store.history.last_reviewed(case.ref)
    assert (version.unmet, version.walkthrough.summary) == ((), "")


def test_who_has_seen_a_part_of_the_change_cannot_say_that_nothing_meets_a_criterion(own_house):
    house = own_house()
    case = opened(house, "Closes #1", found=[])
    case.reviewed()
    house.model.script = lambda received: answering(UNMET)
    case.push({"other.py": "x = 1\n"})
    case.reviewed()
    assert "only a part of the change was held against" in case.summary()
    assert "Looks unmet" not in case.summary()
