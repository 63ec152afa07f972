"""Processes as a table that reads well in a terminal and in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from colonyos_gen_wire import Process
from colonyos_gen_wire.terminal import visible

_HEADER = ("FUNCTION", "ARGUMENTS", "STATE", "WAITED", "RAN", "OUTPUT")


def process_table(processes: Sequence[Process]) -> str:
    """One line for each of `processes`, below a line of titles."""
    rows = [_HEADER, *map(_row, processes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "─" if sys.stdout.isatty() else "-"
    lines = [_line(row, widths) for row in rows]
    return "\n".join((lines[0], "  ".join(rule * width for width in widths), *lines[1:]))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(process: Process) -> tuple[str, ...]:
    spec = process.spec
    arguments = [*map(_text, spec.args), *(f"{name}={_text(value)}" for name, value in spec.kwargs.items())]
    # The first of the errors says what went wrong, the others where.
    result = process.errors[:1] or map(_text, process.output)
    texts = (
        spec.funcname,
        _short(", ".join(arguments), 32),
        process.state.name,
        _seconds(process.submissiontime, process.starttime),
        _seconds(process.starttime, process.endtime),
        _short("; ".join(result), 72),
    )
    return tuple(visible(text.replace("\n", " ")) for text in texts)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _seconds(start: datetime | None, end: datetime | None) -> str:
    return f"{(end - start).total_seconds():.2f} s" if start and end else "-"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
