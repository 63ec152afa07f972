"""Lines of the log that say of which process they are, also as JSON."""

from __future__ import annotations

import datetime
import json
import logging
import re
from contextvars import ContextVar
from typing import Any

from colonyos_gen_wire import Process

from colonyos_gen._secrets import SECRETS

current: ContextVar[Process | None] = ContextVar("colonyos_gen.worker.current", default=None)
"""The process that a function runs for, in its coroutine or thread."""

_FIELDS = ("processid", "function", "seconds", "outcome")
"""What lines of a worker say of a process, beside their text."""


_UNFIT = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal should not get."""


class ProcessFilter(logging.Filter):
    """Lets every line through, and gives it `processid` and `function`: those of the process for which a function runs.

        handler = logging.StreamHandler()
        handler.addFilter(ProcessFilter())
        handler.setFormatter(logging.Formatter("%(levelname)s %(processid).8s %(function)s: %(message)s"))

    It belongs on a handler, so that the lines of all loggers come by it. Outside of functions both are `-`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Give the line what it lacks."""
        process = current.get()
        if not hasattr(record, "processid"):
            record.processid = "-" if process is None else process.processid
        if not hasattr(record, "function"):
            record.function = "-" if process is None else process.spec.funcname
        return True


class JsonFormatter(logging.Formatter):
    """Makes each line one JSON object: `time` (UTC), `level`, `logger`, `message`.

    There are `processid`, `function`, `seconds` and `outcome` if it is about a process, and `exception` if there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(
            {name: record.__dict__[name] for name in _FIELDS if record.__dict__.get(name, "-") != "-"}
        )
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str)
        return _UNFIT.sub(_escaped, SECRETS.blot(text))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
