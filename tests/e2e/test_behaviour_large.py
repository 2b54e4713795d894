"""Changes that GitLab's API does not give out whole, and a GitLab under a path prefix."""

from e2e.house import code

from reviewbot.standin.gitlab.diffs import Limits

PLANT = "value_{0} = x  # PLANT(warning): Plant {0}\n"
SMALL = Limits(patch_bytes=6_000, files=6, lines=3_000, safe_files=4, safe_lines=2_000)


def planted(text, *numbers):
    for number in numbers:
        text = text.replace(f"value_{number} = {number}\n", PLANT.format(number))
    return text


def test_a_collapsed_a_too_large_and_a_left_out_file_are_completed_with_git(own_house):
    """Under a path prefix besides: clone address, API and links all carry it."""
    house = own_house(limits=SMALL, prefix="/dev/gitlab")
    before = {
        "a_small.py": code(30),
        "b_collapsed.py": code(120),
        "c_too_large.py": code(900),
        **{f"d{number}.py": code(9, name=f"d{number}") for number in range(5)},
        "e_left_out.py": code(30, start=500),
    }
    after = {
        "a_small.py": planted(before["a_small.py"], 5),
        "b_collapsed.py": planted(before["b_collapsed.py"], *range(10, 40)),
        "c_too_large.py": "".join(
            planted(line, 77, 888) if line.startswith(("value_77 ", "value_888 ")) else line.replace(" = ", " = 0 + ")
            for line in before["c_too_large.py"].splitlines(keepends=True)
        ),
        **{f"d{number}.py": code(9, name=f"d{number}") + "more = 1\n" for number in range(5)},
        "e_left_out.py": planted(before["e_left_out.py"], 510),
    }
    case = house.open(before, after)
    version = case.mr.version
    changes = {each.file.new_path: each for each in case.project.repository.shown(version.base, version.head, SMALL)[0]}
    assert changes["b_collapsed.py"].collapsed
    assert changes["c_too_large.py"].too_large
    assert "e_left_out.py" not in changes
    case.reviewed()
    assert {state for state, _ in case.coverage().values()} == {"reviewed"}
    assert set(case.coverage()) == set(before)
    told = "\n".join([case.summary(), *(one.body for one in case.comments)])
    for number in (5, 77, 888, 510, *range(10, 40)):
        assert f"Plant {number}" in told
    for one in case.comments:
        if one.text is not None:
            assert one.text.partition("): ")[2] in one.body


def test_without_the_repository_what_was_left_out_is_named_and_the_status_is_not_green(own_house):
    house = own_house(limits=SMALL)
    house.faults.add("*", r"\.git/", "deny", times=10**6, retry_after="403")
    house.faults.add("GET", r"/repository/files/", "deny", times=10**6, retry_after="403")
    many = {f"d{number}.py": code(3, name=f"d{number}") for number in range(9)}
    case = house.open({"a.py": code(30)}, {"a.py": planted(code(30), 5), "b.py": code(420, 200), **many})
    report = case.reviewed("incomplete")
    assert case.on() == [("a.py", PLANT.format(5).rstrip())]
    assert case.coverage()["b.py"][0] == "skipped"
    assert case.coverage()["(files that GitLab left out)"][0] == "skipped"
    assert "`b.py`" in case.summary()
    assert "could not be read" in case.summary()
    assert case.status() not in {"success", None}
    assert report.verdict == "incomplete"


def test_a_repository_that_git_cannot_fetch_is_read_through_the_files_api(own_house):
    house = own_house()
    house.faults.add("*", r"\.git/", "deny", times=10**6, retry_after="403")
    case = house.open({"a.py": code(30)}, {"a.py": planted(code(30), 5)})
    case.reviewed()
    assert case.on() == [("a.py", PLANT.format(5).rstrip())]
    assert ">" not in case.summary().split("<")[0]  # nothing to tell
