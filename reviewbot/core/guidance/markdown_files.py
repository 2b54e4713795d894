"""AGENTS.md, CLAUDE.md, .github/copilot-instructions.md and .cursorrules: Markdown, one instruction for each section.

Sources: agents.md (the nearest file of a folder counts), Claude Code's documentation on memory, GitHub's documentation
"Adding repository custom instructions", Cursor's on rules (.cursorrules is the old form).
"""

from collections.abc import Callable, Iterator

from reviewbot.core.guidance.instructions import Contents, Instruction, Tool
from reviewbot.core.guidance.sections import Section, no_norm, sections
from reviewbot.core.guidance.translating import within

_MOST = 100  # sections of a file


def read(text: str, source: str, tool: Tool, folder: str) -> Contents:
    """The sections that say how things have to be. Raises nothing: any text is such a file."""
    found: list[Instruction] = []
    left_out = []
    parts = _named(text)
    for section, name in parts[:_MOST]:
        if why := no_norm(section):
            left_out.append(f'{source}, "{(section.title or "the beginning")[:100]}": {why}')
        else:
            found.append(_instruction(section, name, source, tool, folder))
    if len(parts) > _MOST:
        left_out.append(f"{source}: {len(parts) - _MOST} more sections: at most {_MOST} are read")
    return Contents(tuple(found), tuple(left_out))


def without(text: str, source: str, tool: Tool, taken: Callable[[Instruction], bool]) -> str:
    """A file of the top as it is, but for the sections that are `taken`."""
    lines = text.split("\n")
    gone = set[int]()
    for section, name in _named(text)[:_MOST]:
        if not no_norm(section) and taken(_instruction(section, name, source, tool, "")):
            gone.update(range(section.start, section.end))
    return "\n".join(line for number, line in enumerate(lines) if number not in gone) if gone else text


def _instruction(section: Section, name: str, source: str, tool: Tool, folder: str) -> Instruction:
    title = section.title or f"Guidance of {source}"
    return Instruction(tool, source, name, title, section.text, within(folder), folder)


def _named(text: str) -> list[tuple[Section, str]]:
    return list(_names(sections(text.removeprefix("\ufeff"))))


def _names(parts: list[Section]) -> Iterator[tuple[Section, str]]:
    """Each with a name of its own: counted from the second title of the same words on, as the file has them."""
    names = set[str]()
    for section in parts:
        name, number = section.title, 1
        while name in names:
            number += 1
            name = f"{section.title} {number}"
        names.add(name)
        yield section, name
