"""The layers between the instance and a project: its groups' configuration projects, and what each takes in.

The heads of all of them are asked for together; what they hold is read once per commit and process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewbot import rulefiles
from reviewbot.core import configuration, lineage
from reviewbot.core.rulebooks import Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable
from reviewbot.keeping import Kept, Neighbours, Read
from reviewbot.model.inheritance import Address, Head, Include, Ruling

MOST_INCLUDES = 10  # of one review
DEEPEST = 3  # includes of includes
_LARGEST = 64 * 1024  # bytes of a configuration file


@dataclass(frozen=True, slots=True)
class Inherited:
    """`groups`, outermost first, each behind what it takes in; `included` is what the project takes in. `told`: what
    people must know. `requests` to GitLab that it took. `whole` False: some may be missing.
    """

    groups: tuple[Layer, ...] = ()
    included: tuple[Layer, ...] = ()
    told: tuple[str, ...] = ()
    requests: int = 0
    whole: bool = True


Inherit = Callable[[str, Sequence[Include]], Callable[[], Inherited]]
"""Begins to read what the project at a path inherits and takes in; the result waits for the end of that."""


Give = Callable[[Sequence[Include]], Inherited]
"""What one project inherits, and takes in by the configuration of one of its commits."""


def left_out(includes: Sequence[Include]) -> Inherited:
    """A `Give` where there is no GitLab to ask, or nobody knows for which project."""
    why = "they are read on GitLab only, for a project there (--project)"
    told = tuple(f"{one.origin}: the rules of {one} were left out: {why}" for one in includes)
    return Inherited(told=told, whole=False)


@dataclass(slots=True)
class Lineage:
    """Reads for one review of the project at `path`. `name` is what groups call their configuration project.

    Each address is asked for once: what is read for two commits of the project differs by their includes alone.
    """

    neighbours: Neighbours
    kept: Kept
    path: str
    name: str
    _heads: dict[Address, Head] = field(default_factory=dict)
    _asked: set[Address] = field(default_factory=set)
    _told: list[str] = field(default_factory=list)
    _silent: list[str] = field(default_factory=list)
    _left: int = MOST_INCLUDES

    def read(self, includes: Sequence[Include]) -> Inherited:
        """`includes` are the project's own. Raises nothing but what the run's control raises: the rest is told."""
        self._told, self._left = [], MOST_INCLUDES
        levels = lineage.ancestors(self.path, self.name)
        known = [one.address for level in levels for one in self.kept.includes(level)]
        wanted = [*levels, *known, *(one.address for one in includes)]
        if not wanted:
            return Inherited()
        self._look([*wanted, Address(self.path)] if includes or known else wanted)
        groups: list[Layer] = []
        for level in levels:
            head = self._heads.get(level)
            if head is not None and head.sha and lineage.stayed(level, head):
                groups += self._group(level, head)
        included = [layer for one in includes for layer in self._included(one, (self.path.lower(),))]
        told = tuple(dict.fromkeys((*self._silent, *self._told)))
        return Inherited(tuple(groups), tuple(included), told, self.neighbours.requests, whole=not told)

    def _look(self, wanted: Sequence[Address]) -> None:
        new = [address for address in dict.fromkeys(wanted) if address not in self._asked]
        if not new:
            return
        self._asked.update(new)
        if self._silent:  # a GitLab that hangs would be waited for once more with each project that is found
            self._heads |= self.kept.last(new)
            return
        try:
            found = self.neighbours.look(new)
        except SourceUnavailable as error:
            found = self.kept.last(new)
            how = "those that were read last count" if found else "they were left out"
            what = "The rules of groups and of other projects could not be asked for"
            self._silent.append(f"{what}, {how}: {error.message}")
        else:
            self.kept.seen(new, found)
        self._heads |= found

    def _group(self, level: Address, head: Head) -> list[Layer]:
        group = lineage.group_of(level)
        read = self._content(head, head.sha, f"group {group}", f"{level}: ")
        if read is None:
            return []
        said = read.ruling
        self.kept.note(level, said.includes)
        if said.others:
            keys = ", ".join(said.others)
            self._told.append(f"{level}: {keys} in its configuration say nothing to the projects of the group")
        own = replace(read.layer, disabled=(*said.disabled, *read.layer.disabled), packs=said.packs)
        self._look([*(one.address for one in said.includes), *([Address(self.path)] if said.includes else [])])
        return [*(layer for one in said.includes for layer in self._included(one, (level.project.lower(),))), own]

    def _included(self, include: Include, chain: tuple[str, ...]) -> list[Layer]:
        """The layers of an include, farther ones first. `chain`: the projects through which it came, in order."""
        if problem := self._unwanted(include, chain):
            self._told.append(f"{include.origin}: the rules of {include} were left out: {problem}")
            return []
        self._look([include.address, Address(self.path)])
        head = self._heads.get(include.address)
        try:
            problem = self._closed(include, head)
        except SourceUnavailable as error:
            problem = error.message
        if head is None or problem:
            self._told.append(f"{include.origin}: the rules of {include} were left out: {problem}")
            return []
        read = self._content(head, head.sha, str(include), f"{include}: ")
        if read is None:
            return []
        within = (*chain, include.project.lower())
        self._look([one.address for one in read.ruling.includes] if len(within) <= DEEPEST else [])
        farther = [layer for one in read.ruling.includes for layer in self._included(one, within)]
        return [*farther, lineage.taken(read.layer, include)]

    def _unwanted(self, include: Include, chain: tuple[str, ...]) -> str:
        if include.project.lower() in chain:
            return f"a cycle, {' → '.join((*chain, include.project.lower()))} (take one of the includes out)"
        if len(chain) > DEEPEST:
            return f"{len(chain)} includes deep, at most {DEEPEST} are followed (include it from nearer)"
        self._left -= 1
        return "" if self._left >= 0 else f"a review takes in at most {MOST_INCLUDES} (take some out)"

    def _closed(self, include: Include, head: Head | None) -> str:
        """Why what is included is not taken in; empty: it is. Raises `SourceUnavailable`."""
        if head is None or not self._shown(include, head):
            group = self.path.rpartition("/")[0] or self.path
            return (
                f"there is no such project, the bot may not see it, or not everybody who may read {self.path} may read "
                "its rules (correct the path, make the bot a Reporter there, make the project as visible, or say on "
                f"its default branch, in .reviewbot.yml, shared_with: [{group}])"
            )
        if not lineage.stayed(include.address, head):
            return f"the project has moved to {head.path} (name it there)"
        if not head.newest:
            return "its repository is empty, or the bot may not read it (make the bot a Reporter there)"
        return "" if head.sha else f"there is no branch, tag or commit {include.ref} (correct the ref)"

    def _shown(self, include: Include, head: Head) -> bool:
        """Whether everybody who is told of the project may know that it is there: of others nothing is said, neither
        where they have moved to nor which branches they have, for whoever asks decides the name.
        """
        if lineage.open_to(head, self._heads.get(Address(self.path))) and self.kept.shows_files(head, self.neighbours):
            return True
        if not lineage.stayed(include.address, head) or not head.newest:
            return False
        # By its default branch: an old commit, or a fork's, must not decide who sees the project.
        consent = self._ruling(head, head.newest, f"{include.project}: ")
        return lineage.shared(self.path, consent.shared_with)

    def _content(self, head: Head, sha: str, name: str, where: str) -> Read | None:
        """What a project holds at a commit. What cannot be read is told."""
        if (known := self.kept.content(head.project_id, sha, where)) is not None:
            self._told += known.told
            return known
        try:
            laid = rulefiles.lay(self.neighbours.source(head), sha, name, where=where)
            texts = self._texts(head, sha)
        except SourceUnavailable as error:
            self._told.append(f"{where}the rules could not be read: {error.message}")
            return None
        told = list(laid.told)
        ruling = Ruling()
        try:
            ruling = _ruling(texts, where)
        except ConfigurationError as error:
            told.append(f"{error}. It was left out")
        read = Read(laid.layers[0], ruling, tuple(told))
        if laid.whole:  # without git, many files are too many for the API: that is no word about the commit
            self.kept.keep(head.project_id, sha, where, read)
        self._told += told
        return read

    def _ruling(self, head: Head, sha: str, where: str) -> Ruling:
        """What a configuration says at a commit; with a mistake in it, nothing. Raises `SourceUnavailable`."""
        if (known := self.kept.ruling(head.project_id, sha)) is not None:
            return known
        try:
            found = _ruling(self._texts(head, sha), where)
        except ConfigurationError:
            found = Ruling()
        self.kept.keep_ruling(head.project_id, sha, found)
        return found

    def _texts(self, head: Head, sha: str) -> Mapping[str, bytes]:
        return self.neighbours.source(head).read(sha, configuration.FILES, _LARGEST)


def _ruling(texts: Mapping[str, bytes], where: str) -> Ruling:
    path = next((name for name in configuration.FILES if name in texts), None)
    if path is None:
        return Ruling()
    try:
        text = texts[path].decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where}{path}: no UTF-8 text", mend="save the file as UTF-8") from error
    return configuration.ruling(path, text, where)
