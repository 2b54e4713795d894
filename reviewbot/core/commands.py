"""What people may say to the bot: the commands, who may give each, and which job hears them.

A command is the beginning of what follows a mention at the start of a line. It carries no settings: the words behind it
are a reason or a rule's name, and nothing else is made of them.
"""

import difflib
import re
from dataclasses import dataclass

from reviewbot.model.event import CommandGiven
from reviewbot.model.job import JobKind
from reviewbot.model.merge_request import MergeRequestRef

GUEST, DEVELOPER, MAINTAINER, OWNER = 10, 30, 40, 50  # GitLab docs, "Members API": access levels
QUESTION, REPLY, UNKNOWN = "question", "reply", "unknown"
"""What is no command: a mention with words to answer, a note that may stand in a thread of ours, an unknown word."""
WITHDRAW = "withdraw"
"""Nobody says it: a new version came that starts no review, and an approval of ours may stand for another one."""
BREAK_GLASS, FULL_REVIEW, CONFIG = "break glass", "full review", "config"


@dataclass(frozen=True, slots=True)
class Command:
    """`level` is the access level that it takes, 0: whoever may comment. `author`: the merge request's author may too.

    `words` is how it is written; what it does stands in `prompts/words/` for people.
    """

    name: str
    words: str
    level: int = 0
    author: bool = False
    kind: JobKind = "command"


COMMANDS = (
    Command("review", "review", DEVELOPER, kind="review"),
    Command(FULL_REVIEW, "full review", DEVELOPER, kind="review"),
    Command("pause", "pause", DEVELOPER, author=True),
    Command("resume", "resume", DEVELOPER),
    Command("ignore", "ignore", DEVELOPER, author=True),
    Command("resolve", "resolve", DEVELOPER, author=True),
    Command("explain", "explain RULE"),
    Command(CONFIG, "config [PATH]"),
    Command("help", "help"),
    Command(BREAK_GLASS, "break glass REASON", MAINTAINER),
)
BY_NAME = {command.name: command for command in COMMANDS}

# What people begin a short question or remark with; any other one or two words are a command that does not exist.
_TALK = frozenset(
    (
        *("why", "how", "what", "where", "when", "who", "which", "is", "are", "was", "does", "do", "did", "can"),
        *("could", "should", "would", "will", "show", "fix", "explain", "thanks", "thank", "thx", "please", "no"),
        *("yes", "ok", "wrong", "nope", "agreed", "good", "nice", "sorry", "hi", "hello", "sure", "really", "won't"),
        *("wontfix", "danke", "warum", "merci", "pourquoi", "gracias", "obrigado", "obrigada", "grazie", "bedankt"),
    )
)

# As commands are written; where no spaces are set between words, one that looks like a word is a sentence.
_WORD = re.compile(r"[A-Za-z/'-]+[.!:,]?")
_POLITE = frozenset({"please", "pls", "now"})
_PART = re.compile(r"[a-z0-9]+")
_LONGEST_NAME, _LONGEST_PATH, _BEGINNING = 100, 1_000, 3  # characters
_ALIKE = 0.4  # of difflib's ratio, 0 to 1
_POINTING = frozenset({"this", "that", "it", "these", "those", "yourself", "please", "why", "how", "what"})


def parse(words: str) -> tuple[str, str]:
    """The name and the arguments of what follows a mention at the start of a line; no words ask for `help`.

    For example: "break glass the site is down" gives ("break glass", "the site is down").
    """
    parts = words.split()
    if not parts:
        return "help", ""
    if parts[0].lower().rstrip(",") in _POLITE and len(parts) > 1:
        parts = parts[1:]
    for length in (2, 1):
        name = " ".join(parts[:length]).lower().rstrip(".!:,")
        if len(parts) >= length and name in BY_NAME and _fits(name, parts[length:]):
            return name, " ".join(parts[length:])
    wordlike = len(parts) <= 2 and all(_WORD.fullmatch(part) for part in parts)
    if wordlike and parts[0].lower().rstrip(".!,") not in _TALK:
        return UNKNOWN, words
    return QUESTION, words


def _fits(name: str, rest: list[str]) -> bool:
    """Only these take words; "resolve this for me please" is somebody's sentence, not a command about all threads."""
    if name in {"explain", CONFIG} and rest and rest[0].lower() not in _POINTING:
        rest = _behind_quoted(rest) if name == CONFIG else rest[1:]
    polite = len(rest) == 1 and rest[0].lower() in _POLITE
    return not rest or polite or name in {BREAK_GLASS, FULL_REVIEW, "review"}


def _behind_quoted(rest: list[str]) -> list[str]:
    """What follows a path, which may hold spaces where it stands in backticks."""
    if rest[0].startswith("`"):
        ends = next((at for at, part in enumerate(rest) if part.endswith("`") and part != "`"), 0)
        return rest[ends + 1 :]
    return rest[1:]


def path_of(arguments: str) -> str:
    """The path that `config` is asked about; empty where it names none."""
    quoted = arguments[1:].partition("`")[0] if arguments.startswith("`") else ""
    path = quoted or next(iter(arguments.split()), "")
    return "" if path.lower() in _POLITE else path.strip("`'\"").removeprefix("./").strip("/")[:_LONGEST_PATH]


def withdrawal(ref: MergeRequestRef) -> CommandGiven:
    """The command that nobody gives: look after an approval that may stand for another version."""
    return CommandGiven(ref, WITHDRAW, "", 0, "", 0, "")


def kind_of(command: str) -> JobKind:
    """The kind of job that hears a command, a question or a reply."""
    if command in BY_NAME:
        return BY_NAME[command].kind
    return "talk" if command in {QUESTION, REPLY} else "command"


def may(command: Command, level: int, *, author: bool, glass_level: int) -> bool:
    """Whether somebody with this access level (the merge request's `author`, or not) may give the command."""
    needed = glass_level if command.name == BREAK_GLASS else command.level
    return level >= needed or (author and command.author and level >= GUEST)


def needed(command: Command, glass_level: int) -> str:
    """GitLab's name of the role that it takes to give the command."""
    level = glass_level if command.name == BREAK_GLASS else command.level
    return {DEVELOPER: "Developer", MAINTAINER: "Maintainer", OWNER: "Owner"}.get(level, "Guest")


def wants_everything(heard: tuple[CommandGiven, ...]) -> bool:
    """Whether one of the commands that count asks to read everything anew."""
    return any(command.command == FULL_REVIEW for command in heard)


def nearest(name: str, known: list[str]) -> list[str]:
    """Up to three known names that look like `name`, the likeliest first.

    Names that share its words come before those that look alike as a whole: "python-sql" means "python-sql-injection"
    rather than "python-eval".
    """
    name = name.lower()[:_LONGEST_NAME]
    asked = set(_PART.findall(name))
    ranked = []
    for one in known:
        parts = _PART.findall(one[:_LONGEST_NAME])
        shared = sum(any(_akin(word, part) for part in parts) for word in asked)
        alike = difflib.SequenceMatcher(None, name, one[:_LONGEST_NAME]).ratio()
        if alike >= _ALIKE or (asked and shared == len(asked)):
            ranked.append((shared, alike, one))
    return [one for _, _, one in sorted(ranked, key=lambda each: (-each[0], -each[1]))[:3]]


def _akin(word: str, part: str) -> bool:
    """Whether one is the other, or its beginning."""
    short, long = sorted((word, part), key=len)
    return short == long or (len(short) >= _BEGINNING and long.startswith(short))
