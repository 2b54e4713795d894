"""What a review knows and what GitLab shows already -> the exact writes of this run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from reviewbot.core import comments, labelling, markers, phrases, placing, resolving, summaries
from reviewbot.core.framing import visible
from reviewbot.core.gitlab_lines import GitLabLine, gitlab_lines
from reviewbot.core.markers import Marker
from reviewbot.core.suggestions import Suggestion
from reviewbot.core.threads import Thread
from reviewbot.model.diff import Diff, FileDiff, LineKey
from reviewbot.model.finding import Finding
from reviewbot.model.memory import MergeRequestState
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Comment, CommitStatus, Examination, Gate, Plan, Position, StatusState, Verdict
from reviewbot.model.policy import ReviewPolicy

MAX_DESCRIPTION = 255  # characters of a commit status (GitLab docs, "Commits API")

_STATES: Mapping[Verdict, StatusState] = {
    Verdict.APPROVED: "success",
    Verdict.APPROVED_WITH_COMMENTS: "success",
    Verdict.MINOR_ISSUES: "success",
    Verdict.SIGNIFICANT_CONCERNS: "failed",
    Verdict.INCOMPLETE: "skipped",
}


def plan(
    mr: MergeRequest,
    diff: Diff,
    examination: Examination,
    suggestions: Mapping[str, Suggestion],
    run: str,
    key: bytes,
    policy: ReviewPolicy,
    run_url: str = "",
    threads: Mapping[str, Thread] | None = None,
) -> Plan:
    """Comments for the inline findings that have none yet, the summary, and the commit status.

    `suggestions` are the verified ones by fingerprint. A finding is known when a thread begins with its
    marker and a valid MAC: run twice on the same head, the second plan has no comments. A finding beyond the cap
    that was commented on in an earlier run is not told in full again. `run_url` is the address of the run's own page.
    """
    known = known_notes(mr, key)
    files = {file.path: file for file in diff.files}
    lines = _Lines(mr)
    make = partial(_comment, mr=mr, run=run, key=key, lines=lines, language=policy.language)
    fresh = [finding for finding in examination.findings if finding.fingerprint not in known]
    unplaced = [finding for finding in fresh if finding.anchor.path not in files]
    posted = [
        make(finding, files[finding.anchor.path], suggestion=suggestions.get(finding.fingerprint))
        for finding in _distinct(fresh)
        if finding.anchor.path in files
    ]
    overflow = [finding for finding in examination.overflow if finding.fingerprint not in known]
    marker = markers.make(Marker("summary", "", run, mr.refs.head_sha), key, mr.ref)
    return Plan(
        ref=mr.ref,
        refs=mr.refs,
        run=run,
        comments=tuple(posted),
        summary=summaries.render(
            examination,
            marker,
            [*unplaced, *overflow],
            _links(mr, diff),
            run_url=run_url,
            language=policy.language,
            labels=labelling.wanted(examination, diff, policy) if policy.labels else (),
        ),
        status=replace(status(examination, policy.language), target_url=run_url) if policy.commit_status else None,
        status_project_id=mr.source_project_id,
        source_branch=mr.source_branch,
        language=policy.language,
        labels=labelling.change(mr.labels, examination, diff, policy) if policy.labels else None,
        resolutions=resolving.resolutions(examination.became, threads or {}, mr, run, key, policy.language),
    )


def known_notes(mr: MergeRequest, key: bytes) -> dict[str, int]:
    """The findings that have a thread, whoever its author is now: fingerprint to the id of the thread's first note.

    Only the first note of a thread counts: our words in a reply are somebody's citation.
    """
    first = (discussion.notes[0] for discussion in mr.discussions if discussion.notes)
    found = ((markers.read(note.body, key, mr.ref), note.id) for note in first if not note.system)
    return {marker.fingerprint: note_id for marker, note_id in found if marker is not None and marker.kind == "finding"}


def deleted(notes: Mapping[str, int], mr: MergeRequest, key: bytes) -> frozenset[str]:
    """Fingerprints of the comments that stood in the merge request once and that somebody has deleted since.

    `notes` are those that were seen there, by fingerprint. One whose note is there, under a marker that cannot be read
    any more (another key, an edit), was not deleted; one whose id was never learnt may never have been posted.
    """
    there = {note.id for discussion in mr.discussions for note in discussion.notes}
    known = known_notes(mr, key)
    return frozenset(each for each, note_id in notes.items() if note_id and note_id not in there and each not in known)


def status(examination: Examination, language: str = "English") -> CommitStatus:
    """What the merge request's pipeline shows.

    | verdict | state | why |
    |---|---|---|
    | approved, approved_with_comments, minor_issues | success | remarks are no reason to stop a merge |
    | significant_concerns | failed | it will break or is exploitable |
    | incomplete | skipped | grey, so never green, and it does not fail a pipeline of other jobs: an outage of the
      model is not the author's fault |

    GitLab has no neutral state; `canceled` would stop a pipeline that must succeed.
    """
    return CommitStatus(_STATES[examination.verdict], clipped(summaries.headline(examination, language)))


def forced(state: MergeRequestState, language: str = "English") -> CommitStatus:
    """The status of a merge request that somebody forced open (break glass)."""
    words = phrases.of(language)
    return CommitStatus(
        "success", clipped(words("gate.forced", who=state.overridden_by, reason=words.reason(state.override_reason)))
    )


def with_gate(plan: Plan, gate: Gate | None, status: CommitStatus | None) -> Plan:
    """The plan with what is done about the merge, and another status."""
    if status is not None and plan.status is not None:
        status = replace(status, target_url=plan.status.target_url)
    return replace(plan, gate=gate, status=status)


def clipped(text: str) -> str:
    """A description on one line that GitLab takes whole."""
    line = " ".join(visible(text).split())
    return line if len(line) <= MAX_DESCRIPTION else line[: MAX_DESCRIPTION - 1] + "…"


class _Lines:
    """GitLab's numbers of each file, worked out once per file that has findings."""

    def __init__(self, mr: MergeRequest) -> None:
        # GitLab shows no line of a file that is too large for it, wherever our own text of it came from.
        self._too_large = {change.new_path for change in mr.changes if change.too_large}
        self._known: dict[str, Mapping[LineKey, GitLabLine]] = {}

    def of(self, file: FileDiff) -> Mapping[LineKey, GitLabLine]:
        if file.path not in self._known:
            self._known[file.path] = {} if file.path in self._too_large else gitlab_lines(file)
        return self._known[file.path]


