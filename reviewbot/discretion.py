"""What a review retells of tickets, looked at once more before it is written: minutes lie between."""

from collections.abc import Sequence
from dataclasses import replace

from reviewbot.control import Control
from reviewbot.examine import Examined
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Walkthrough
from reviewbot.ports import Forge

WITHHELD = "A ticket is not known to be for all readers any more: what retells it was left out."


def discreet(examined: Examined, tickets: Sequence[str], mr: MergeRequest, forge: Forge, control: Control) -> Examined:
    """The examination without what retells `tickets` (references) that some readers may not see by now.

    Criteria are told by ticket; of the walkthrough nobody can say what it is from. GitLab is asked where there is such.
    """
    examination, nothing = examined.examination, Walkthrough()
    if not tickets or (not examination.unmet and examination.walkthrough == nothing):
        return examined
    shown = {ticket.reference for ticket in forge.tickets(mr, control)}
    if shown.issuperset(tickets):
        return examined
    unmet = tuple(one for one in examination.unmet if one.ticket in shown)
    notices = (*examination.notices, WITHHELD)
    return replace(
        examined,
        examination=replace(examination, unmet=unmet, walkthrough=nothing, notices=notices),
        version=replace(examined.version, unmet=unmet, walkthrough=nothing),
    )
