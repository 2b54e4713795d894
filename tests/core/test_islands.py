from making_findings import diff_of

from reviewbot.core.islands import islands
from reviewbot.model.chunk import Chunk, Piece
from reviewbot.model.merge_request import RawChange

LINE = "@@ -1 +1 @@\n-a\n+b\n"
NAMES = ("a.py", "b.py", "c.py", "d.py")
FILES = {
    file.path: file
    for file in diff_of(
        *(RawChange(name, name, LINE) for name in NAMES), RawChange("a.py", "moved.py", LINE, renamed_file=True)
    ).files
}


def chunk(*paths):
    return Chunk(tuple(Piece(FILES[path], FILES[path].hunks) for path in paths), 1)


def test_each_chunk_is_one_where_no_file_is_shared():
    assert islands([chunk("a.py", "b.py"), chunk("c.py"), chunk("d.py")]) == (0, 1, 2)


def test_chunks_that_share_a_file_are_one_also_by_way_of_another():
    assert islands([chunk("a.py"), chunk("b.py"), chunk("b.py", "c.py"), chunk("c.py", "a.py"), chunk("d.py")]) == (
        *(0, 0, 0, 0),
        1,
    )


def test_a_file_and_one_that_had_its_name_belong_together():
    assert islands([chunk("moved.py"), chunk("b.py"), chunk("a.py")]) == (0, 1, 0)


def test_no_chunk_no_island():
    assert islands([]) == ()
