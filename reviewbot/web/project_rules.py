"""The rules of a project as a review would take them now, read from GitLab for a page (fills `web.ruling`)."""

import threading
import time
from collections.abc import Callable, Sequence

from reviewbot.control import Control
from reviewbot.core import rule_listing
from reviewbot.core.rule_listing import Listed
from reviewbot.errors import DeadlineExceeded, ForgeNotFound, ReviewbotError
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.gitlab.retrying import Backoff
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.repository import BranchHead
from reviewbot.rulebook import Rulebook
from reviewbot.web.ruling import RuleRow, RulesPage
from reviewbot.wiring import project_book
from reviewbot.wiring.reviews import Reviewer

SECONDS = 20.0  # for all of GitLab's answers
FRESH = 60.0  # seconds: what other projects add to the rules is not known by the commit
_KEPT = 50  # projects
_ROWS = 1_000
_LONGEST_BODY = 4_000  # characters
_LARGEST_ID = 2**63 - 1

Read = tuple[ReviewPolicy, Rulebook, tuple[str, ...]]


class ReadProjectRules:
    """Used from many threads. What was read at a commit is kept for a minute."""

    def __init__(self, reviewer: Reviewer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._reviewer = reviewer
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str, str | None], tuple[float, Read]] = {}

    def projects(self) -> Sequence[tuple[int, str]]:
        return self._reviewer.store.runs.projects()

    def rules(self, project_id: int, path: str) -> RulesPage | None:
        if project_id > _LARGEST_ID:
            return None
        client = self._reviewer.client()
        try:
            forge = GitLabForge(client, self._reviewer.key, backoff=Backoff(attempts=1))
            control = Control(SECONDS)
            head = forge.default_head(project_id, control)
            if not head.sha:
                return RulesPage(project_id, head.path, trouble="The project has no commit yet.")
            return self._page(project_id, head, path, self._read(project_id, head, path, client, control))
        except ForgeNotFound:
            return None
        except DeadlineExceeded:
            return RulesPage(project_id, trouble=f"GitLab did not give the rules within {SECONDS:.0f} s.")
        except ReviewbotError as error:
            return RulesPage(project_id, trouble=str(error))
        finally:
            client.close()

    def _read(self, project_id: int, head: BranchHead, path: str, client: Client, control: Control) -> Read:
        folder = path.rpartition("/")[0] if path else None
        key = (project_id, head.sha, folder)  # each folder may have rules of its own
        with self._lock:
            at, kept = self._kept.get(key, (float("-inf"), None))
        if kept is not None and self._clock() - at < FRESH:
            return kept
        reviewer, paths = self._reviewer, [path] if path else None
        inherit = reviewer.inherit(control)
        found = project_book.read(
            reviewer.settings, reviewer.bench.shelf, inherit, client, control, project_id, head, paths
        )
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (self._clock(), found)
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept)))
        return found

    def _page(self, project_id: int, head: BranchHead, path: str, read: Read) -> RulesPage:
        policy, book, problems = read
        count = self._reviewer.bench.counter.count
        if path:
            listing = rule_listing.of_path(book.layers, path, count, policy.chunk_tokens)
        else:
            listing = rule_listing.of_project(book.layers, count, policy.chunk_tokens)
        return RulesPage(
            project_id,
            project=head.path,
            branch=head.branch,
            sha=head.sha,
            path=path,
            rows=[_row(one) for one in listing.rows[:_ROWS]],
            counting=len(listing.counting),
            tokens=listing.tokens,
            most=listing.most,
            more=max(0, len(listing.rows) - _ROWS),
            problems=problems,
        )


def _row(one: Listed) -> RuleRow:
    rule = one.rule
    gone = (
        f"replaced by {one.replaced_by}" if one.replaced_by else f"switched off by {one.off_by}" if one.off_by else ""
    )
    where = (f"in {rule.folder}/" if rule.folder else "", ", ".join(rule.languages), " ".join(rule.paths))
    return RuleRow(
        id=rule.id,
        title=rule.title,
        severity=rule.severity.value,
        status=rule.status,
        kind="judged pattern" if rule.verify else one.kind,
        layer=rule.layer,
        file=rule.origin,
        scope=" · ".join(filter(None, where)),
        instead_of=one.instead_of,
        tokens=one.tokens,
        room=one.room,
        gone=gone,
        body=rule.body[:_LONGEST_BODY],
    )
