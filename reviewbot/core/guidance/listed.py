"""Files that list instructions with globs: GitLab Duo's and CodeRabbit's; and PR-Agent's, which is for everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewbot.core.guidance import plain_data, translating
from reviewbot.core.guidance.instructions import Contents, Instruction, Tool, gathered

DUO = ".gitlab/duo/mr-review-instructions.yaml"
CODERABBIT, CODERABBIT_TOO = ".coderabbit.yaml", ".coderabbit.yml"  # where both are, the first counts
PR_AGENT = ".pr_agent.toml"
_MOST = 100  # instructions of a file
_PR_AGENT = (
    ("pr_reviewer", "extra_instructions"),
    ("pr_code_suggestions", "extra_instructions"),
    ("review_agent", "issues_user_guidelines"),
    ("review_agent", "compliance_user_guidelines"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    title: str
    text: str
    globs: Sequence[str]


def duo(text: str) -> Contents:
    """`instructions` with `name`, `fileFilters` and `instructions` (GitLab's documentation, "Customize review
    instructions"): `*.rb` is at the top only, `!` excludes, without filters every file is meant.

    Raises `ConfigurationError`.
    """
    rows = plain_data.rows(plain_data.of_yaml(text, DUO).get("instructions"))
    found = (
        _Row(
            name,
            name or f"Instruction {number}",
            plain_data.text_of(row.get("instructions")),
            plain_data.texts(row.get("fileFilters")),
        )
        for number, row in enumerate(rows, 1)
        for name in [plain_data.text_of(row.get("name"))]
    )
    return _contents("duo", DUO, found)


def coderabbit(text: str, source: str = CODERABBIT) -> Contents:
    """`reviews.path_instructions` with `path` and `instructions` (CodeRabbit's documentation, "Path-based review
    instructions"); globs are minimatch's. `path_filters` are told: a project says so with `exclude` and `include`.

    Raises `ConfigurationError`.
    """
    reviews = plain_data.table(plain_data.of_yaml(text, source).get("reviews"))
    rows = plain_data.rows(reviews.get("path_instructions"))
    found = (
        _Row(path, f"Instructions for {path}", plain_data.text_of(row.get("instructions")), [path] if path else [])
        for row in rows
        for path in [plain_data.text_of(row.get("path"))]
    )
    read = _contents("coderabbit", source, found)
    filters = plain_data.texts(reviews.get("path_filters"))
    return gathered([read, Contents(left_out=(_filters(filters),) if filters else ())])


def pr_agent(text: str) -> Contents:
    """`extra_instructions` of the tools that judge code (PR-Agent's documentation, "Configuration options").

    Raises `ConfigurationError`.
    """
    tables = plain_data.of_toml(text, PR_AGENT)
    found = (
        _Row(f"{table} {key}" if table == "review_agent" else table, f"Instructions for {table}", said, ())
        for table, key in _PR_AGENT
        if (said := plain_data.text_of(plain_data.table(tables.get(table)).get(key)))
    )
    return _contents("pr-agent", PR_AGENT, found)


def _contents(tool: Tool, source: str, rows: Iterable[_Row]) -> Contents:
    found: list[Instruction] = []
    left_out: list[str] = []
    for number, row in enumerate(rows):
        if number >= _MOST:
            left_out.append(f"{source}: more instructions: at most {_MOST} are read")
            break
        if not row.text:
            left_out.append(f'{source}, "{row.title[:100]}": it has no words')
            continue
        globs = translating.translated(row.globs)
        left_out += [f"{source}: the glob {glob[:100]!r} has no gitignore form" for glob in globs.lost]
        if globs.nowhere:
            left_out.append(f'{source}, "{row.title[:100]}": none of its globs can be read: left out')
            continue
        found.append(Instruction(tool, source, row.name, row.title, row.text, globs.paths))
    return Contents(tuple(found), tuple(left_out))


def _filters(globs: Sequence[str]) -> str:
    found = translating.translated(globs)
    out = [path.removeprefix("!") for path in found.paths if path.startswith("!")]
    only = [path for path in found.paths if not path.startswith("!")]
    said = [
        f"exclude: {out[:20]}" if out else "",
        f"include: {only[:20]} (to keep what is left out here)" if only else "",
    ]
    return f"{CODERABBIT}: path_filters are no rules; in .reviewbot.yml they are {' and '.join(filter(None, said))}"
