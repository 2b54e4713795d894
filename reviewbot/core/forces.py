"""What a rule's status means for a finding: of the rules of one id, the one of the nearest folder counts."""

from collections.abc import Sequence

from reviewbot.model.finding import Finding
from reviewbot.model.rule import Rule


class Force:
    """Of `rules` as `scopes.applicable` takes them. A folder's rule says nothing of findings elsewhere."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.id, []).append(rule)

    def rule(self, finding: Finding) -> Rule | None:
        """The one by which the finding was made, as far as it is known."""
        path = finding.anchor.path
        near = (
            one
            for one in reversed(self._rules.get(finding.rule or "", ()))
            if not one.folder or path.startswith(f"{one.folder}/")
        )
        return next(near, None)

    def draft(self, finding: Finding) -> bool:
        """Whether it is recorded and said to nobody."""
        rule = self.rule(finding)
        return rule is not None and rule.status == "draft"

    def blocks(self, finding: Finding) -> bool:
        """Whether it may hold up a merge."""
        rule = self.rule(finding)
        return rule is not None and rule.blocks
