"""AGENTS.md and CLAUDE.md of the top: told in every prompt as they are, but for what rule files say in their place."""

from collections.abc import Collection, Sequence

from reviewbot.core.guidance import compiling, markdown_files
from reviewbot.core.guidance.instructions import Instruction
from reviewbot.core.guidance.places import TOP_FILES

Files = Sequence[tuple[str, str]]
"""(path, text) of those that are there and wanted."""


def instructions(files: Files) -> list[Instruction]:
    """What they say, section by section."""
    return [one for path, text in files for one in markdown_files.read(text, path, TOP_FILES[path], "").instructions]


def ids(files: Files) -> list[str]:
    """By which rule files take the place of their sections."""
    return [compiling.id_of(one) for one in instructions(files)]


def joined(files: Files, taken: Collection[str] = ()) -> str:
    """Their text as prompts have it, each text once, without the sections whose ids are `taken`."""
    texts = [
        markdown_files.without(text, path, TOP_FILES[path], lambda one: compiling.id_of(one) in taken)
        if taken
        else text
        for path, text in files
    ]
    return "\n\n".join(dict.fromkeys(part for text in texts if (part := text.strip())))
