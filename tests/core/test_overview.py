"""The short list of the folders in which many files changed."""

from reviewbot.core.overview import MOST_FOLDERS, folders


def test_files_of_a_folder_are_one_line_with_their_sums():
    assert folders([("b/x.py", 1, 2), ("a/y.py", 3, 0), ("b/z.py", 10, 20), ("README.md", 5, 0)]) == (
        "(top) (1 file, +5 -0)",
        "a/ (1 file, +3 -0)",
        "b/ (2 files, +11 -22)",
    )


def test_folders_with_most_changed_lines_are_named_and_the_files_of_the_others_counted():
    files = [(f"f{n:02}/{name}.py", n, 0) for n in range(MOST_FOLDERS + 3) for name in ("a", "b")]
    lines = folders(files)
    assert [line.partition("/")[0] for line in lines[:-1]] == [f"f{n:02}" for n in range(3, MOST_FOLDERS + 3)]
    assert lines[-1] == "… and 6 files in other folders"


def test_odd_names_stay_one_short_line():
    (line,) = folders([("a\n\u202e" + "b" * 900 + "/x.py", 1, 0)])
    assert "\n" not in line
    assert "\u202e" not in line
    assert len(line) < 350


def test_no_files_are_no_lines():
    assert folders([]) == ()
