"""What a prompt shows, read the way a model does: each diff line's tag by its sign and text."""

import re

_LINE = re.compile(r"^(o?\d+[a-z2-7]{2})\|([+ -].*)$", re.MULTILINE)


def tagged(text):
    return {match[2]: match[1] for match in _LINE.finditer(text)}
