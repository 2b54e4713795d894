import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import grammars, languages, syntax
from reviewbot.core.syntax import Definition
from reviewbot.errors import ConfigurationError

SAMPLES = {
    "python": ("class A:\n    @x\n    def f(self):\n        pass\n", [(1, 4, "A"), (2, 4, "f")]),
    "javascript": (
        "export const g = async () => {\n  a();\n};\nclass B {\n  m() {}\n}\n",
        [(1, 3, "g"), (4, 6, "B"), (5, 5, "m")],
    ),
    "typescript": ("interface I {\n  a: number;\n}\nfunction f(): void {\n}\n", [(1, 3, "I"), (4, 5, "f")]),
    "tsx": ("const C = () => (\n  <div>x</div>\n);\n", [(1, 3, "C")]),
    "go": ("package a\ntype T struct {\n\ta int\n}\nfunc (t *T) M() {\n}\n", [(2, 4, "T"), (5, 6, "M")]),
    "java": ("class A {\n  @Override\n  void m() {\n  }\n}\n", [(1, 5, "A"), (2, 4, "m")]),
    "rust": ("impl A {\n    fn m(&self) {\n    }\n}\n", [(1, 4, "A"), (2, 3, "m")]),
    "c": ("static int *f(int a)\n{\n  return 0;\n}\n", [(1, 4, "f")]),
    "cpp": ("template <class T>\nint A<T>::z() {\n  return 1;\n}\n", [(1, 4, "z")]),
    "csharp": ("class A {\n  int M() {\n    return 1;\n  }\n}\n", [(1, 5, "A"), (2, 4, "M")]),
    "ruby": ("module M\n  def self.g\n  end\nend\n", [(1, 4, "M"), (2, 3, "g")]),
    "php": ("<?php\nclass A {\n  function m() {\n  }\n}\n", [(2, 5, "A"), (3, 4, "m")]),
    "kotlin": ("class A {\n  fun m() {\n  }\n}\n", [(1, 4, "A"), (2, 3, "m")]),
    "swift": ("struct S {\n  func m() {\n  }\n}\n", [(1, 4, "S"), (2, 3, "m")]),
    "scala": ("object O {\n  def f = {\n    1\n  }\n}\n", [(1, 5, "O"), (2, 4, "f")]),
    "bash": ("f() {\n  echo\n}\n", [(1, 3, "f")]),
    "lua": ("function f()\nend\n", [(1, 2, "f")]),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_definitions_of_each_language(language):
    text, expected = SAMPLES[language]
    assert [(one.start, one.end, one.name) for one in syntax.definitions(text, language)] == expected
    assert syntax.broken(text, language) == 0


@pytest.mark.parametrize("language", sorted(grammars.TREES))
def test_every_listed_language_has_a_tree_and_compiles_its_definitions(language):
    assert language in languages.KNOWN
    assert syntax.definitions("", language) == ()
    assert syntax.broken("", language) == 0


def test_language_without_a_tree_says_nothing():
    assert syntax.definitions("def f(): pass", "sql") == ()
    assert syntax.broken("(", "no such language") == 0
    assert syntax.find("select 1", "sql", "select $A") == ()
    assert not syntax.supported("sql")


def test_borders_are_first_lines_once_each():
    assert syntax.borders("class A: x = 1\n\ndef f(): pass\n", "python") == (1, 3)


def test_kind_tells_classes_from_functions():
    text = "class A:\n    def f(self): pass\n"
    assert syntax.definitions(text, "python") == (Definition(1, 2, "A", "class"), Definition(2, 2, "f", "function"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "def f(:\n    pass\n"),
        ("go", "package a\nfunc f() { x := g(1 \n}\n"),  # a missing `)` and no ERROR node
        ("rust", "fn f() { let x = 1 \n let y = 2; }"),
        ("javascript", "function f( { a(1; return }\n"),
        ("json", '{"a": }'),
    ],
)
def test_broken_text_counts(language, text):
    assert syntax.broken(text, language) > 0


def test_lines_are_counted_at_line_feeds_alone():
    text = "# a\u2028b\fc\rd\r\ndef f():\r\n    pass\r\n"
    assert [(one.start, one.end) for one in syntax.definitions(text, "python")] == [(2, 3)]


