"""Other people's text on its way into a prompt: bounded, without secrets, hidden characters and imitated frames."""

from reviewbot.core.framing import unframed, visible
from reviewbot.core.redaction import redact
from reviewbot.core.shown import shown

MAX_NAME = 300  # characters


def name(text: str) -> str:
    """One line of other people's text."""
    return shown(text.strip())[:MAX_NAME]


def clean(text: str, longest: int) -> str:
    """Other people's text of many lines, secrets and imitated frames taken out, with a mark where it was cut off."""
    text = text.replace("\r\n", "\n").strip("\n").rstrip()
    cut = len(text) - longest
    text = visible(unframed(redact(text[: longest + 500])))[:longest].rstrip()
    return f"{text}\n… ({cut} more characters)" if cut > 0 else text


def shortened(text: str, ends: int) -> str:
    if len(text) <= 2 * ends:
        return text
    return f"{text[:ends]}\n… ({len(text) - 2 * ends} characters left out) …\n{text[-ends:]}"
