"""From the webhook to comments that stand on the right lines' text, for every kind of change."""

import pytest
from e2e.house import Case, answering, code, finding
from standins.tagged import tagged

BEFORE = code(40)
PLANTED = "value_7 = seven()  # PLANT(critical): Seven is not defined\n"
AFTER = BEFORE.replace("value_7 = 7\n", PLANTED)


def on_lines(wanted, **more):
    """A model that has something to say about lines by their sign and text: (path, first line, last line)."""

    def script(received):
        tags = tagged(received.text)
        found = [
            finding(path=path, start=tags[first], end=tags[last], quote=first[1:], title=f"About {first[1:]}", **more)
            for path, first, last in wanted
            if first in tags and last in tags
        ]
        return answering(*found)

    return script


def test_a_webhook_leads_to_a_comment_on_the_line_a_summary_and_a_status(house):
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    report = case.reviewed()
    assert case.on() == [("app.py", PLANTED.rstrip("\n"))]
    assert "Seven is not defined" in case.comments[0].body
    assert "**Significant concerns.**" in case.summary()
    assert case.status() == "failed"
    assert (report.verdict, report.findings, report.posted) == ("significant_concerns", 1, 1)
    assert report.usage.requests == 2  # the reviewer and the judge
    assert report.forge_requests <= 20


def test_a_clean_change_gets_one_short_line_and_a_green_status(house):
    case = house.open({"app.py": BEFORE}, {"app.py": BEFORE.replace("value_7 = 7", "value_7 = 8")})
    assert case.reviewed().verdict == "approved"
    assert case.on() == []
    assert case.summary().startswith("**Approved.** Nothing found in 1 file.")
    assert case.status() == "success"


def test_comments_on_several_lines_on_removed_and_on_unchanged_ones(house):
    after = BEFORE.replace("value_20 = 20\n", "").replace("value_7 = 7\n", "value_7 = seven\nvalue_7b = seven\n")
    house.model.script = on_lines(
        [
            ("app.py", "+value_7 = seven", "+value_7b = seven"),
            ("app.py", "-value_20 = 20", "-value_20 = 20"),
            ("app.py", " value_9 = 9", " value_9 = 9"),
            ("app.py", " value_19 = 19", "-value_20 = 20"),
        ]
    )
    case = house.open({"app.py": BEFORE}, {"app.py": after})
    case.reviewed()
    assert case.landed() == [
        ("app.py", "value_19 = 19", "value_20 = 20"),
        ("app.py", "value_20 = 20", "value_20 = 20"),
        ("app.py", "value_7 = seven", "value_7b = seven"),
        ("app.py", "value_9 = 9", "value_9 = 9"),
    ]
    numbers = {one.text: (one.old_line, one.new_line) for one in case.comments}
    assert numbers["value_9 = 9"] == (9, 10)
    assert numbers["value_20 = 20"] == (20, None)


def test_a_renamed_file(house):
    case = house.open({"old/app.py": BEFORE}, {"old/app.py": None, "new/app.py": AFTER})
    case.reviewed()
    assert case.on() == [("new/app.py", PLANTED.rstrip("\n"))]


def test_a_new_file_is_read_and_a_deleted_one_is_named_as_such(house):
    house.model.script = on_lines([("new.py", "+it_4 = 4", "+it_4 = 4")])
    case = house.open({"gone.py": BEFORE}, {"gone.py": None, "new.py": code(9, name="it")})
    case.reviewed()
    assert case.on() == [("new.py", "it_4 = 4")]
    assert case.coverage()["gone.py"] == ("skipped", "deleted")


def test_a_merge_request_from_a_fork(house):
    project, developer = house.project({"app.py": BEFORE})
    fork = project.fork(f"{developer.username}/app", developer)
    fork.commit("feature", {"app.py": AFTER}, author=developer)
    mr = project.merge_request("feature", "main", f"From a fork {fork.id}", author=developer, source_project=fork)
    case = Case(house, project, developer, mr)
    case.reviewed()
    assert case.on() == [("app.py", PLANTED.rstrip("\n"))]


