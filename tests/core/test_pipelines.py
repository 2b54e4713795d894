"""What a pipeline's file includes of its own repository, in each of GitLab's ways, and what cannot be told."""

import pytest

from reviewbot.core import pipelines
from reviewbot.core.pipelines import globbed, includes, located


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("# nothing\n", ()),
        ("test: {script: [a]}\n", ()),
        ("include:\ntest: {script: [a]}\n", ()),
        ("include: /ci/a.yml\n", ("ci/a.yml",)),
        ("include: ./ci/../ci//a.yml\n", ("ci/a.yml",)),
        ("include: [ci/a.yml, {local: /ci/b.yml, rules: [{if: $X}]}]\n", ("ci/a.yml", "ci/b.yml")),
        ("include: {local: ci/**.yml}\n", ("ci/**.yml",)),
        ("include: [{template: Jobs/Build.gitlab-ci.yml}, {remote: 'https://x.example/a.yml'}]\n", ()),
        ("include: https://x.example/a.yml\n", ()),
        ("include: [{project: other/ci, file: [a.yml, b.yml], ref: main}]\n", ()),
        ("include: {project: Team/App, file: [/a.yml, b.yml], ref: main}\n", ("a.yml", "b.yml")),
        ("include: {project: $CI_PROJECT_PATH, file: a.yml}\n", ("a.yml",)),
        ("include: {project: '${CI_PROJECT_PATH}', file: a.yml}\n", ("a.yml",)),
        ("include: {component: $CI_SERVER_FQDN/other/parts/lint@1.0}\n", ()),
        (
            "include: {component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/lint@$CI_COMMIT_SHA}\n",
            ("templates/lint.yml", "templates/lint/template.yml"),
        ),
        ("child: {trigger: {include: child.yml, strategy: depend}}\n", ("child.yml",)),
        ("child: {trigger: {include: [{local: child.yml}]}}\n", ("child.yml",)),
        (".x: &x {trigger: {include: child.yml}}\nchild: {<<: *x}\n", ("child.yml",)),
        (".all: &all [a.yml, b.yml]\ninclude: *all\n", ("a.yml", "b.yml")),
        ("spec: {inputs: {stage: {}}}\n---\ninclude: a.yml\n", ("a.yml",)),
        ("test: {script: !reference [.a, script]}\ninclude: a.yml\n", ("a.yml",)),
    ],
)
def test_what_is_included_of_this_repository(text, found):
    assert includes(text, "team/app") == found


@pytest.mark.parametrize(
    "text",
    [
        "include: [",
        "- a\n",
        "just words\n",
        "include: $WHERE/a.yml\n",
        "include: {local: '$[[ inputs.file ]]'}\n",
        "include: {local: [a.yml]}\n",
        "include: ../other.yml\n",
        "include: {project: $WHERE, file: a.yml}\n",
        "include: {project: team/app}\n",
        "include: {project: team/app, file: $FILE}\n",
        "include: {component: $WHERE/lint@1}\n",
        "include: {remote: 'https://gitlab.example.com/team/app/-/raw/main/a.yml'}\n",
        "include: {remote: $WHERE}\n",
        "include: !reference [.a, include]\n",
        "include: [!reference [.a, include]]\n",
        "include: {what: ever}\n",
        "include: {<<: {local: a.yml}}\n",
        "child: {trigger: {include: [{artifact: made.yml, job: make}]}}\n",
        "include: a.yml\n" + "#" * 200_000,
        f"include: [{', '.join(f'a{number}.yml' for number in range(151))}]\n",
        "[" * 5_000,
        "\0",
    ],
)
def test_what_cannot_be_told(text):
    assert includes(text, "team/app") is None


def test_aliases_upon_aliases_are_walked_once():
    lines = ["a0: &a0 {include: a.yml}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 50)}]}}" for n in range(1, 50)]
    assert includes("\n".join(lines), "team/app") == ("a.yml",)
    assert includes("include: &a [*a, b.yml]\n", "team/app") == ("b.yml",)


@pytest.mark.parametrize(
    ("glob", "path", "taken"),
    [
        ("ci/*.yml", "ci/a.yml", True),
        ("ci/*.yml", "ci/deep/a.yml", False),
        ("ci/**.yml", "ci/deep/deeper/a.yml", True),
        ("ci/**/*.yml", "ci/deep/a.yml", True),
        ("**.yml", "a.yml", True),
        ("ci/*.yml", "cj/a.yml", False),
        ("ci/*.yml", "old/ci/a.yml", False),
        ("ci/[a].?ml*", "ci/[a].?ml", True),
        ("ci/[a].yml*", "ci/a.yml", False),
    ],
)
def test_gitlabs_globs(glob, path, taken):
    assert globbed(glob, path) is taken


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("", pipelines.CI_FILE),
        ("ci/main.yml", "ci/main.yml"),
        ("/ci/main.yml", "ci/main.yml"),
        ("main.yml@team/app", "main.yml"),
        ("main.yml@team/app:next", "main.yml"),
        ("main.yml@other/app", ""),
        ("https://x.example/main.yml", ""),
    ],
)
def test_where_the_pipelines_file_is(setting, path):
    assert located(setting, "team/app") == path
