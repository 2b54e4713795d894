"""A file's path to our name of its language: the names that rules use in `languages`."""

from pathlib import PurePosixPath

# Extensions are lower case; a name that ast-grep knows is spelled its way (core.syntax holds the list of those).
_EXTENSIONS: dict[str, str] = {
    extension: language
    for language, extensions in {
        "bash": "sh bash zsh ksh bats",
        "c": "c h",
        "cpp": "cc cpp cxx c++ hh hpp hxx h++ inl ipp cu cuh",
        "csharp": "cs csx",
        "css": "css",
        "dart": "dart",
        "elixir": "ex exs",
        "go": "go",
        "graphql": "graphql gql",
        "groovy": "groovy gradle",
        "haskell": "hs",
        "hcl": "tf tfvars hcl",
        "html": "html htm xhtml",
        "java": "java",
        "javascript": "js jsx mjs cjs",
        "json": "json json5 jsonc",
        "kotlin": "kt kts",
        "lua": "lua",
        "markdown": "md markdown mdx",
        "nix": "nix",
        "objectivec": "m mm",
        "perl": "pl pm",
        "php": "php phtml php5 php7",
        "powershell": "ps1 psm1 psd1",
        "protobuf": "proto",
        "python": "py pyi pyw",
        "r": "r",
        "ruby": "rb rake gemspec ru",
        "rust": "rs",
        "scala": "scala sc sbt",
        "scss": "scss sass less",
        "solidity": "sol",
        "sql": "sql",
        "svelte": "svelte",
        "swift": "swift",
        "toml": "toml",
        "tsx": "tsx",
        "typescript": "ts mts cts",
        "vue": "vue",
        "xml": "xml xsd xsl csproj",
        "yaml": "yaml yml",
        "dockerfile": "dockerfile containerfile",
        "makefile": "mk mak",
    }.items()
    for extension in extensions.split()
}

_NAMES: dict[str, str] = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "makefile": "makefile",
    "gnumakefile": "makefile",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "podfile": "ruby",
    "vagrantfile": "ruby",
    "fastfile": "ruby",
    "jenkinsfile": "groovy",
    "sconstruct": "python",
    "sconscript": "python",
    "wscript": "python",
    "go.mod": "gomod",
    ".bashrc": "bash",
    ".bash_profile": "bash",
    ".profile": "bash",
    ".zshrc": "bash",
}

_ALIASES: dict[str, str] = {
    "c#": "csharp",
    "c++": "cpp",
    "docker": "dockerfile",
    "golang": "go",
    "js": "javascript",
    "jsx": "javascript",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "bash",
    "shell": "bash",
    "terraform": "hcl",
    "ts": "typescript",
    "yml": "yaml",
    "zsh": "bash",
}

KNOWN: frozenset[str] = frozenset(_EXTENSIONS.values()) | frozenset(_NAMES.values())


def language_of(path: str) -> str | None:
    """Our name of the language of `path` by its file name, then its extension; None when neither tells."""
    name = PurePosixPath(path).name.lower()
    if name in _NAMES:
        return _NAMES[name]
    if name.startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    return _EXTENSIONS.get(name.rpartition(".")[2]) if "." in name[1:] else None


def canonical(name: str) -> str | None:
    """Our name for what a person calls a language ("js", "C++"); None when we do not know it."""
    lowered = name.strip().lower()
    lowered = _ALIASES.get(lowered, lowered)
    return lowered if lowered in KNOWN else None


def sample_path(language: str) -> str:
    """A path whose language is `language`, for trying a rule's examples."""
    for extension, known in _EXTENSIONS.items():
        if known == language:
            return f"example.{extension}"
    return next(name for name, known in _NAMES.items() if known == language)


def covers(wanted: str, language: str) -> bool:
    """Whether a rule for `wanted` is meant for files of `language` as well: TypeScript includes its JSX form."""
    return wanted == language or (wanted == "typescript" and language == "tsx")
