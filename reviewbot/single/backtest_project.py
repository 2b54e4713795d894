"""A backtest's side of GitLab: past merge requests, and the one that the table goes to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from reviewbot.backtesting.archives import Archive
from reviewbot.control import Control
from reviewbot.core import backtest_notes, phrases
from reviewbot.errors import ConfigurationError
from reviewbot.gitlab import tables
from reviewbot.gitlab.client import Client, connect
from reviewbot.inheriting import Give
from reviewbot.keeping import Kept
from reviewbot.model.backtest import Report
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.settings import Settings
from reviewbot.single.conditions import insist_on_gitlab, insist_on_lasting_key
from reviewbot.wiring import archives
from reviewbot.wiring.neighbours import steadily
from reviewbot.wiring.store import Store, key_of

_SECONDS = 600.0  # of writing the table, and of reading others' rules


def of_pipeline() -> MergeRequestRef | None:
    """The merge request whose pipeline this process is a job of, as GitLab's variables tell."""
    project, iid = os.environ.get("CI_PROJECT_ID", ""), os.environ.get("CI_MERGE_REQUEST_IID", "")
    return MergeRequestRef(int(project), int(iid)) if project.isdecimal() and iid.isdecimal() else None


def insist_on_commenting(settings: Settings) -> None:
    """Before anything is tried. Raises `ConfigurationError` for what is not set."""
    insist_on_gitlab(settings)
    insist_on_lasting_key(settings)
    _insist_on_token(settings)


@contextmanager
def opened(
    settings: Settings, store: Store, project: str
) -> Iterator[tuple[Archive, Mapping[MergeRequestRef, Sequence[PostedComment]], Give]]:
    """The merge requests of a project, by its full path or id, what the bot said there, and what it inherits."""
    insist_on_gitlab(settings)
    _insist_on_token(settings)
    client = _client(settings)
    try:
        past = archives.merge_requests(settings, store, client, project, of_pipeline(), Control())
        with steadily(settings, Kept(), lambda: _client(settings), Control(_SECONDS), past.project.path) as give:
            yield past, archives.told(store, past.project.id), give
    finally:
        client.close()


def comment(settings: Settings, report: Report, ref: MergeRequestRef) -> bool:
    """Put the table into the merge request that changes the rules; whether it has one now. No change needs none."""
    client = _client(settings)
    try:
        text = backtest_notes.as_markdown(report, phrases.of(report.language))
        control = Control(_SECONDS)
        return tables.write(client, ref, text, key_of(settings), control, begin=bool(report.rows))
    finally:
        client.close()


def _insist_on_token(settings: Settings) -> None:
    if not settings.gitlab_token.get_secret_value():
        raise ConfigurationError(
            "REVIEWBOT_GITLAB_TOKEN is not set", mend="give a token that may read the project, with the scope api"
        )


def _client(settings: Settings) -> Client:
    token = settings.gitlab_token.get_secret_value()
    return connect(settings.gitlab_url, token, ca_bundle=settings.ca_bundle)
