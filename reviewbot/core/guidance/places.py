"""Where guidance is kept, whose it is, and which folder it is for."""

from collections.abc import Collection, Iterable, Sequence

from reviewbot.core.guidance import copilot, cursor, listed, markdown_files
from reviewbot.core.guidance.instructions import TOOLS, Contents, Tool

AGENTS, CLAUDE, CURSOR, COPILOT = "AGENTS.md", "CLAUDE.md", ".cursorrules", ".github/copilot-instructions.md"
TOP_FILES: dict[str, Tool] = {AGENTS: "agents", CLAUDE: "claude"}
"""Those of the top are told in every prompt as they are, where no rule file has taken their place."""
_EVERYWHERE = TOP_FILES
_TOP: dict[str, Tool] = {
    CURSOR: "cursor",
    COPILOT: "copilot",
    listed.DUO: "duo",
    listed.CODERABBIT: "coderabbit",
    listed.CODERABBIT_TOO: "coderabbit",
    listed.PR_AGENT: "pr-agent",
}


def tool_of(path: str) -> Tool | None:
    """Whose guidance a file of the repository is; None for other files."""
    if path in _TOP:
        return _TOP[path]
    if path.startswith(copilot.FOLDER) and path.endswith(copilot.SUFFIX):
        return "copilot"
    if path.endswith(".mdc") and f"/{cursor.RULES}" in f"/{path}":
        return "cursor"
    return _EVERYWHERE.get(path.rpartition("/")[2])


def folder_of(path: str) -> str:
    """The folder that a guidance file is for ("": the whole repository)."""
    if path.endswith(".mdc"):
        return f"/{path}".partition(f"/{cursor.RULES}")[0].removeprefix("/")
    return path.rpartition("/")[0] if path.rpartition("/")[2] in _EVERYWHERE else ""


def wanted(tools: Collection[str], folders: Iterable[str]) -> list[str]:
    """Files, and folders (with `/` at the end) all files of which are wanted, for the top and `folders` of the
    repository.
    """
    found = [path for path, tool in _TOP.items() if tool in tools]
    if "copilot" in tools:
        found.append(copilot.FOLDER)
    for folder in dict.fromkeys(("", *folders)):
        top = f"{folder}/" if folder else ""
        found += [f"{top}{name}" for name, tool in _EVERYWHERE.items() if tool in tools]
        if "cursor" in tools:
            found.append(f"{top}{cursor.RULES}")
    return found


def ordered(paths: Iterable[str]) -> list[str]:
    """The guidance files among `paths`: by tool, then outer folders first; where two say the same the first counts."""
    there = dict.fromkeys(path for path in paths if path.isascii() or _encodable(path))
    if listed.CODERABBIT in there:
        there.pop(listed.CODERABBIT_TOO, None)
    found = [(path, tool) for path in there if (tool := tool_of(path)) is not None]
    ranks = {tool: number for number, tool in enumerate(TOOLS)}
    return [path for path, _ in sorted(found, key=lambda one: (ranks[one[1]], folder_of(one[0]).count("/"), one[0]))]


def _encodable(path: str) -> bool:
    """Whether a glob can name it; git takes any bytes for a name."""
    return path == path.encode(errors="replace").decode()


def folders_above(paths: Iterable[str]) -> Sequence[str]:
    """All folders that hold one of the paths, however deep, outer ones first; the top is left out."""
    found = set[str]()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found, key=lambda folder: (folder.count("/"), folder))


def read(path: str, text: str) -> Contents:
    """What a guidance file says. Raises `ConfigurationError` for one that its tool could not read either."""
    tool, folder = tool_of(path), folder_of(path)
    if path.endswith(".mdc"):
        return cursor.read(text, path, folder)
    if path.startswith(copilot.FOLDER):
        return copilot.read(text, path)
    if path == listed.DUO:
        return listed.duo(text)
    if path in {listed.CODERABBIT, listed.CODERABBIT_TOO}:
        return listed.coderabbit(text, path)
    if path == listed.PR_AGENT:
        return listed.pr_agent(text)
    return Contents() if tool is None else markdown_files.read(text, path, tool, folder)
