"""What the suite leaves out, and the table of the replayed recordings at the end of a run.

Tests in `peers/pycolonies` need an environment of their own, see the session `peers` in noxfile.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.server import scores

collect_ignore = ["peers/pycolonies"]

_ROWS = "recordings"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where the suite runs in several processes, hand this one's rows to the process that prints the table."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_ROWS] = [tuple(row) for row in scores.ROWS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the rows of a process that has ended; one that was killed has none."""
    rows: list[tuple[Any, ...]] = getattr(node, "workeroutput", {}).get(_ROWS, [])
    scores.ROWS.extend(scores.Row(*row) for row in rows)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if scores.ROWS:
        terminalreporter.section("recordings replayed against the embedded server")
        for line in scores.table():
            terminalreporter.write_line(line)
