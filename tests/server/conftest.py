"""Prints the table of the replayed recordings at the end of a run."""

from __future__ import annotations

import pytest

from . import scores


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Called by pytest when all tests have run."""
    if scores.ROWS:
        terminalreporter.section("recordings replayed against the embedded server")
        for line in scores.table():
            terminalreporter.write_line(line)
