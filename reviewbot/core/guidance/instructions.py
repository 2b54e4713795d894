"""What one file of another tool says: instructions with a scope, and what of it was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Tool = Literal["agents", "claude", "cursor", "copilot", "duo", "coderabbit", "pr-agent"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
LARGEST = 256 * 1024  # bytes of a file of another tool


@dataclass(frozen=True, slots=True)
class Instruction:
    """`source` is the file, from the top of the repository; `folder` the folder that it is for ("": all of it).

    `paths` are gitignore globs from the top of the repository, `folder` is in them already (empty: everywhere).
    `name` tells it from others of its file in ids ("": the file says one thing only), `title` is for people.
    """

    tool: Tool
    source: str
    name: str
    title: str
    text: str
    paths: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file comes to. `left_out` tells people, one sentence each, what of it is no rule, and why. `led`:
    paths of other files that it brings in, whether they are there or not.
    """

    instructions: tuple[Instruction, ...] = ()
    left_out: tuple[str, ...] = ()
    led: tuple[str, ...] = ()


def gathered(parts: Sequence[Contents]) -> Contents:
    return Contents(
        tuple(one for part in parts for one in part.instructions),
        tuple(one for part in parts for one in part.left_out),
    )
