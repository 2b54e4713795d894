"""Files of other tools as they are written in the wild, and what each comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import rules
from reviewbot.core.guidance import compiling, headers, imports, links, places, rule_files, sections
from reviewbot.core.scopes import in_paths
from reviewbot.errors import ConfigurationError

AGENTS = """\
# Webshop

A shop in Django and React.

## Setup

```sh
make install
# Not a heading
```

Run `make test` before you push.

## Money

- Amounts MUST be `Decimal`, never float.
- Round with `quantize`.

### Currencies

Prefer ISO codes.

#### Details

Use `EUR`, not `€`.

## Architecture

The code of the shop is in three layers.
"""


def read(path, text):
    return places.read(path, text)


def only(path, text):
    (one,) = read(path, text).instructions
    return one


def test_agents_md_is_cut_at_headings_and_what_demands_nothing_is_told():
    found = read("AGENTS.md", AGENTS)
    assert [one.title for one in found.instructions] == ["Money", "Currencies"]
    assert "#### Details" in found.instructions[1].text
    assert found.instructions[0].paths == ()
    assert found.left_out == (
        'AGENTS.md, "Webshop": describes and demands nothing',
        'AGENTS.md, "Setup": set-up and description, nothing that must or should be',
        'AGENTS.md, "Architecture": describes and demands nothing',
    )


@pytest.mark.parametrize(
    ("title", "text", "norm"),
    [
        ("Setup", "You must never commit `.env`.", True),
        ("Commands", "```sh\nnever\n```", False),
        ("Style", "Wrap errors with context.", True),
        ("Geld", "Beträge sind Decimal.", True),
        ("お金", "金額は Decimal にする。", True),
        ("Overview", "Uses Redis and Celery.", False),
        ("History", "The project is of 2019.", False),
        ("Links", "- https://example.com", False),
        ("Entry points", "- Tests: `src/test.ts`\n- Use of types: `src/types.ts`", False),
        ("Skills", "- [Never mind](never.md)", False),
        ("Coding standards", "- Imports at the top of the file.", True),
        ("Queues", "A queue is a file.\n- **Names:** keep them short.", True),
        ("Queues", "A queue is a file of the kind that we use.", True),
        ("Queues", "A queue is one of the files.", False),
    ],
)
def test_a_section_is_kept_where_it_reads_as_a_norm_and_in_doubt(title, text, norm):
    assert (sections.no_norm(sections.Section(title, text)) == "") is norm


def test_a_nested_file_is_for_its_folder():
    one = only("web/[id]/AGENTS.md", "Never use `any`.")
    assert (one.folder, one.name) == ("web/[id]", "")
    assert in_paths(one.paths, "web/[id]/a/b.ts")
    assert not in_paths(one.paths, "web/i/a.ts")
    assert not in_paths(one.paths, "web/a.ts")


def test_headings_twice_in_a_file_have_ids_of_their_own():
    found = read("AGENTS.md", "## Style\nUse tabs.\n## Style\nUse spaces.\n").instructions
    assert [rule.id for rule in compiling.rules(found)] == ["guidance/agents-md/style", "guidance/agents-md/style-2"]


CURSOR = """\
---
description: React components
globs: **/*.tsx, src/{hooks,components}/**/*.ts
alwaysApply: false
---
# React

