"""What the bot says to people who spoke to it: one answer to each, whatever a run that was cut off has left."""

from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass

from reviewbot.core import commands, replying
from reviewbot.core.commands import Command
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.replying import Answered
from reviewbot.errors import ForgeNotFound, PermanentError, TransientError
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import Discussion, MergeRequest, Note
from reviewbot.ports import Forge


@dataclass(frozen=True, slots=True)
class Secretary:
    """For one run. `answered` are the answers that stand in the merge request, this run's among them."""

    forge: Forge
    mr: MergeRequest
    key: bytes
    run: str
    answered: list[Answered]

    def waiting(self, given: CommandGiven) -> tuple[Discussion, Note] | None:
        """The note with its thread when it waits for an answer; None when it has one, is gone, or a machine's."""
        return replying.unanswered(self.mr, given, self.answered, self.key)

    def say(self, text: str, what: str, given: CommandGiven, discussion: Discussion) -> None:
        """Answer in the thread; `what` it is, is kept in the marker. A thread that was deleted meanwhile is fine."""
        body = replying.body(text, given.address, what, run=self.run, key=self.key, ref=self.mr.ref)
        with suppress(ForgeNotFound):
            self.forge.reply(self.mr.ref, discussion.id, body)
        self.answered.append(Answered(given.address, what, discussion.id))


def secretary(forge: Forge, mr: MergeRequest, key: bytes, run: str) -> Secretary:
    return Secretary(forge, mr, key, run, list(replying.answered(mr, key)))


def refusal(command: Command, given: CommandGiven, glass_level: int, words: Phrases) -> tuple[str, str]:
    """What a refusal is kept as, another one for each person, and what it says."""
    role = words("command.role", role=commands.needed(command, glass_level))
    told = words("command.needs", command=code(command.name), role=role)
    return f"refused-{command.name.replace(' ', '-')}-{given.user_id}", told


def refuse(given: Iterable[CommandGiven], secretary: Secretary, words: Phrases) -> None:
    """Tell who asked for a review and may not what it takes, each once."""
    for one in given:
        what, text = refusal(commands.BY_NAME[one.command], one, commands.MAINTAINER, words)
        found = secretary.waiting(one)
        if found is not None and not replying.told(secretary.answered, what):
            secretary.say(text, what, one, found[0])


def one_by_one(
    given: Iterable[CommandGiven], act: Callable[[CommandGiven], str], in_order: Container[str] = ()
) -> list[str]:
    """What `act` says of each, as far as it says something. One that fails, for now or for good (its thread takes no
    answer), does not keep the others waiting.

    Only commands `in_order` wait for an earlier one of them, and two failures for now in a row are an outage: nothing
    more is tried. Raises the first `TransientError` at the end: the next run finds the answers of those that are done.
    Without one, the first `PermanentError`.
    """
    told: list[str] = []
    failed: list[tuple[CommandGiven, TransientError]] = []
    refused: list[PermanentError] = []
    in_a_row = 0
    for one in given:
        if in_a_row > 1:
            break
        if one.command in in_order and any(earlier.command in in_order for earlier, _ in failed):
            continue
        try:
            told.append(act(one))
            in_a_row = 0
        except TransientError as error:
            failed.append((one, error))
            in_a_row += 1
        except PermanentError as error:
            refused.append(error)
            in_a_row = 0
    if failed:
        raise failed[0][1]
    if refused:
        raise refused[0]
    return [one for one in told if one]
