"""Reports that the jobs of a merge request's pipeline have left in their artifacts, read within narrow limits.

Requests: none where the head has no pipeline; the list of jobs; then one for each report that a job is known to have
(GitLab tells the kinds of reports), or may have by its name until one guess was wrong.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from reviewbot.core.linter_reports import DEFAULT, LARGEST, safe
from reviewbot.errors import ForgeNotFound, PermanentError, TransientError
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.model.merge_request import MergeRequest

MOST_REQUESTS = 10  # for artifacts
SECONDS = 20.0  # in all; one request that is under way may take longer
_FINISHED = frozenset(("success", "failed"))
_KINDS = {"codequality": "gl-code-quality-report.json", "sast": "gl-sast-report.json"}
_LINTERS = ("lint", "sarif", "quality", "sast", "analy", "semgrep")  # in names of jobs

Json = dict[str, Any]


def linter_reports(reads: Reads, merge_request: MergeRequest, paths: Sequence[str]) -> tuple[bytes, ...]:
    """The files at `paths` in the artifacts of finished jobs of the pipeline of the very head; nothing is waited for.

    That there is none, or that the token may not see them, is normal. Raises only what `reads.control` raises.
    """
    pipeline = merge_request.pipeline
    wanted = [path for path in dict.fromkeys(paths) if safe(path)]
    if pipeline is None or pipeline.sha != merge_request.refs.head_sha or not wanted:
        return ()
    once = Reads(reads.client, reads.control, Backoff(attempts=1))
    jobs = f"/projects/{pipeline.project_id}/jobs"
    found: list[bytes] = []
    ends = time.monotonic() + SECONDS
    try:
        rows = once.page(f"/projects/{pipeline.project_id}/pipelines/{pipeline.id}/jobs", {"per_page": 100})
        guesses = 1
        for number, (job, path, known) in enumerate(_places(rows, wanted)):
            if number == MOST_REQUESTS or time.monotonic() > ends:
                break
            if not known and not guesses:
                continue
            try:
                report = once.small(f"{jobs}/{job}/artifacts/{quote(path)}", LARGEST)
            except ForgeNotFound:
                guesses -= not known
                continue
            found += [report] if report is not None else []
    except (TransientError, PermanentError):
        pass  # GitLab says no or nothing: a review without reports is a whole review
    return tuple(found)


def _places(rows: Sequence[Json], wanted: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """(job, path, whether something tells that it is there), known ones first. A path of the owners' own choice is."""
    guesses: list[tuple[int, str, bool]] = []
    for row in rows:
        number = row.get("id")
        kinds = _artifacts(row)
        if row.get("status") not in _FINISHED or not isinstance(number, int) or "archive" not in kinds:
            continue
        for path in wanted:
            name = path.rpartition("/")[2]
            if path not in DEFAULT or any(name == _KINDS.get(kind) for kind in kinds):
                yield number, path, True
            elif name not in _KINDS.values() and _may_lint(row, kinds):
                guesses.append((number, path, False))
    yield from guesses


def _may_lint(row: Json, kinds: frozenset[str]) -> bool:
    """A job that declares its reports has no others to guess at."""
    return not kinds & set(_KINDS) and any(word in str(row.get("name")).casefold() for word in _LINTERS)


def _artifacts(row: Json) -> frozenset[str]:
    listed = row.get("artifacts")
    rows = listed if isinstance(listed, list) else []
    return frozenset(str(one.get("file_type")) for one in rows if isinstance(one, dict))
