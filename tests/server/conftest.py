"""Prints the table of the replayed recordings at the end of a run; names the profile for long runs of test_fuzz."""

from __future__ import annotations

import pytest
from hypothesis import settings

from . import scores

settings.register_profile("fuzz", max_examples=5000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Called by pytest when all tests have run."""
    if scores.ROWS:
        terminalreporter.section("recordings replayed against the embedded server")
        for line in scores.table():
            terminalreporter.write_line(line)
