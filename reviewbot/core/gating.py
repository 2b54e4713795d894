"""What the bot may do about a merge, beside its comments and status: approve, take that back, request changes.

| verdict | approve (where switched on) | request changes (where switched on) |
|---|---|---|
| approved, approved_with_comments | yes, within the limits below | taken back |
| minor_issues | taken back | taken back |
| significant_concerns | taken back | yes |
| incomplete | taken back | left as it was: nothing is known |

An approval can be talked into, so it is never given to an outsider, for a change that was not read whole, or for one of
what the bot or the pipeline goes by. While somebody has forced the gate open, no changes are requested.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from reviewbot.core.configuration import GUIDANCE
from reviewbot.core.globs import matcher
from reviewbot.model.diff import Diff
from reviewbot.model.outcome import Examination, Gate, Verdict
from reviewbot.model.policy import ReviewPolicy

CI_FILE = ".gitlab-ci.yml"
APPROVED, REQUESTED = "approved", "requested changes"
"""The bot's words that stand on GitLab."""
_GOOD = frozenset({Verdict.APPROVED, Verdict.APPROVED_WITH_COMMENTS})
# What the bot, the pipeline and GitLab's own approvals go by.
_RULES = re.compile(
    r"(?:^|/)(?:\.reviewbot(?:[./].*)?|\.gitlab/.*|CODEOWNERS|\.gitattributes|[^/]*\.gitlab-ci\.ya?ml)$"
)
_LARGEST_CI = 200_000  # characters
_MOST_INCLUDES = 100


def decide(examination: Examination, policy: ReviewPolicy, *, limits: Sequence[str], forced: bool) -> Gate:
    """What to do on GitLab. `limits` are the reasons that speak against an approval whatever the verdict is."""
    complete = all(file.complete for file in examination.coverage)
    good = examination.verdict in _GOOD and complete and not limits
    bad = examination.verdict is Verdict.SIGNIFICANT_CONCERNS and not forced
    unknown = examination.verdict is Verdict.INCOMPLETE and not forced
    return Gate(
        approve=policy.approve and good,
        request_changes=None if unknown else policy.request_changes and bad,
    )


def protected(diff: Diff, includes: Iterable[str], ci_file: str = CI_FILE) -> str:
    """The first changed path that the bot or the pipeline goes by, on either side; empty when there is none."""
    globs = [ci_file.partition("@")[0].lstrip("/"), *(path.lstrip("/") for path in includes)]
    spec = matcher([f"/{path}" for path in globs if path])
    for file in diff.files:
        for path in (file.path, file.old_path):
            name = posixpath.basename(path)
            if _RULES.search(path) or name.lower() in {one.lower() for one in GUIDANCE} or spec.match_file(path):
                return path
    return ""


def includes(text: str) -> tuple[str, ...] | None:
    """The local files and globs that a CI file includes; None when it cannot be read, so that nothing is known."""
    if len(text) > _LARGEST_CI:
        return None
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe loader that knows GitLab's own tags
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError):
        return None
    wanted = data.get("include") if isinstance(data, Mapping) else None
    entries = wanted if isinstance(wanted, list) else [] if wanted is None else [wanted]
    if len(entries) > _MOST_INCLUDES:
        return None
    return tuple(path for path in map(_local, entries) if path)


def _local(entry: object) -> str:
    """The path of an entry of `include` in this repository; what comes from elsewhere is not changed from here."""
    path = entry.get("local") if isinstance(entry, Mapping) else entry
    return path if isinstance(path, str) and "://" not in path else ""


class _Loader(yaml.SafeLoader):
    """Takes `!reference` and whatever other tags there are as plain values."""


def _plain(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _plain)
