"""What the target branch says about how its merge requests are reviewed, as one run reads it."""

from collections.abc import Callable, Mapping

from reviewbot.core import configuration, phrases
from reviewbot.core.phrases import Phrases
from reviewbot.errors import ConfigurationError, SourceUnavailable
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy, Wishes
from reviewbot.ports import Source
from reviewbot.texts import configuration_at

Read = tuple[ReviewPolicy, Mapping[str, str] | None, tuple[str, ...]]


def configured(merge_request: MergeRequest, source: Source, policy: ReviewPolicy) -> Read:
    """As `configured_at`, of the target branch."""
    return configured_at(source, merge_request.refs.start_sha, policy)


def configured_at(source: Source, sha: str, policy: ReviewPolicy) -> Read:
    """The policy with the configuration at a commit, those files, and what people must be told about them.

    Files None: the repository cannot be read. A token that may not do so must not keep the diff from being reviewed.
    """
    try:
        files, notices = configuration_at(source, sha)
    except SourceUnavailable as error:
        notice = (
            f"The repository could not be read, only the diff: no configuration, no code around it. {error.message}"
        )
        return policy, None, (notice,)
    try:
        return configuration.configure(policy, files), files, notices
    except ConfigurationError as error:
        return policy, files, (*notices, f"{error}. The review went on without it.")


def wishes(files: Mapping[str, str]) -> Wishes:
    """A file with a mistake says nothing: the operator's settings count."""
    try:
        return configuration.wishes(files)
    except ConfigurationError:
        return Wishes()


class Voice:
    """What a project has configured, and the fixed words in its language: read once, when it is needed first."""

    def __init__(self, source: Callable[[MergeRequest], Source], policy: ReviewPolicy) -> None:
        self._source = source
        self._policy = policy
        self._read: Read | None = None

    def read(self, merge_request: MergeRequest) -> Read:
        """As `configured`, once for the run."""
        if self._read is None:
            self._read = configured(merge_request, self._source(merge_request), self._policy)
        return self._read

    def language(self, merge_request: MergeRequest) -> str:
        """The operator's where the repository cannot be read."""
        return self.read(merge_request)[0].language

    def words(self, merge_request: MergeRequest) -> Phrases:
        return phrases.of(self.language(merge_request))
