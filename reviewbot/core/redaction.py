"""Text that may hold secrets to the same text without them: `[redacted:<kind>]` stands where one was.

Everything that leaves for a model passes here, line by line, so the work is ordered by price: plain substring tests
and one character class decide for almost every line that nothing can be in it; only the rest meets the patterns.
detect-secrets is not used: it costs 0.25 s to import, brings code that sends secrets to their issuers to verify them,
and some of its expressions backtrack on hostile input.
"""

import re
from math import log2
from typing import Protocol

import re2

from reviewbot.core.secret_formats import FORMAT, KINDS


class _Match(Protocol):
    """What `re` and `re2` matches have in common, as far as it is used here."""

    lastgroup: str | None

    def group(self, name: str | int = 0, /) -> str: ...


_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+/]{20}")  # every issuer's token holds such a run
_KEYWORDS = ("pass", "pwd", "secret", "token", "key", "credential", "auth", "bearer", "basic ", "-u ", "--user")
_STRONG = re2.compile(r"(?i)passw|pwd|secret|token|api[_\-]?key|credential|auth")

_NAME = (
    r"(?P<key>[\w.\-]*(?:passw(?:or)?d|passphrase|[_\-]pass\b|\bpass\b|pwd|secret|token|credential"
    r"|(?:api|access|account|private|signing|encryption|auth|master|storage|sharedaccess)[_\-]?key)[\w.\-]*)"
)
_ASSIGNS = r"(?::\s*[\w\[\]. |&?]{1,40}=|:=|=>|[=!]==?|=|:|,|\()"  # a type may stand between
_QUOTED = re2.compile(
    rf"(?i)(?P<lead>{_NAME}[\"'\])]{{0,3}}\s*{_ASSIGNS}\s*[bruf@]{{0,2}})"
    r"(?P<open>[\"'`])(?P<value>[^\"'`\s]{6,400})(?P<close>[\"'`])"
)
# Environment files, YAML, INI; inside quotes or between `;`: headers, connection strings, query strings.
_UNQUOTED = re2.compile(
    rf"(?im)(?P<lead>(?:^[+\-]?|[\s\"':;&?])(?:--?)?{_NAME}\s*[=:]\s*)(?P<open>)"
    r"(?P<value>[^\s\"'`#,;(){}\[\]<>$&|\\]{8,400})(?P<close>[\"';&]|\s*(?:\s#.*|\\r)?$)"
)
_OPTION = re2.compile(rf"(?i)(?P<lead>\s--?{_NAME}[ =])(?P<open>)(?P<value>[^\s\"'`$<{{(]{{8,400}})(?P<close>)")
_HEADER = re2.compile(
    r"(?i)(?P<key>(?P<lead>\b(?:bearer|basic)\s+))(?P<open>)(?P<value>[A-Za-z0-9+/_.~\-]{16,}={0,2})(?P<close>)"
)
_URL = re2.compile(r"(?P<lead>[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s/:@\"'<>]*:)(?P<value>[^\s/@\"'<>]{3,200})@")
_LOGIN = re2.compile(
    r"(?P<lead>\s(?P<key>-u|--user)[ =][\"']?[^\s:\"'$]+:)(?P<open>)(?P<value>[^\s\"'`$<{(]{6,200})(?P<close>)"
)
_LITERAL = re2.compile(r"(?P<open>[\"'`])(?P<value>[A-Za-z0-9+/=_\-]{24,400})(?P<close>[\"'`])")
_BLOCK = re.compile(r"(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)([^-]{0,20000})")

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NOT_A_SECRET_NAME = re.compile(
    r"(?i)(?:name|url|uri|path|file|type|field|label|hash|ref|header|prefix|suffix|pattern|regex|message|error|sha\d*"
    r"|digest|checksum|env|var|endpoint|scope|kind|class|format|count|limit|expiry|id)s?$"
)
_WORDS = re.compile(r"[A-Za-z]+[0-9]{0,2}(?:[-_.:/][A-Za-z]*[0-9]{0,3})*")  # oauth2-access_token, v1.auth.login
_OWN_NAME = re.compile(r"(?i)(?:[a-z]+[_\-.]?)?(?:password|passwd|pass|token|secret|key)[0-9]{0,3}")
_PLACEHOLDER = re.compile(
    r"(?i)change[_\-]?me|example|placeholder|your|dummy|fake|sample|xxxx|redacted|replace|insert|\*\*\*|\.\.\.|<|>|todo"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][\w]*(?:\.\w+)*")


def redact(text: str) -> str:
    """`text` (one line or many, the number of lines stays) without what looks like a secret. Never raises."""
    if "-----BEGIN" in text:
        text = _BLOCK.sub(_without_body, text)
    if _LONG_RUN.search(text):
        text = FORMAT.sub(_format, text)
    if "://" in text and "@" in text:
        text = _URL.sub(_password_of_url, text)
    lowered = text.lower()
    for word in _KEYWORDS:  # half the price of `any`, on each line
        if word in lowered:
            return _assigned(text)
    return text


