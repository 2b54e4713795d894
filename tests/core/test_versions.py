"""Whether a merge request still shows the change that was reviewed."""

from dataclasses import replace

import pytest
from making_findings import KEY, REFS, merge_request

from reviewbot.core.versions import retargeted, reviewed, same_diff
from reviewbot.model.outcome import Published, ReviewedVersion

NOW = merge_request()
SEEN = ReviewedVersion(REFS.head_sha, base_sha=REFS.base_sha, target_branch="main")


@pytest.mark.parametrize(
    ("earlier", "same"),
    [
        (SEEN, True),
        (replace(SEEN, base_sha=""), True),  # of a program that did not note it
        (replace(SEEN, head_sha="f" * 40), False),
        (replace(SEEN, base_sha="f" * 40), False),
    ],
)
def test_a_diff_is_its_head_and_its_base(earlier, same):
    assert same_diff(earlier, NOW) is same


@pytest.mark.parametrize(
    ("target", "trigger", "another"),
    [("main", "pushed", False), ("next", "pushed", True), ("", "pushed", False), ("", "target", True)],
)
def test_another_target_branch(target, trigger, another):
    assert retargeted(replace(SEEN, target_branch=target), NOW, trigger) is another


def test_a_version_remembers_of_which_diff_it_is_and_every_comment_that_ever_stood_there():
    version = reviewed(ReviewedVersion(""), replace(SEEN, notes={"f1": 1}), NOW, Published({"f2": 2, "f3": 0}), KEY)
    assert version == replace(SEEN, notes={"f1": 1, "f2": 2})
