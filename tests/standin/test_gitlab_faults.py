"""The fault injection around the stand-in does what it says."""

import threading

import pytest
import requests


@pytest.fixture
def notes(scene):
    """POST one note and return the status; and the number of notes that exist."""
    found = scene.open({"a.py": "1\n"}, {"a.py": "2\n"})
    session = requests.Session()
    session.headers["PRIVATE-TOKEN"] = scene.token

    def write():
        return session.post(f"{scene.url}/api/v4/projects/1/merge_requests/1/notes", json={"body": "x"})

    yield write, lambda: len(scene.lab.notes(found))
    session.close()


def test_the_second_request_fails_and_is_not_carried_out(scene, notes):
    write, count = notes
    fault = scene.faults.add("POST", r"/notes$", "bad_gateway", nth=2)
    assert [write().status_code for _ in range(3)] == [201, 502, 201]
    assert count() == 2
    assert fault.fired


def test_a_dropped_connection_carries_nothing_out(scene, notes):
    write, count = notes
    scene.faults.add("POST", r"/notes$", "drop")
    with pytest.raises(requests.ConnectionError):
        write()
    assert count() == 0
    assert write().status_code == 201


def test_a_lost_answer_has_been_carried_out(scene, notes):
    write, count = notes
    scene.faults.add("POST", r"/notes$", "lose")
    with pytest.raises(requests.ConnectionError):
        write()
    assert count() == 1


def test_an_answer_turned_bad_has_been_carried_out(scene, notes):
    write, count = notes
    scene.faults.add("*", r"/notes$", "unavailable", times=2)
    assert [write().status_code for _ in range(3)] == [502, 502, 201]
    assert count() == 3


def test_a_limit_says_how_long(scene, notes):
    write, count = notes
    scene.faults.add("POST", r"/notes$", "limit", retry_after="7")
    answer = write()
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "7", "Retry later\n")
    assert count() == 0


def test_a_slow_answer_waits_for_its_release(scene, notes):
    write, count = notes
    fault = scene.faults.add("POST", r"/notes$", "slow")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(write().status_code))
    thread.start()
    assert fault.reached.wait(10)
    assert (count(), answers) == (0, [])
    fault.release.set()
    thread.join(10)
    assert answers == [201]


def test_a_callback_stands_before_or_after_the_deed(scene, notes):
    write, count = notes
    seen = []
    scene.faults.add("POST", r"/notes$", "call", callback=lambda: seen.append(count()))
    scene.faults.add("POST", r"/notes$", "call_after", nth=2, callback=lambda: seen.append(count()))
    assert [write().status_code for _ in range(2)] == [201, 201]
    assert seen == [0, 2]
