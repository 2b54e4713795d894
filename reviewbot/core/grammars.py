"""What core.syntax must know of each tree-sitter grammar: which nodes define, wrap, name, and may be empty."""

from collections.abc import Mapping

# An allow-list: a language that ast-grep does not have makes it raise a BaseException.
TREES = frozenset(
    [
        "bash",
        "c",
        "cpp",
        "csharp",
        "elixir",
        "go",
        "hcl",
        "java",
        "javascript",
        "json",
        "kotlin",
        "lua",
        "php",
        "python",
        "ruby",
        "rust",
        "scala",
        "solidity",
        "swift",
        "tsx",
        "typescript",
        "yaml",
    ]
)

_FUNCTIONS: Mapping[str, str] = {
    "bash": "function_definition",
    "c": "function_definition",
    "cpp": "function_definition",
    "csharp": "method_declaration constructor_declaration destructor_declaration property_declaration "
    "operator_declaration local_function_statement indexer_declaration",
    "go": "function_declaration method_declaration",
    "java": "method_declaration constructor_declaration compact_constructor_declaration",
    "javascript": "function_declaration generator_function_declaration method_definition",
    "kotlin": "function_declaration secondary_constructor",
    "lua": "function_declaration",
    "php": "function_definition method_declaration",
    "python": "function_definition",
    "ruby": "method singleton_method",
    "rust": "function_item macro_definition",
    "scala": "function_definition",
    "solidity": "function_definition modifier_definition constructor_definition",
    "swift": "function_declaration init_declaration deinit_declaration subscript_declaration",
    "typescript": "function_declaration generator_function_declaration method_definition",
}

_CLASSES: Mapping[str, str] = {
    "cpp": "class_specifier struct_specifier union_specifier enum_specifier",
    "c": "struct_specifier union_specifier enum_specifier",
    "csharp": "class_declaration struct_declaration interface_declaration record_declaration enum_declaration",
    "go": "type_spec",
    "java": "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration",
    "javascript": "class_declaration",
    "kotlin": "class_declaration object_declaration companion_object",
    "php": "class_declaration interface_declaration trait_declaration enum_declaration",
    "python": "class_definition",
    "ruby": "class module",
    "rust": "impl_item struct_item enum_item trait_item union_item",
    "scala": "class_definition object_definition trait_definition enum_definition",
    "solidity": "contract_declaration interface_declaration library_declaration struct_declaration",
    "swift": "class_declaration protocol_declaration",
    "typescript": "class_declaration abstract_class_declaration interface_declaration enum_declaration "
    "type_alias_declaration",
}

# Functions held by a variable, a property or an object's key.
_HELD: Mapping[str, tuple[str, str, str]] = {  # kind of the holder, its field, kinds of the value
    "javascript": (
        "variable_declarator field_definition pair assignment_expression",
        "value right",
        "arrow_function function_expression",
    ),
    "typescript": (
        "variable_declarator public_field_definition pair assignment_expression",
        "value right",
        "arrow_function function_expression",
    ),
}

CLASSES = frozenset(kind for kinds in _CLASSES.values() for kind in kinds.split())

# A definition's parent of these kinds begins or ends with it: decorators, `export`, `template<…>`, `const … =`.
WRAPPERS = frozenset(
    {
        "decorated_definition",
        "export_statement",
        "template_declaration",
        "lexical_declaration",
        "variable_declaration",
        "type_declaration",
        "type_definition",
        "ambient_declaration",
    }
)

IDENTIFIERS = frozenset(
    [
        "identifier",
        "simple_identifier",
        "type_identifier",
        "field_identifier",
        "qualified_identifier",
        "operator_name",
        "destructor_name",
    ]
)

# Zero-width nodes of sound text; every other empty leaf is a token that the parser made up.
RIGHTLY_EMPTY = frozenset({"heredoc_body"})


def _rule(language: str) -> dict[str, object]:
    kinds = f"{_FUNCTIONS.get(language, '')} {_CLASSES.get(language, '')}".split()
    wanted: list[dict[str, object]] = [{"kind": kind} for kind in kinds]
    if language in _HELD:
        holders, fields, values = (part.split() for part in _HELD[language])
        held = [{"has": {"field": field, "any": [{"kind": kind} for kind in values]}} for field in fields]
        wanted.append({"all": [{"any": [{"kind": kind} for kind in holders]}, {"any": held}]})
    return {"any": wanted}


# ast-grep rules that find every definition of a language.
DEFINITIONS: Mapping[str, dict[str, object]] = {
    **{language: _rule(language) for language in _FUNCTIONS},
    "tsx": _rule("typescript"),
}
