"""What of issues and of the merge request's template a reviewer is told, and criteria without a line."""

import pytest

from reviewbot.core import tickets
from reviewbot.model.finding import Dropped
from reviewbot.model.ticket import Ticket, Unmet

TEMPLATE = """\
<!-- Thank you! -->
## What
<!-- Say what changes. -->

## How to test

Describe the steps.

## Checklist
- [ ] Tests added
- [ ] Documented
"""


def told(description, **more):
    return tickets.told(Ticket("#12", "Export", description, **more)).split("\n")


@pytest.mark.parametrize(
    ("title", "description", "numbers"),
    [
        ("Fix #3", "Related to #7, see #3.\nCloses #9", (3, 7, 9)),
        ("Add it", "other/project#4, &#5; a#6 ##7 http://x/#8", ()),
        ("", " ".join(f"#{n}" for n in range(1, 50)), (1, 2, 3, 4)),
        ("", "#1234567890 #12a", ()),
    ],
)
def test_issues_of_the_project_that_are_named(title, description, numbers):
    assert tickets.mentioned(title, description) == numbers


def test_criteria_come_first_whatever_stands_before_them():
    criteria = "## Acceptance criteria\nEvery row has a header.\n\n### Also\nNo row is lost.\n"
    text = f"A long story.\n\n{criteria}\n## Notes\nNone."
    assert told(text) == [
        "#12: Export",
        "Acceptance criteria:",
        "Every row has a header.",
        "### Also",
        "No row is lost.",
        "Description:",
        "A long story.",
        "",
        "## Acceptance criteria",
        "",
        "",
        "## Notes",
        "None.",
    ]


@pytest.mark.parametrize("item", ["- [ ] It works", "* [x] It works", "  1. [ ] It works"])
def test_items_of_a_task_list_are_criteria_anywhere(item):
    assert told(f"Text\n{item}")[:3] == ["#12: Export", "Acceptance criteria:", item]


@pytest.mark.parametrize(
    "heading", ["**Acceptance Criteria:**", "# Definition of Done", "## Akzeptanzkriterien", "# 验收标准"]
)
def test_a_section_of_criteria_by_any_of_its_names(heading):
    assert told(f"{heading}\nIt works")[1:3] == ["Acceptance criteria:", "It works"]


def test_a_ticket_without_words_is_its_title():
    assert told("", closed=True) == ["#12: Export (closed)"]


def test_an_untouched_template_is_told_section_by_section():
    assert tickets.unfilled(TEMPLATE, TEMPLATE.replace("\n", "\r\n")) == (
        "Section not filled in: what",
        "Section not filled in: how to test",
        "Box not ticked: tests added",
        "Box not ticked: documented",
    )


def test_only_what_is_open_is_told():
    done = TEMPLATE.replace("Describe the steps.", "Run it.").replace("[ ] Tests", "[x] Tests").replace("## What", "")
    assert tickets.unfilled(TEMPLATE, done) == ("Section left out: what", "Box not ticked: documented")


def test_a_description_that_does_without_the_template_is_told_in_one_line():
    assert tickets.unfilled(TEMPLATE, "Adds the export.") == ("The template was not used",)
    assert tickets.unfilled("Just words.", "") == ()


def test_a_section_that_only_holds_others_need_not_be_filled_in():
    template = "# Change\n## Why\nbecause\n"
    assert tickets.unfilled(template, "# Change\n## Why\nIt is slow.\n") == ()


@pytest.mark.parametrize("text", ["<!--" * 50_000, "# a\n" * 50_000, "- [ ] x\n" * 50_000, "**" * 50_000, "#" * 99_999])
def test_texts_of_any_length_are_bounded(text):
    assert len(tickets.unfilled(text, text)) <= 30
    assert len("\n".join(told(text))) < 50_000
    tickets.mentioned(text, text)


def test_a_criterion_without_a_line_counts_only_when_the_whole_change_was_seen():
    known = ("#12", "group/other#3")
    assert tickets.unmet(" #12 ", "Title", "Body", known, whole=True) == Unmet("#12", "Title", "Body")
    assert isinstance(tickets.unmet("group/other#3", "Title", "", known, whole=False), Dropped)
    assert tickets.unmet("#13", "Title", "", known, whole=True) is None
    assert tickets.unmet("app.py", "Title", "", known, whole=True) is None


def test_what_several_reviewers_miss_is_told_once():
    found = [Unmet("#1", "No  header", "a"), Unmet("#1", "no header", "b"), Unmet("#2", "No header")]
    assert [(one.ticket, one.body) for one in tickets.distinct(found)] == [("#1", "b"), ("#2", "")]
    assert len(tickets.distinct(Unmet("#1", f"{n}") for n in range(99))) == tickets.MOST_UNMET
