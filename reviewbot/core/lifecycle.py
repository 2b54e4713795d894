"""What became of an earlier finding: what people, the diff, the file and the judge say of it."""

from dataclasses import replace

from reviewbot.core.fingerprints import even
from reviewbot.core.identity import Located
from reviewbot.core.threads import Opinion
from reviewbot.core.verification import Checked
from reviewbot.model.finding import Finding
from reviewbot.model.outcome import Became, Fate
from reviewbot.model.rule import RULE_FILE

_HOW = {
    "resolved": "its thread was resolved",
    "thumbs_down": "it got a thumbs down",
    "words": "a reply said that it is none",
    "deleted": "its comment was deleted in GitLab",
    "command": "its thread was resolved on command",
    "conversation": "it was talked over",
}


def told(known: Located, again: Finding | None, opinion: Opinion | None) -> Became | None:
    """What people's words and this run's findings say. `again`: the finding of this run that is the same, taken over.

    A thread that was resolved after its lines changed was about a mended finding; with its lines as they were, or found
    again, it was dismissed. None: they say nothing.
    """
    if opinion is not None:
        mended = opinion.how in {"resolved", "command"} and known.place != "there" and again is None
        why = _HOW[opinion.how] if not mended else "its lines changed and its thread was resolved"
        return Became(again or known.now or known.earlier, "fixed" if mended else "dismissed", note=why)
    if again is not None:
        moved = again.anchor != known.earlier.anchor
        return Became(again, "moved" if moved else "open", note="it was found again" if moved else "")
    return None


def shown(known: Located, *, scanned: bool, reviewed: bool) -> Became | None:
    """What the diff shows of a finding that was not found again. Not being found again is not being fixed.

    `scanned`: all patterns were tried on the whole file; `reviewed`: the file is among those that are reviewed.
    None: somebody has to look at the code.
    """
    if not reviewed and known.place == "changed":
        return Became(known.earlier, "outdated", note="its file is not reviewed any more")
    if known.earlier.rule == RULE_FILE and scanned:
        return Became(known.now or known.earlier, "fixed", note="the mistake is gone")
    if known.earlier.source == "pattern" and scanned:
        if known.place != "there":
            return Became(known.now or known.earlier, "fixed", note="the pattern does not match there any more")
        return Became(known.now or known.earlier, "outdated", note="its rule does not say so any more")
    if known.place == "there" and known.now is not None:
        return Became(known.now, "moved" if known.moved else "open")
    return None


def gone(known: Located, exists: bool, text: str | None) -> Became:
    """A finding whose lines are in the diff no more. `exists`: the file is there now, with `text` if that can be read.

    Added code that is in the new file no more was taken back; removed code that is in it again was put back.
    """
    earlier = known.earlier
    if not exists:
        if earlier.anchor.side == "new":
            return Became(earlier, "fixed", note="its file is gone")
        return Became(earlier, "outdated", note="its file is gone")
    if text is None or not even(earlier.quote):
        return Became(earlier, "outdated", note="its lines are no longer part of the change")
    present = even(earlier.quote) in {even(line) for line in text.split("\n")}
    if present == (earlier.anchor.side == "old"):
        return Became(earlier, "fixed", note="the change was taken back")
    return Became(earlier, "outdated", note="its lines are no longer part of the change")


def judged(known: Located, checked: Checked | None) -> Became:
    """A finding whose lines were changed, and what the judge says of the code that is there now.

    Only a refutation makes it fixed; without a verdict it stays open where its lines were. What was not proven before
    and is confirmed now counts as confirmed.
    """
    if checked is not None and checked.verdict == "refuted":
        return Became(known.now or known.earlier, "fixed", note=checked.reason)
    if known.now is None:
        return Became(known.earlier, "outdated", note="its lines are gone and nobody can tell")
    fate: Fate = "moved" if known.moved else "open"
    if checked is None or checked.verdict != "confirmed":
        return Became(known.now, fate)
    proven = replace(known.now, certainty="confirmed", reason=checked.reason) if known.now.certainty else known.now
    return Became(proven, fate, note=checked.reason)