def _comment(
    finding: Finding,
    file: FileDiff,
    suggestion: Suggestion | None,
    *,
    mr: MergeRequest,
    run: str,
    key: bytes,
    lines: _Lines,
    language: str,
) -> Comment:
    marker = markers.make(Marker("finding", finding.fingerprint, run), key, mr.ref)
    positions = placing.positions(finding, file, mr.refs, lines.of(file))
    for_file = comments.render_for_file(finding, marker, language=language)
    if positions[0].file_level:
        return Comment(finding.fingerprint, for_file, positions, for_file)
    body = comments.render(finding, suggestion, marker, _end_line(finding, positions[0]), language=language)
    return Comment(finding.fingerprint, body, positions, for_file)


def _end_line(finding: Finding, position: Position) -> int | None:
    """The line that a suggestion is counted from; None where GitLab would apply it to other lines than ours.

    GitLab applies it to the file's lines by the position's number, so that has to be git's number too.
    """
    git = finding.anchor.end[1]
    return git if position.line is not None and position.line[1] == git else None


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """One comment per fingerprint: a second one could not be told from the first in the next run."""
    return list({finding.fingerprint: finding for finding in reversed(findings)}.values())[::-1]


def _links(mr: MergeRequest, diff: Diff) -> summaries.Links | None:
    project, found, _ = mr.web_url.partition("/-/merge_requests/")
    if not found or not re.fullmatch(r"https?://[^\s()<>]+", project):
        return None
    return summaries.Links(project, mr.refs, {file.path: file.old_path for file in diff.files})
