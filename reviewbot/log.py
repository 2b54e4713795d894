"""Structured logs: static event names with fields, one JSON object a line, or readable lines on a terminal."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

# Header and setting names whose values must never reach a log, whatever path they take there.
_SECRET_NAMES = re.compile(r"token|secret|password|authorization|api_key|private", re.IGNORECASE)


def configure(level: str = "INFO") -> None:
    """Set up structlog and the standard library's root logger for this process, to standard error."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _without_secrets,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _without_secrets(logger: object, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: "[hidden]" if _SECRET_NAMES.search(name) else value for name, value in event.items()}


def get(name: str) -> Any:
    """A logger; bind fields with `structlog.contextvars.bound_contextvars` at the entrances."""
    return structlog.get_logger(name)
