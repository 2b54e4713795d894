"""What a repository has for other tools, as the layer of rules that is farther than the project's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot.core import configuration
from reviewbot.core.guidance import compiling, imports, places, top
from reviewbot.core.guidance.instructions import LARGEST, Contents
from reviewbot.core.prompts import MAX_RULE
from reviewbot.core.rulebooks import Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.repository import Paths
from reviewbot.ports import Source

MOST_FOLDERS = 200  # that are looked into for files of their own
MOST_FILES = 100
MOST_BYTES = 1024 * 1024  # of all files together
MOST_RULES = 200
_ROOM = 40  # characters for the mark of a cut


@dataclass(frozen=True, slots=True)
class _Texts:
    found: Mapping[str, str]
    problems: tuple[str, ...] = ()


def layer(source: Source, sha: str, policy: ReviewPolicy, paths: Sequence[str]) -> Layer:
    """The guidance at commit `sha` ("": in the working tree) that can concern the changed `paths`, approved, without
    what AGENTS.md and CLAUDE.md of the top say: `policy.guidance` has that.

    `problems` tell of what was left out. One listing and one read of the source, and one more for each level of a
    CLAUDE.md's imports. Raises nothing for a repository that cannot be read: that is told.
    """
    folders = places.folders_above(paths)
    tools = frozenset(policy.guidance_tools)
    wanted = [path for path in places.wanted(tools, folders[:MOST_FOLDERS]) if path not in places.TOP_FILES]
    try:
        texts = _texts(source, sha, wanted)
        parts = [_contents(path, text, source, sha) for path, text in texts.found.items()]
    except SourceUnavailable as error:
        return Layer(compiling.LAYER, problems=(f"Guidance of other tools could not be read: {error.message}",))
    problems = [*texts.problems, *(one for part in parts for one in part.left_out)]
    if len(folders) > MOST_FOLDERS:
        problems.append(f"Guidance of other tools is looked for in {MOST_FOLDERS} folders: {len(folders)} have changes")
    kept, _ = compiling.distinct(
        [one for part in parts for one in part.instructions], top.instructions(policy.guidance_files)
    )
    if len(kept) > MOST_RULES:
        problems.append(f"Guidance of other tools says {len(kept)} things: {MOST_RULES} of them count")
    counting = tuple(replace(rule, body=_shown(rule.body)) for rule in compiling.rules(kept[:MOST_RULES]))
    led = tuple(path for part in parts for path in part.led)
    return Layer(compiling.LAYER, counting, problems=tuple(problems), led=led)


def _shown(text: str) -> str:
    """As much as a prompt has of a rule: all of it would be counted, and find no room."""
    rest = len(text) - MAX_RULE
    return f"{text[: MAX_RULE - _ROOM]}\n… ({rest + _ROOM} more characters)" if rest > 0 else text


def beside(policy: ReviewPolicy, layers: Sequence[Layer]) -> str:
    """What AGENTS.md and CLAUDE.md of the top say, without the sections that rules of `layers` say in their place, and
    those that are switched off.
    """
    taken = {rule.id for one in layers for rule in one.rules if one.name != compiling.LAYER}
    taken |= set(policy.disabled_rules)
    if taken.isdisjoint(top.ids(policy.guidance_files)):
        return policy.guidance
    return configuration.guidance(policy.guidance_files, taken)


def _contents(path: str, text: str, source: Source, sha: str) -> Contents:
    """What a file says. Of what is left out only what its owner must mend is told: each review would say so again."""
    led: list[str] = []

    def read(more: Sequence[str]) -> Mapping[str, str]:
        led.extend(more)
        return _decoded(source.read(sha, more, LARGEST)).found

    if path.endswith(places.CLAUDE):
        text, _ = imports.resolved(text, path, read, _counted)
    try:
        return Contents(places.read(path, text).instructions, led=tuple(led))
    except ConfigurationError as error:
        return Contents(left_out=(str(error),))


def _counted(path: str) -> bool:
    return places.tool_of(path) is not None


def _texts(source: Source, sha: str, wanted: Sequence[str]) -> _Texts:
    """The files' texts in the order in which they count."""
    listed = source.files(sha, wanted, MOST_FILES) if wanted else Paths()
    paths = [path for path in places.ordered(listed.paths) if path not in places.TOP_FILES]
    data = source.read(sha, paths, LARGEST) if paths else {}
    read = _decoded({path: data[path] for path in paths if path in data})
    problems = list(read.problems)
    if unread := [path for path in paths if path not in data]:
        problems.append(f"{len(unread)} files with guidance of other tools could not be read, such as {unread[0]}")
    if listed.cut:
        problems.append("Guidance of other tools is in too many files or folders: not all of it counts")
    return _Texts(read.found, tuple(problems))


def _decoded(data: Mapping[str, bytes]) -> _Texts:
    found: dict[str, str] = {}
    problems = []
    room = MOST_BYTES
    for path, content in data.items():
        if len(content) > min(LARGEST, room):
            problems.append(
                f"{path} is too large: at most {LARGEST // 1024} kB, and {MOST_BYTES // 1024} kB of all, are read"
            )
            continue
        try:
            found[path] = content.decode()
        except UnicodeDecodeError:
            problems.append(f"{path}: no UTF-8 text")
        room -= len(content)
    return _Texts(found, tuple(problems))
