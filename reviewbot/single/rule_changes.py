"""`rules mute` and `rules promote`: a change of one file, proposed to the project as a merge request of the bot's."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from reviewbot import resources
from reviewbot.control import Control
from reviewbot.core import commands, configuration, proposals, rule_health, spans
from reviewbot.core.disabling import disable
from reviewbot.core.guidance.compiling import LAYER
from reviewbot.core.packs import BUILT_IN, Shelf
from reviewbot.core.promoting import file_name, following, promote
from reviewbot.core.proposals import Proposal
from reviewbot.core.rulebooks import DISABLED, FOLDER, MOST_FILES, Layer
from reviewbot.core.shown import shown
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.gitlab.client import Client, connect
from reviewbot.gitlab.files import FilesSource
from reviewbot.gitlab.proposing import Place, Proposals, Proposed, Text
from reviewbot.keeping import Kept
from reviewbot.model.repository import BranchHead
from reviewbot.model.rule import RULE_FILE, Rule, Status
from reviewbot.model.rule_health import RuleHealth
from reviewbot.settings import Settings
from reviewbot.single.conditions import insist_on_gitlab
from reviewbot.wiring import project_book
from reviewbot.wiring.bench import shelf_of
from reviewbot.wiring.neighbours import inheriting
from reviewbot.wiring.store import key_of, open_store

_LONGEST_ID = 100
_SECONDS = 120.0  # for reading the rules
_RULE_FILE = "Mistakes in a change of rules"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of the rule `rule_id` in a project. `to` counts for promote; None: one step up."""

    action: Literal["mute", "promote"]
    rule_id: str
    project: str
    since: str
    to: Status | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The change as a diff, and the merge request; None: it was only looked at."""

    diff: str
    proposed: Proposed | None


def carry_out(settings: Settings, wish: Wish, *, dry_run: bool) -> Done:
    """Open the merge request, or find it. `dry_run` writes nothing. Raises what is wrong, with the mend."""
    seconds = spans.seconds(wish.since)
    with _client(settings) as client:
        talk = Proposals(client, key_of(settings))
        there = _look(settings, client, talk, wish.project)
        rows = _rows(settings, there.place.project_id, wish.rule_id, seconds)
        made = (_muting if wish.action == "mute" else _promoting)(settings, talk, there, wish, rows)
        return Done(made.diff, None if dry_run else talk.propose(there.place, made))


@dataclass(frozen=True, slots=True)
class _There:
    """A project with its configuration file (in use, or to be made) and its rules, far to near."""

    place: Place
    path: str
    configured: Text | None
    shelf: Shelf
    layers: tuple[Layer, ...]
    names: tuple[str, ...]

    @property
    def muted(self) -> frozenset[str]:
        """The ids that the project takes away, in its configuration or beside its rules."""
        return frozenset(name for one in self.layers if one.name == "project" for name in one.disabled)

    def rule(self, rule_id: str) -> Rule:
        """The nearest one of that id, muted ones and those of packs that are off among them; one of a folder only where
        there is no other. Raises `UsageError`.
        """
        if rule_id == RULE_FILE:
            raise UsageError(
                f"{rule_id} is what the bot says of mistakes in rule files, and no rule file itself",
                mend="it can be muted, and has no status",
            )
        found = [rule for one in reversed(self.layers) for rule in one.rules if rule.id == rule_id]
        pack = next((pack for pack in self.shelf.packs if rule_id in pack.ids), None)
        if pack is not None:
            found.append(self.shelf.read(pack.name, rule_id))
        if found:
            return min(found, key=lambda rule: bool(rule.folder))
        known = [*self.shelf.ids, *(rule.id for one in self.layers for rule in one.rules)]
        near = commands.nearest(rule_id, list(dict.fromkeys(known)))
        raise UsageError(
            f"{self.place.path} knows no rule {rule_id[:_LONGEST_ID]!r}: no rule file has that id",
            mend=f"did you mean {' or '.join(near)}?"
            if near
            else "see which there are: reviewbot rules effective PATH",
        )


def _look(settings: Settings, client: Client, talk: Proposals, project: str) -> _There:
    place = talk.place(project)
    source = FilesSource(client, place.project_id)
    path, text = next(
        ((name, found) for name in configuration.FILES if (found := talk.file(place, name)) is not None),
        (configuration.FILES[0], None),
    )
    listing = source.folder(place.head, FOLDER, MOST_FILES)
    names = tuple(entry.name for entry in listing.entries) if listing else ()
    control, shelf = Control(_SECONDS), shelf_of(settings)
    inherit = inheriting(settings, Kept(), lambda: _connected(settings), control)
    head = BranchHead(place.path, place.branch, place.head)
    _, book, _ = project_book.read(settings, shelf, inherit, client, control, place.project_id, head, None)
    return _There(place, path, text, shelf, book.layers, names)


def _muting(_: Settings, __: Proposals, there: _There, wish: Wish, rows: Sequence[RuleHealth]) -> Proposal:
    name = wish.rule_id
    rule = there.rule(name) if name != RULE_FILE else None
    title = rule.title if rule is not None else _RULE_FILE
    if rule is not None and rule.folder:
        raise UsageError(
            f"The rule {name} is one of the folder {shown(rule.folder)} alone: nobody farther takes it away",
            mend=f"write its id into {shown(rule.folder)}/{FOLDER}/{DISABLED}, or delete its file",
        )
    if name in there.muted:
        raise UsageError(f"The rule {name} is muted already in {there.place.path}", mend="nothing is to do")
    before = there.configured.text if there.configured else None
    after = disable(before or "", there.path, name)
    said = [f"Mutes the rule `{name}` here ({proposals.code(title)}): `disabled` of `{there.path}` names it."]
    return Proposal(
        branch=proposals.branch("mute", name),
        path=there.path,
        before=before,
        after=after,
        title=f"Mute the rule {name}",
        description=proposals.description(said, rows, wish.since, there.place.path),
        last_commit=there.configured.last_commit if there.configured else "",
    )


def _promoting(settings: Settings, talk: Proposals, there: _There, wish: Wish, rows: Sequence[RuleHealth]) -> Proposal:
    rule = there.rule(wish.rule_id)
    if rule.id in there.muted:
        raise UsageError(f"The rule {rule.id} is muted in {there.place.path}", mend="take it out of `disabled` first")
    to = wish.to or following(rule.status)
    found = talk.file(there.place, rule.origin) if rule.layer == "project" or rule.folder else None
    if found is not None:
        path, after, source = rule.origin, promote(found.text, rule.origin, to), ""
    else:
        text, source = _inherited(settings, there, rule)
        path = f"{FOLDER}/{file_name(rule.id, there.names)}"
        after = promote(text, rule.origin, to, source)
    said = [f"Makes the rule `{rule.id}` {to} here (it is {rule.status}): {proposals.code(rule.title)}."]
    said += [f"It comes from {proposals.code(source)}; the copy in `{path}` goes before that one."] if source else []
    return Proposal(
        branch=proposals.branch("promote", rule.id),
        path=path,
        before=found.text if found else None,
        after=after,
        title=f"Make the rule {rule.id} {to}",
        description=proposals.description(said, rows, wish.since, there.place.path),
        last_commit=found.last_commit if found else "",
    )


def _inherited(settings: Settings, there: _There, rule: Rule) -> tuple[str, str]:
    """The text of a rule's file from beyond the project, and where that is, for people."""
    if rule.layer == BUILT_IN:
        pack = next(pack.name for pack in there.shelf.packs if rule.id in pack.ids)
        file = resources.folder("rules") / pack / f"{rule.id}.md"
        told = f"the built-in rules, {pack}/{rule.id}.md"
    elif rule.layer == there.shelf.instance.name:
        file = (settings.rules_dir or settings.data_dir / "rules") / rule.origin
        told = f"the instance's rules, {shown(rule.origin)}"
    elif rule.layer == LAYER:
        raise UsageError(
            f"The rule {rule.id} is guidance of another tool ({shown(rule.origin)})",
            mend="make it a rule file first: reviewbot rules import",
        )
    else:
        raise UsageError(
            f"The rule {rule.id} is the {rule.layer}'s ({rule.origin})",
            mend="change its status there: --project names that project",
        )
    try:
        return file.read_text("utf-8"), told
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", mend="make it readable") from error


def _rows(settings: Settings, project_id: int, rule_id: str, seconds: float) -> Sequence[RuleHealth]:
    store = open_store(settings, migrate=True)
    try:
        now = time.time()
        rows = rule_health.health(store.health.facts(now - seconds, now, project_id))
    finally:
        store.close()
    return [row for row in rows if row.rule == rule_id]


@contextmanager
def _client(settings: Settings) -> Iterator[Client]:
    insist_on_gitlab(settings)
    client = _connected(settings)
    try:
        yield client
    finally:
        client.close()


def _connected(settings: Settings) -> Client:
    return connect(settings.gitlab_url, settings.gitlab_token.get_secret_value(), ca_bundle=settings.ca_bundle)