- Components are functions.
"""


def test_a_cursor_rule_has_globs_without_quotes():
    one = only(".cursor/rules/front/react.mdc", CURSOR)
    assert (one.title, one.name) == ("React components", "front/react")
    for path in ("a/b.tsx", "src/hooks/x.ts", "src/components/a/b.ts"):
        assert in_paths(one.paths, path)
    assert not in_paths(one.paths, "src/a.ts")


@pytest.mark.parametrize(
    ("front", "inside", "outside"),
    [
        ("globs: *.py", "a/b.py", "a.ts"),
        ('globs: ["*.py", "docs/**"]', "docs/x.md", "a.ts"),
        ("globs:\n  - '*.py'\n  - docs/**\n", "docs/x.md", "a.ts"),
        ("globs: *.py\nalwaysApply: true", "a.ts", ""),
        ("description: When you write SQL\nglobs:\nalwaysApply: false", "a.ts", ""),
    ],
)
def test_how_a_cursor_rule_says_where_it_applies(front, inside, outside):
    one = only(".cursor/rules/x.mdc", f"---\n{front}\n---\nDo it.\n")
    assert in_paths(one.paths, inside)
    assert not outside or not in_paths(one.paths, outside)


def test_a_cursor_rule_of_a_folder_stays_there():
    one = only("web/.cursor/rules/x.mdc", "---\nglobs: *.ts\n---\nDo it.\n")
    assert in_paths(one.paths, "web/a/b.ts")
    assert not in_paths(one.paths, "a.ts")


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (".cursor/rules/x.mdc", "---\nalwaysApply: false\n---\nDo it.", "only where a person names it"),
        (".cursor/rules/x.mdc", "---\nglobs: *.ts\n---\n", "no words"),
        (".cursor/rules/x.mdc", "---\nglobs: @(a|b).ts\n---\nDo it.", "none of its globs"),
        (".github/instructions/x.instructions.md", "Do it.", "no applyTo"),
        (
            ".github/instructions/x.instructions.md",
            "---\napplyTo: '**'\nexcludeAgent: code-review\n---\nDo.",
            "keeps it",
        ),
        (".gitlab/duo/mr-review-instructions.yaml", "instructions:\n- name: A\n", "no words"),
    ],
)
def test_what_is_not_meant_for_a_review_is_told(path, text, told):
    found = read(path, text)
    assert found.instructions == ()
    assert told in " ".join(found.left_out)


def test_copilot_instructions_apply_to_a_list_of_globs():
    one = only(
        ".github/instructions/api/rest.instructions.md",
        '---\napplyTo: "src/api/**/*.{ts,js},*.md"\ndescription: REST\n---\nName resources in the plural.\n',
    )
    assert (one.title, one.name) == ("REST", "api/rest")
    assert in_paths(one.paths, "src/api/v1/a.js")
    assert in_paths(one.paths, "README.md")
    assert not in_paths(one.paths, "docs/README.md")
    assert only(".github/instructions/a.instructions.md", "---\napplyTo: *\n---\nBe kind.").paths == ()
    assert [one.tool for one in read(".github/copilot-instructions.md", "# A\nUse tabs.").instructions] == ["copilot"]


DUO = """\
# a comment
version: 2
instructions:
  - name: Ruby style
    fileFilters:
      - "**/*.rb"
      - "!spec/**/*.rb"
    instructions: |
      1. Methods have a comment.
    unknown: [1, 2]
  - name: All
    instructions: Keep it simple.
  - name: Root
    fileFilters: ["*.md"]
    instructions: Short lines.
"""


def test_duos_instructions_have_filters_with_exclusions():
    ruby, everything, root = read(".gitlab/duo/mr-review-instructions.yaml", DUO).instructions
    assert in_paths(ruby.paths, "lib/a.rb")
    assert not in_paths(ruby.paths, "spec/a/b.rb")
    assert everything.paths == ()
    assert not in_paths(root.paths, "docs/a.md")


CODERABBIT = """\
language: en-US
reviews:
  profile: chill
  path_filters: ["!**/dist/**", "src/**"]
  path_instructions:
    - path: "src/**/*.ts"
      instructions: No default exports.
    - path: "tests/**"
      instructions: |
        - Name the situation.
