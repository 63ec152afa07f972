"""What the suite leaves out, the check for hazards after each test, and the table of the recordings at the end of a run.

Tests in `peers/pycolonies` need an environment of their own, see the session `peers` in noxfile.py.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from colonyos_gen.pytest_plugin import hazards_meant
from colonyos_gen.server.hazards._noticed import Occurrence
from colonyos_gen.server.hazards._noticed import logger as hazards_logger
from tests import drawn
from tests.server.recordings import scores

collect_ignore = ["peers/pycolonies"]

_ROWS = "recordings"

drawn.register()


class _Occurrences(logging.Handler):
    """Keeps what the embedded servers of this process notice."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: dict[str, Occurrence] = {}

    def emit(self, record: logging.LogRecord) -> None:
        occurrence: Occurrence = record.__dict__["occurrence"]
        self.seen.setdefault(occurrence.name, occurrence)


@pytest.fixture(autouse=True)
def _harmless(request: pytest.FixtureRequest) -> Generator[None]:
    """No test sends what would harm a real server, to whichever embedded server, unless it has the marker `hazards`."""
    node: pytest.Item = request.node
    meant = hazards_meant(node)
    occurrences = _Occurrences()
    level = hazards_logger.level
    hazards_logger.addHandler(occurrences)
    hazards_logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        hazards_logger.removeHandler(occurrences)
        hazards_logger.setLevel(level)
    if found := [str(each) for name, each in occurrences.seen.items() if name not in meant]:
        pytest.fail("hazards met:\n" + "\n".join(found), pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    """Where the suite runs in several processes, the tests of a file run in one of them: some count together."""
    if config.getoption("dist", "no") == "load":
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False  # done below
    # The garbage collector would go through what the process keeps again and again.
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first, and then the files with many tests, so that no core is idle at the end."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, -tests[item.path]))


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end."""
    gc.collect()
    gc.freeze()


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
