"""Lines of our own log: without keys, and fit for a terminal, whoever prints them."""

from __future__ import annotations

import logging

from colonyos_gen_wire.terminal import visible

from colonyos_gen._secrets import SECRETS


class ShownFormatter(logging.Formatter):
    """Writes lines of any logger without keys of the environment, and with the control characters in them written out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the traceback if there is one."""
        return shown(super().format(record))


def shown(text: str) -> str:
    """`text` without keys of the environment, and with the control characters in it written out."""
    return visible(SECRETS.blot(text))


class ShownFilter(logging.Filter):
    """Lets every line through, without keys of the environment, and with the control characters in it written out."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the line if need be; most lines stay as they are."""
        try:
            text = record.getMessage()
        except Exception:  # which handlers report
            return True
        if (fit := shown(text)) != text:
            record.msg, record.args = fit, None
        if record.exc_info and not record.exc_text:
            record.exc_text = shown(_FORMATTER.formatException(record.exc_info))
        return True


_FORMATTER = logging.Formatter()


def prepare() -> None:
    """Let what our loggers write go through the filter; to be called any number of times."""
    for name in ("colonyos_gen", "colonyos_gen.worker"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, ShownFilter) for each in logger.filters):
            logger.addFilter(ShownFilter())
