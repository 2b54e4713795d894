"""`.cursor/rules/**/*.mdc`, at the top and in folders (Cursor's documentation, "Rules").

`alwaysApply: true` is for everything, else `globs` say where; with a `description` alone Cursor's model decides, so it
is for everything here; with none of them a person names the rule, which nobody does in a review.
"""

from reviewbot.core.guidance import headers, translating
from reviewbot.core.guidance.instructions import Contents, Instruction
from reviewbot.core.guidance.translating import within

RULES = ".cursor/rules/"


def read(text: str, source: str, folder: str) -> Contents:
    """The one instruction of the file."""
    header = headers.read(text)
    if not header.body:
        return Contents(left_out=(f"{source}: it has no words",))
    description = header.first("description")
    globs = [one for value in header.fields.get("globs", ()) for one in translating.split(value)]
    name = source.partition(RULES)[2].removesuffix(".mdc")
    told: tuple[str, ...] = ()
    if header.first("alwaysApply").lower() == "true":
        paths = within(folder)
    elif globs:
        # Cursor shows `*.ts` for TypeScript in whatever folder.
        found = translating.translated(globs, folder=folder, bare="anywhere")
        told = tuple(f"{source}: the glob {glob[:100]!r} has no gitignore form" for glob in found.lost)
        if found.nowhere:
            return Contents(left_out=(*told, f"{source}: none of its globs can be read: left out"))
        paths = found.paths
    elif description:
        paths = within(folder)
    else:
        return Contents(left_out=(f"{source}: applies only where a person names it (no globs, no description)",))
    title = description or name.rpartition("/")[2].replace("-", " ").replace("_", " ").strip() or source
    return Contents((Instruction("cursor", source, name, title, header.body, paths, folder),), told)
