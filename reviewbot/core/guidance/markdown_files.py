"""AGENTS.md, CLAUDE.md, .github/copilot-instructions.md and .cursorrules: Markdown, one instruction for each section.

Sources: agents.md (the nearest file of a folder counts), Claude Code's documentation on memory, GitHub's documentation
"Adding repository custom instructions", Cursor's on rules (.cursorrules is the old form).
"""

from reviewbot.core.guidance import sections
from reviewbot.core.guidance.instructions import Contents, Instruction, Tool
from reviewbot.core.guidance.translating import within

_MOST = 100  # sections of a file


def read(text: str, source: str, tool: Tool, folder: str) -> Contents:
    """The sections that say how things have to be. Raises nothing: any text is such a file."""
    found: list[Instruction] = []
    left_out = []
    parts = sections.sections(text.removeprefix("\ufeff"))
    names = set[str]()
    for number, section in enumerate(parts):
        called = section.title or "the beginning"
        if number >= _MOST:
            left_out.append(f"{source}: {len(parts) - _MOST} more sections: at most {_MOST} are read")
            break
        name = _unused(section.title, names)
        if why := sections.no_norm(section):
            left_out.append(f'{source}, "{called[:100]}": {why}')
            continue
        title = section.title or f"Guidance of {source}"
        found.append(Instruction(tool, source, name, title, section.text, within(folder), folder))
    return Contents(tuple(found), tuple(left_out))


def _unused(title: str, names: set[str]) -> str:
    """The title, counted from the second of the same name on: the order of a file's sections is stable enough."""
    name, number = title, 1
    while name in names:
        number += 1
        name = f"{title} {number}"
    names.add(name)
    return name
