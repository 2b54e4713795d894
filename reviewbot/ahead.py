"""Findings go to the judge as soon as their files are read, while the model still reads others.

Only those go ahead that nothing can change that is found elsewhere: what may be a finding of an earlier version waits
until everything is known, and so does what is beyond the share of an island.
"""

from collections.abc import Callable, Sequence
from typing import Any

from reviewbot import following, verifying
from reviewbot.asking.questions import Question
from reviewbot.bench import Bench, Material
from reviewbot.core import fingerprints, judging, linter_reports, verification
from reviewbot.following import Memory, Sight
from reviewbot.model.finding import Finding


class Ahead:
    """Of one examination. `patterns` are all findings of the pattern rules, `draft` tells of which rules nothing is
    said to anybody yet, `linted` is what linters report already.
    """

    def __init__(
        self,
        patterns: Sequence[Finding],
        draft: Callable[[Finding], bool],
        memory: Memory,
        linted: Sequence[linter_reports.Issue],
        sight: Sight,
        material: Material,
        bench: Bench,
    ) -> None:
        self._patterns = patterns
        self._draft = draft
        self._linted = linted
        self._sight = sight
        self._material = material
        self._bench = bench
        self.places = fingerprints.Places(sight.diff)
        self._known = following.Known(memory, sight)

    def questions(self, island: int, islands: int, found: Sequence[Finding]) -> Sequence[Question[Any]]:
        """What the judge is asked about an island's findings: the same, wherever and in whatever order others come.

        Each of the `islands` has an equal share of what the judge is asked about in one review.
        """
        paths = {finding.anchor.path for finding in found}
        beside = [finding for finding in self._patterns if finding.anchor.path in paths]
        stamped = fingerprints.stamp([*beside, *found], self.places)
        said, _ = judging.gather(judging.shadow(stamped, self._draft)[0], self._material.policy)
        unheard, _ = linter_reports.silence(self._known.new_for_certain(said), self._linted)
        doubtful = verifying.doubtful(unheard, self._material, self._bench)
        share, rest = divmod(verification.MOST, islands)
        most = share + (island < rest)
        candidates = verifying.candidates(doubtful[:most], self._sight.diff, self._material)
        return verifying.questions(candidates, self._material, self._bench, f"judge {island + 1}/{islands}")
