"""`.github/instructions/**/*.instructions.md` (GitHub's documentation, "Adding repository custom instructions").

`applyTo` are globs, separated by commas: `**`, `*` and `**/*` are all files, `*.py` those at the top, `**/*.py` all.
`excludeAgent: "code-review"` keeps a file out of reviews. Without `applyTo` no file is meant.
"""

from reviewbot.core.guidance import headers, translating
from reviewbot.core.guidance.instructions import Contents, Instruction

FOLDER = ".github/instructions/"
SUFFIX = ".instructions.md"
_ALL = {"*", "**", "**/*"}


def read(text: str, source: str) -> Contents:
    """The one instruction of the file."""
    header = headers.read(text)
    if not header.body:
        return Contents(left_out=(f"{source}: it has no words",))
    if "code-review" in header.fields.get("excludeAgent", ()):
        return Contents(left_out=(f"{source}: excludeAgent keeps it out of reviews",))
    globs = [one for value in header.fields.get("applyTo", ()) for one in translating.split(value)]
    if not globs:
        return Contents(left_out=(f"{source}: applies only where a person names it (no applyTo)",))
    found = translating.translated(["**"] if _ALL & set(globs) else globs)
    told = tuple(f"{source}: the glob {glob[:100]!r} has no gitignore form" for glob in found.lost)
    if found.nowhere:
        return Contents(left_out=(*told, f"{source}: none of its globs can be read: left out"))
    name = source.removeprefix(FOLDER).removesuffix(SUFFIX)
    title = header.first("description") or header.first("name") or name.rpartition("/")[2].replace("-", " ")
    return Contents((Instruction("copilot", source, name, title, header.body, found.paths),), told)