def test_lines_that_look_like_file_headers_are_placed_by_gitlabs_numbers(house):
    """After an unchanged line GitLab takes a removed "-- a" for the header "--- a" and does not count it."""
    before = "select 1;\n-- a\nselect 2;\n-- b\nselect 3;\nselect 4;\n"
    after = "select 1;\nselect 2;\n-- b\nselect 33;\nselect 4;\n"
    wanted = ("-select 3;", "+select 33;", " select 4;", "--- a")
    house.model.script = on_lines([("query.sql", line, line) for line in wanted])
    case = house.open({"query.sql": before}, {"query.sql": after})
    case.reviewed()
    numbers = {one.body.split("**About ")[1].split("**")[0]: (one.old_line, one.new_line) for one in case.comments}
    assert numbers == {
        "select 3;": (4, None),  # git: 5
        "select 33;": (None, 4),
        "select 4;": (5, 5),  # git: 6 and 5
        "-- a": (None, None),  # GitLab has no such line: on the file as a whole
    }
    (on_file,) = [one.body for one in case.comments if one.text is None]
    assert "removed line 2" in on_file


@pytest.mark.parametrize(
    ("name", "before", "line"),
    [
        ("crlf.py", "a = 1\r\nb = 2\r\nc = 3\r\n", "b = 22  # PLANT(warning): Windows\r"),
        ("name with blank.py", "a = 1\nb = 2\nc = 3\n", "b = 22  # PLANT(warning): Blank"),
        ("größe/ünïcode.py", "a = 1\nb = 2\nc = 3\n", "b = 22  # PLANT(warning): Umlaut"),
        ("no_end.py", "a = 1\nb = 2", "b = 22  # PLANT(warning): No newline at the end"),
        ("feed.py", "a = 1\x0c\nx = '\u2028'\nb = 2\nc = 3\n", "b = 22  # PLANT(warning): Form feed above"),
    ],
)
def test_files_with_difficult_names_and_characters(house, name, before, line):
    old = "b = 2\r" if "\r" in before else "b = 2"
    case = house.open({name: before}, {name: before.replace(old, line)})
    case.reviewed()
    assert case.on() == [(name, line)]


def test_a_suggestion_is_applicable_and_stands_on_its_lines(house):
    def script(received):
        tags = tagged(received.text)
        tag = tags.get("+    return eva1(text)")
        if tag is None:
            return answering()
        return answering(
            finding(start=tag, end=tag, quote="    return eva1(text)", suggestion="    return evaluate(text)")
        )

    house.model.script = script
    before = "def run(text):\n    return text\n"
    case = house.open({"app.py": before}, {"app.py": before.replace("return text", "return eva1(text)")})
    case.reviewed()
    (comment,) = case.comments
    assert "```suggestion:-0+0\n    return evaluate(text)\n```" in comment.body


def test_180_files_are_all_read_in_few_requests(house):
    before = {f"pkg{n // 20}/mod{n}.py": code(20, name=f"v{n}") for n in range(180)}
    plants = {17: "critical", 99: "warning", 163: "suggestion"}
    after = {
        path: text.replace(
            f"v{n}_9 = 9\n", f"v{n}_9 = 10\n" + (f"x = {n}  # PLANT({plants[n]}): Plant {n}\n" if n in plants else "")
        )
        for n, (path, text) in enumerate(before.items())
    }
    case = house.open(before, after)
    report = case.reviewed()
    assert case.on() == sorted((f"pkg{n // 20}/mod{n}.py", f"x = {n}  # PLANT({plants[n]}): Plant {n}") for n in plants)
    assert {state for state, _ in case.coverage().values()} == {"reviewed"}
    assert len(case.coverage()) == 180
    assert report.usage.requests <= 12
    assert report.forge_requests <= 20


def test_more_findings_than_the_cap_are_told_in_the_summary_and_critical_ones_inline(house):
    kinds = ["warning"] * 14 + ["critical"] * 12
    lines = "".join(f"x_{n} = {n}  # PLANT({kind}): Plant {n}\n" for n, kind in enumerate(kinds))
    case = house.open({"app.py": BEFORE}, {"app.py": BEFORE + lines})
    case.reviewed()
    texts = [one.text for one in case.comments]
    assert sum("PLANT(critical)" in text for text in texts) == 12
    for n in range(len(kinds)):
        assert f"Plant {n}" in case.summary()


def test_the_bot_asked_as_reviewer_is_a_trigger(house):
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER}, draft=True)
    assert case.reviewed("ignored") is not None
    case.lab.edit(case.mr, case.developer, reviewers=[house.bot])
    case.reviewed()
    assert case.on() == [("app.py", PLANTED.rstrip("\n"))]
