"""The labels that a repository wants on its merge requests by what a review found: which to add, which to take away.

A key of the mapping is "verdict.…", "risk.…", "severity.…" or "category.…". The labels that the mapping names are the
bot's: no other one is ever taken away.
"""

from collections.abc import Iterable, Mapping, Sequence

from reviewbot.core import risk
from reviewbot.core.inlines import hidden
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Category, Severity
from reviewbot.model.outcome import Examination, LabelChange, Verdict
from reviewbot.model.policy import ReviewPolicy

KEYS = frozenset(
    (
        *(f"verdict.{one}" for one in Verdict),
        *(f"risk.{one}" for one in Tier),
        *(f"severity.{one}" for one in Severity),
        *(f"category.{one}" for one in Category),
    )
)
_LONGEST = 255  # characters of a title (GitLab docs, "Labels API")
_SCOPE = "::"


def checked(labels: Mapping[str, str]) -> dict[str, str]:
    """The mapping with titles as GitLab keeps them. Raises `ValueError` that names the key."""
    for key, title in labels.items():
        if key not in KEYS:
            raise ValueError(
                f"there is no {key[:60]!r}; it is verdict, risk, severity or category and one of its values"
            )
        bare = title.strip()
        if not bare or len(bare) > _LONGEST or "," in bare or "\n" in bare or hidden(bare):
            raise ValueError(f"{key}: a label has 1 to {_LONGEST} characters, all visible, and no comma")
    return {key: title.strip() for key, title in labels.items()}


def wanted(examination: Examination, diff: Diff, policy: ReviewPolicy) -> tuple[str, ...]:
    """The labels that fit what was found, in the mapping's order; of those with one scope ("a::b") only the first.

    The risk is that of all files which are reviewed, not only of what is new.
    """
    findings = (*examination.findings, *examination.overflow)
    read = {file.path for file in examination.coverage if file.state != "skipped" or not file.complete}
    keys = {
        f"verdict.{examination.verdict}",
        f"risk.{risk.tier([file for file in diff.files if file.path in read], policy)}",
        *(f"severity.{each.severity}" for each in findings),
        *(f"category.{each.category}" for each in findings),
    }
    scopes: dict[str, str] = {}
    for key, title in policy.labels:
        if key in keys:
            scopes.setdefault(_scope(title), title)
    return tuple(scopes.values())


def change(present: Sequence[str], examination: Examination, diff: Diff, policy: ReviewPolicy) -> LabelChange | None:
    """What to do about the labels that are `present`; None: nothing.

    After an incomplete review nobody knows whether what findings stand for is gone: their labels stay.
    """
    fitting = wanted(examination, diff, policy)
    unknown = examination.verdict is Verdict.INCOMPLETE
    stays = {title for key, title in policy.labels if unknown and key.startswith(("severity.", "category."))}
    stale = _distinct(title for _, title in policy.labels if title not in {*fitting, *stays})
    add = tuple(title for title in fitting if title not in present)
    remove = tuple(title for title in stale if title in present)
    return LabelChange(add, remove) if add or remove else None


def _scope(title: str) -> str:
    """GitLab lets one label of a scope stand: the scope is what is before the last "::". Without one, the title."""
    scope, found, name = title.rpartition(_SCOPE)
    return f"{scope}{_SCOPE}" if scope and found and name else title


def _distinct(titles: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(titles))