def _without_body(match: re.Match[str]) -> str:
    body: str = match.group(2)
    if not re.search(r"[A-Za-z0-9+/]{16}", body):
        return match.group(0)
    return match.group(1) + "[redacted:private-key]" + "\n" * body.count("\n")


def _format(match: _Match) -> str:
    found = match.group()
    kind = KINDS[match.lastgroup or ""]
    if kind == "key-material":
        real = _entropy(found) >= 4.5 and _mixed(found)
    elif kind in {"openai-key", "stripe-key"}:  # sk-… is also a way to name CSS classes
        real = _has_digit(found) and not _filler(found[3:])
    else:
        real = not _filler(found)
    return f"[redacted:{kind}]" if real else found


def _password_of_url(match: _Match) -> str:
    value = match.group("value")
    generic = value.lower() in {"pass", "password", "passwd", "pwd", "secret", "token"}
    if generic or _reference(value) or _filler(value):
        return match.group()
    return f"{match.group('lead')}[redacted:password]@"


def _assigned(text: str) -> str:
    text = _QUOTED.sub(_literal_value, text)
    text = _UNQUOTED.sub(_bare_value, text)
    text = _OPTION.sub(_literal_value, text)
    text = _LOGIN.sub(_login, text)
    text = _HEADER.sub(_credentials, text)
    return _LITERAL.sub(_random_literal, text) if _STRONG.search(text) else text


def _literal_value(match: _Match) -> str:
    return _replaced(match) if _real(match.group("key"), match.group("value")) else match.group()


def _login(match: _Match) -> str:
    return f"{match.group('lead')}[redacted:password]" if _real("password", match.group("value")) else match.group()


def _bare_value(match: _Match) -> str:
    """Without quotes a value may be code: a lower-case key then needs a value that no programmer would name."""
    key, value = match.group("key"), match.group("value")
    code = _IDENTIFIER.fullmatch(value) and not key.isupper() and len(re.findall(r"[0-9]+", value)) < 2
    return match.group() if code or not _real(key, value) else _replaced(match)


def _credentials(match: _Match) -> str:
    value = match.group("value")
    real = _has_digit(value) and not _WORDS.fullmatch(value) and not _filler(value)
    return f"{match.group('lead')}[redacted:credentials]" if real else match.group()


def _random_literal(match: _Match) -> str:
    value = match.group("value")
    if _mixed(value) and _entropy(value) >= 4.0 and not _WORDS.fullmatch(value) and not _UUID.fullmatch(value):
        return f"{match.group('open')}[redacted:high-entropy]{match.group('close')}"
    return match.group()


def _replaced(match: _Match) -> str:
    kind = "password" if _is_password(match.group("key")) else "secret"
    return f"{match.group('lead')}{match.group('open')}[redacted:{kind}]{match.group('close')}"


def _real(key: str, value: str) -> bool:
    """Whether a value given to a key that names a secret looks like one, and not like a word, a name or a reference."""
    if _NOT_A_SECRET_NAME.search(key) or _reference(value) or _filler(value):
        return False
    if _UUID.fullmatch(value):  # mostly the name of a thing, but npm's older tokens look so
        return "authtoken" in key.lower()
    if _OWN_NAME.fullmatch(value) or (_PLACEHOLDER.search(value) and not _long_random(value)):
        return False
    if _is_password(key):
        odd = any(not character.isalnum() and character not in "_-./:" for character in value)
        worded = _WORDS.fullmatch(value) and any(character in "_-./:" for character in value)
        return (_has_digit(value) or odd) and _has_letter(value) and not worded
    if len(value) < 12 or _WORDS.fullmatch(value):
        return _long_random(value)
    return _has_digit(value) and _has_letter(value)


def _is_password(key: str) -> bool:
    return re.search(r"(?i)pass|pwd", key) is not None


def _reference(value: str) -> bool:
    """${VAR}, $VAR, {{ template }}, {name}, %(name)s, %s, <token>, a URL, our own replacement."""
    return value[0] in "$%<{[" or "{" in value or "$(" in value or "://" in value or "[redacted:" in value


def _filler(value: str) -> bool:
    """glpat-xxxxxxxxxxxxxxxxxxxx, ********, 000000: too few different characters behind the prefix."""
    return len(set(value[-16:])) < 4


def _long_random(value: str) -> bool:
    return len(value) >= 20 and _mixed(value) and _entropy(value) >= 3.8


def _mixed(value: str) -> bool:
    return _has_digit(value) and value.lower() != value and value.upper() != value


def _has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)


def _has_letter(value: str) -> bool:
    return any(character.isalpha() for character in value)


def _entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    size = len(value)
    counts = (value.count(character) for character in set(value))
    return -sum(n / size * log2(n / size) for n in counts)