def test_lone_surrogate_does_not_stop_the_parser():
    assert syntax.find("a = '\udcff'\nfoo(1)\n", "python", "foo($A)")[0].start_line == 2


def test_match_has_lines_and_text():
    match = syntax.find("x = 1\nfoo(\n  2,\n)\n", "python", "foo($$$A)")[0]
    assert (match.start_line, match.end_line, match.text) == (2, 4, "foo(\n  2,\n)")


def test_rule_with_constraints():
    pattern = {"rule": {"pattern": "f($A)"}, "constraints": {"A": {"kind": "integer"}}}
    assert [match.text for match in syntax.find("f(1)\nf(x)\n", "python", pattern)] == ["f(1)"]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a; b",
        {},
        {"kind": "no_such_kind"},
        {"kind": 1},
        {"regex": "("},
        {"any": []},
        {"any": {"kind": "call"}},
        {"all": [{"kinds": "call"}]},
        {"matches": "nowhere"},
        {"has": {"field": "nowhere", "kind": "call"}},
        {"has": "call"},
        {"pattern": {"selector": "call"}},
        {"pattern": {"context": "a", "strictness": "lax"}},
        {"kind": "call", "inside": {"kind": "module", "stopBy": "never"}},
        {"rule": {"kind": "call"}, "fix": "x"},
        {"rule": {"kind": "call"}, "constraints": []},
        {"rule": "call($A)"},
        {"nthChild": 1},
        {"not": {"not": {"not": {}}}},
    ],
)
def test_wrong_pattern_is_refused_in_words(pattern):
    with pytest.raises(ConfigurationError) as error:
        syntax.find("a", "python", pattern)
    assert error.value.mend
    assert "Stack backtrace" not in str(error.value)


def test_deeply_nested_pattern_is_refused():
    pattern: dict[str, object] = {"kind": "call"}
    for _ in range(100):
        pattern = {"not": pattern}
    with pytest.raises(ConfigurationError, match="too deeply"):
        syntax.find("a", "python", pattern)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["rule", "any", "all", "not", "has", "kind", "regex", "pattern", "stopBy", "field", "x"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_no_pattern_gets_past_the_checks(shape):
    pattern = shape if isinstance(shape, dict) else {"any": shape}
    with contextlib.suppress(ConfigurationError):
        syntax.find("f(1)", "python", pattern)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "x = 1\n" * 60_000),  # too large
        ("javascript", "f(a1,b2,c3,d4);" * 900),  # minified
        ("javascript", "->\n" * 400),
        ("bash", "<<A\n" * 20_000),
        ("java", "a<\n" * 6_000),
        ("python", "".join(f"x{n} = {n}\n" for n in range(200)) + "!(" * 2_000),
    ],
)
def test_what_a_parser_does_not_get_through_is_not_parsed(language, text):
    assert not syntax.parseable(text, language)
    assert syntax.definitions(text, language) == ()
    assert syntax.broken(text, language) == 0


def test_ordinary_source_is_parsed():
    text = "".join(f"def f{n}(a, b):\n    return foo(a, b=[1, {n}]) + 'abc{n * 7919}'\n\n\n" for n in range(1_000))
    assert syntax.parseable(text, "python")
    assert len(syntax.definitions(text, "python")) == 1_000


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b.py", "python"),
        ("Dockerfile", "dockerfile"),
        ("deploy/Dockerfile.worker", "dockerfile"),
        ("worker.Dockerfile", "dockerfile"),
        ("A.TSX", "tsx"),
        ("x.jsx", "javascript"),
        ("Makefile", "makefile"),
        (".bashrc", "bash"),
        (".py", None),
        ("README", None),
        ("a.b/c", None),
    ],
)
def test_language_by_name_then_extension(path, language):
    assert languages.language_of(path) == language


@pytest.mark.parametrize(
    ("name", "language"), [("C++", "cpp"), ("js", "javascript"), ("Python", "python"), ("vb6", None)]
)
def test_people_call_languages_by_many_names(name, language):
    assert languages.canonical(name) == language


@pytest.mark.parametrize("language", sorted(languages.KNOWN))
def test_sample_path_is_of_its_language(language):
    assert languages.language_of(languages.sample_path(language)) == language