chat: {auto_reply: true}
"""


def test_coderabbits_path_instructions_are_read_and_its_filters_told():
    found = read(".coderabbit.yaml", CODERABBIT)
    assert [rule.id for rule in compiling.rules(found.instructions)] == [
        "guidance/coderabbit/src-ts",
        "guidance/coderabbit/tests",
    ]
    (told,) = found.left_out
    assert "exclude: ['**/dist/**'] and include: ['/src/**']" in told


def test_pr_agents_extra_instructions_are_for_everything():
    more = '[pr_description]\nextra_instructions = "Rhyme."\n'
    text = f'[config]\nmodel = "x"\n[pr_reviewer]\nextra_instructions = """\nMind the locks.\n"""\n{more}'
    one = only(".pr_agent.toml", text)
    assert (one.text, one.paths) == ("Mind the locks.", ())


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (".coderabbit.yaml", "a: &a [1]\nb: *a", r"\.coderabbit\.yaml:1: YAML anchors"),
        (".coderabbit.yaml", "a:\n- [", r"\.coderabbit\.yaml:\d"),
        (".coderabbit.yaml", "- a", "not a mapping"),
        (".coderabbit.yaml", "[" * 5_000, "nested too deeply"),
        (".coderabbit.yaml", "a: 2001-99-99", "no YAML"),
        (".gitlab/duo/mr-review-instructions.yaml", "!!python/object/apply:os.system ['id']", "yaml:1"),
        (".pr_agent.toml", "[pr_reviewer\n", "no TOML"),
    ],
)
def test_a_file_that_its_tool_could_not_read_is_an_error_with_its_name(path, text, said):
    with pytest.raises(ConfigurationError, match=said) as raised:
        read(path, text)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".coderabbit.yaml", "reviews: 5"),
        (".coderabbit.yaml", "reviews: {path_instructions: [5, {path: 7, instructions: [x]}], path_filters: 3}"),
        (".gitlab/duo/mr-review-instructions.yaml", "instructions: text"),
        (".gitlab/duo/mr-review-instructions.yaml", ""),
        (".pr_agent.toml", "pr_reviewer = 1"),
    ],
)
def test_values_of_another_kind_are_another_tools_matter(path, text):
    assert read(path, text).instructions == ()


@given(st.text(max_size=300), st.sampled_from([*places.wanted(places.TOOLS, ["web"]), "a/.cursor/rules/x.mdc"]))
def test_no_text_is_too_strange_to_be_read_or_refused(text, path):
    try:
        found = read(path, text)
    except ConfigurationError:
        return
    for rule in compiling.rules(found.instructions):
        assert rules.parse(rule_files.text(rule), "x.md").id == rule.id


@pytest.mark.parametrize(
    "folder", ["a b", " a ", "\x85", "\u2028", "a\nb", "[id]", "#!", "- a: b", "ä", "'\"", "\\", "\t"]
)
def test_a_rule_file_keeps_the_paths_of_a_folder_with_any_name(folder):
    (rule,) = compiling.rules(read(f"{folder}/AGENTS.md", "Never use tabs.").instructions)
    assert rules.parse(rule_files.text(rule), "x.md").paths == rule.paths


@given(st.text(alphabet="-:\"'[]#, \n\ta", max_size=60))
def test_a_header_of_any_signs_is_read(text):
    assert isinstance(headers.read(f"---\n{text}\n---\nx").body, str)


def test_places_are_known_by_their_paths():
    assert places.tool_of("a/b/CLAUDE.md") == "claude"
    assert places.tool_of("x/.cursor/rules/a/b.mdc") == "cursor"
    assert places.tool_of("docs/.coderabbit.yaml") is None
    assert places.tool_of(".github/instructions/x.md") is None
    assert places.tool_of("not.cursor/rules/x.mdc") is None
    assert places.ordered(["b/AGENTS.md", ".cursorrules", "AGENTS.md", "a.py"]) == [
        "AGENTS.md",
        "b/AGENTS.md",
        ".cursorrules",
    ]
    assert places.ordered([".coderabbit.yml", ".coderabbit.yaml"]) == [".coderabbit.yaml"]
    assert places.ordered([".coderabbit.yml"]) == [".coderabbit.yml"]
    assert places.ordered(["a\udcff/AGENTS.md", "ä/AGENTS.md"]) == ["ä/AGENTS.md"]
    assert places.folders_above(["a/b/c.py", "d.py", "a/e.py"]) == ["a", "a/b"]


def test_where_two_files_say_the_same_the_first_counts():
    root = read("AGENTS.md", "## A\nUse tabs.\n").instructions
    copy = read("CLAUDE.md", "## A\nUse  tabs.\n").instructions
    nested = read("web/AGENTS.md", "## A\nUse tabs.\n## B\nUse spaces.\n").instructions
    kept, told = compiling.distinct([*root, *copy, *nested])
    assert [one.source for one in kept] == ["AGENTS.md", "web/AGENTS.md"]
    assert told[0] == 'CLAUDE.md, "A": AGENTS.md says the same'


def test_ids_are_short_and_stable_whatever_the_names_are():
    one = only(f"{'x' * 200}/AGENTS.md", f"## {'Ü' * 300}!\nUse tabs.\n")
    (rule,) = compiling.rules([one])
    assert len(rule.id) <= 100
    assert rule.id == compiling.rules([one])[0].id
    (strange,) = compiling.rules(read("AGENTS.md", "## お金\n必ず\n").instructions)
    assert strange.id.startswith("guidance/agents-md/")


def test_a_rule_is_as_grave_and_strong_as_its_words():
    must, never, plain = compiling.rules(
        read("AGENTS.md", "## A\nIt MUST be.\n## B\nNever do.\n## C\nUse tabs.\n").instructions
    )
    assert [(one.severity, one.level) for one in (must, never, plain)] == [
        ("warning", "must"),
        ("warning", "should"),
        ("suggestion", "should"),
    ]
    assert {one.category for one in (must, never, plain)} == {"agents_md"}


@pytest.mark.parametrize(
    ("path", "text", "target"),
    [
        ("CLAUDE.md", "AGENTS.md", "AGENTS.md"),
        ("CLAUDE.md", "@AGENTS.md\n", "AGENTS.md"),
        ("web/CLAUDE.md", "../.agents/AGENTS.md", ".agents/AGENTS.md"),
        ("CLAUDE.md", "../x.md", ""),
        ("CLAUDE.md", "/etc/x.md", ""),
        ("CLAUDE.md", "CLAUDE.md", ""),
        ("CLAUDE.md", "Use AGENTS.md", ""),
        ("CLAUDE.md", "/etc/passwd", ""),
    ],
)
def test_a_link_leads_to_a_text_of_the_repository_or_nowhere(path, text, target):
    assert links.target(path, text) == target


def files(**texts):
    there = {name.replace("__", "/") + ".md": text for name, text in texts.items()}
    return lambda paths: {path: there[path] for path in paths if path in there}


def resolve(text, read, source="CLAUDE.md"):
    return imports.resolved(text, source, read, lambda path: path == "AGENTS.md")


def test_an_import_on_a_line_of_its_own_stands_in_its_place():
    text, told = resolve(
        "# A\n@docs/style.md\nEnd, see @README.md.\n```\n@docs/style.md\n```\n",
        files(docs__style="Use tabs.\n@more.md", docs__more="Use Decimal."),
    )
    assert text == "# A\nUse tabs.\nUse Decimal.\nEnd, see @README.md.\n```\n@docs/style.md\n```\n"
    assert told == ()


def test_imports_never_leave_the_repository_and_end():
    text, told = resolve("@/etc/passwd.md\n@~/x.md\n@../x.md\n@x.py\n@AGENTS.md\n@gone.md\nUse tabs.", files())
    assert text.endswith("Use tabs.")
    assert len(told) == 5
    assert "CLAUDE.md: @gone.md is not there or no text" in told
    loop, _ = resolve("@a.md", files(a="A\n@b.md", b="B\n@a.md"))
    assert loop == "A\nB"
    large, told = resolve("@a.md", files(a="x" * 70_000))
    assert len(large) == imports.LARGEST
    assert "imports end at 20 files or 64 kB" in told[0]
