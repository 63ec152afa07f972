"""The log of a worker that is the whole program, where the program has set up none."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator
from typing import Literal, TypeAlias

from colonyos_gen._log import ShownFormatter
from colonyos_gen.worker._life.log_lines import JsonFormatter, ProcessFilter

LogFormat: TypeAlias = Literal["text", "json"]
"""What lines of the log are."""
_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


@contextlib.contextmanager
def own_log(log_format: LogFormat = "text") -> Generator[None]:
    """Within the block the lines of `colonyos_gen` go to standard error, unless the program has seen to them.

    They are text, or JSON, one object for each line. Only that logger is touched, and is as before afterwards: what other
    loggers write, and where, is the program's business.
    """
    logger = logging.getLogger("colonyos_gen")
    if logger.handlers or logging.getLogger().handlers:
        yield
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else ShownFormatter(_FORMAT))
    handler.addFilter(ProcessFilter())
    handler.addFilter(lambda record: not _is_written_by_others(record, handler))
    level = logger.level
    logger.addHandler(handler)
    if level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        if level == logging.NOTSET and logger.level == logging.INFO:
            logger.setLevel(level)


def _is_written_by_others(record: logging.LogRecord, ours: logging.Handler) -> bool:
    """Whether the line goes to another handler as well: functions and libraries may add one at any time."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None:
        if any(handler is not ours for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
