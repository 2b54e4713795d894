"""Lists of rules as Markdown in a project's language: what `config` answers about them."""

from collections.abc import Iterable, Sequence

from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.rule_listing import Listed, Listing

_ROWS = 100  # of one table
_LONGEST = 200  # characters of a cell
_NAMED = 20  # rules of one sentence


def of_path(listing: Listing, words: Phrases) -> str:
    """The rules of one file: a table, what they take of a prompt, and which ones find no room in it."""
    told = words(
        "rules.of_path",
        path=_code(listing.path),
        rules=words.many("rule", len(listing.rows)),
        tokens=words.number(listing.tokens),
        most=words.number(listing.most),
    )
    heads = ("rule", "severity", "status", "from", "instead", "tokens")
    rows = (_row(one, words) for one in listing.rows[:_ROWS])
    parts = [told, _table(heads, rows, len(listing.rows), words) if listing.rows else ""]
    if listing.crowded:
        parts.append(words("rules.no_room", rules=_some([_code(one.rule.id) for one in listing.crowded], words)))
    return "\n\n".join(filter(None, parts))


def by_layer(found: Sequence[Listed], files: int, how: str, words: Phrases) -> str:
    """How many rules of each layer reach the `files` changed files, and their tokens. `how`: the command for more."""
    layers: dict[str, list[Listed]] = {}
    for one in found:
        layers.setdefault(one.rule.layer, []).append(one)
    told = words(
        "rules.of_files",
        files=words.many("changed_file", files),
        rules=words.many("rule", len(found)),
        tokens=words.number(sum(one.tokens for one in found)),
        command=code(how),
    )
    rows = ((_code(name), *_sums(rules, words)) for name, rules in list(layers.items())[:_ROWS])
    heads = ("from", "rules", *(f"status_{status}" for status in ("enforced", "approved", "draft")), "tokens")
    return f"{told}\n\n{_table(heads, rows, len(layers), words)}" if layers else told


def _sums(rules: Sequence[Listed], words: Phrases) -> tuple[str, ...]:
    states = [one.rule.status for one in rules]
    numbers = (len(rules), *(states.count(status) for status in ("enforced", "approved", "draft")))
    return (*map(words.number, numbers), words.number(sum(one.tokens for one in rules)))


def _row(one: Listed, words: Phrases) -> tuple[str, ...]:
    return (
        _code(one.rule.id),
        words(f"severity.{one.rule.severity}"),
        words(f"rules.status_{one.rule.status}"),
        _code(one.source),
        _code(one.instead_of) if one.instead_of else "",
        words("rules.pattern") if one.kind == "pattern" else words.number(one.tokens),
    )


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]], number: int, words: Phrases) -> str:
    named = [words(f"rules.{head}") for head in heads]
    lines = [named, ["---"] * len(named), *rows]
    more = [f"\n{words('join.more', n=words.number(number - _ROWS))}"] if number > _ROWS else []
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), *more])


def _some(names: Sequence[str], words: Phrases) -> str:
    more = len(names) - _NAMED
    rest = f" {words('join.more', n=words.number(more))}" if more > 0 else ""
    return words("join.comma").join(names[:_NAMED]) + rest


def _code(text: str) -> str:
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return code(text.replace("|", "¦"))  # it would end the table's cell
