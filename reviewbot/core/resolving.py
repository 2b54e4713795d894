"""Fixed findings -> their threads to resolve, each with one last line."""

from collections.abc import Mapping, Sequence

from reviewbot.core import markers, phrases
from reviewbot.core.markers import Marker
from reviewbot.core.sanitising import sanitise_line
from reviewbot.core.threads import FIXED, Thread
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Became, Resolution

_LONGEST = 300  # characters of a reason


def resolutions(
    became: Sequence[Became],
    threads: Mapping[str, Thread],
    merge_request: MergeRequest,
    run: str,
    key: bytes,
    language: str = "English",
) -> tuple[Resolution, ...]:
    """Threads of fixed findings that are open still. One in which a person has replied is not closed over their head:
    it gets the line, and they resolve it.
    """
    made = []
    words = phrases.of(language)
    for one in became:
        thread = threads.get(one.finding.fingerprint)
        if one.fate != "fixed" or thread is None or thread.resolved or not thread.resolvable:
            continue
        if thread.replies and thread.told_fixed:
            continue
        marker = markers.make(Marker("reply", thread.fingerprint, run, FIXED), key, merge_request.ref)
        sha = merge_request.refs.head_sha[:8]
        resolve = not thread.replies
        said = words("thread.fixed" if resolve else "thread.looks_fixed", sha=sha)
        why = sanitise_line(words.reason(one.note)[:_LONGEST])
        line = f"{said} {why[:1].upper()}{why[1:]}".strip()
        made.append(Resolution(thread.fingerprint, thread.discussion_id, f"{line}\n\n{marker}", resolve=resolve))
    return tuple(made)
