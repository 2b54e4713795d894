"""What is begun beside a run: its order, its errors, and how much of it there is at once."""

import threading
from concurrent.futures import Future

import pytest

from reviewbot.beside import Coming, begun
from reviewbot.errors import SourceUnavailable


def test_items_come_with_what_was_made_of_them_in_their_order():
    assert list(begun(range(20), lambda number: number * 2, 3)) == [(number, number * 2) for number in range(20)]


def test_the_next_ones_are_made_while_the_first_is_used_and_no_more_than_those():
    seen, go_on = [], threading.Event()

    def work(number):
        seen.append(number)
        if number:
            assert go_on.wait(30)
        return number

    pairs = begun(range(10), work, 2)
    assert next(pairs) == (0, 0)
    assert set(seen) <= {0, 1, 2}
    go_on.set()
    assert [number for number, _ in pairs] == list(range(1, 10))


def test_an_error_comes_with_its_item():
    pairs = begun([1, 0, 2], lambda number: 6 // number, 1)
    assert next(pairs) == (1, 6)
    with pytest.raises(ZeroDivisionError):
        next(pairs)


def test_texts_that_are_coming_are_a_mapping_of_them():
    future: Future[dict[str, str]] = Future()
    texts = Coming(future)
    future.set_result({"a.py": "x"})
    assert dict(texts) == {"a.py": "x"}
    assert texts.get("b.py") is None
    assert len(texts) == 1


def test_who_looks_into_texts_that_did_not_come_meets_the_reason():
    future: Future[dict[str, str]] = Future()
    future.set_exception(SourceUnavailable("The repository is away"))
    with pytest.raises(SourceUnavailable):
        Coming(future).get("a.py")
