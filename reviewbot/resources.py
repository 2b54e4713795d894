"""Where the shipped folders are: at the top level of a checkout, inside the package of a built wheel."""

from pathlib import Path
from typing import Literal

from reviewbot.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: Literal["prompts", "rules"]) -> Path:
    """The folder of shipped files. Raises `ConfigurationError` when the installation lacks it.

    The wheel's place is tried first: beside an installed package any top-level folder could be somebody else's.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise ConfigurationError(
        f"The folder `{name}` is missing from the installation at {_PACKAGE}",
        mend="install reviewbot again, from a wheel or from a whole checkout",
    )
