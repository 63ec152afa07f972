"""The pytest plugin of colonyos_gen: the fixture `colonies`, and the marker `hazards`.

pytest finds it by itself where colonyos_gen is installed, and imports it in every run. So it imports nothing of the package
until a test first asks for the fixture.

A test with the fixture fails at its end if it has sent requests that would have harmed the real server, such as the removal
of a process that somebody was closing. A test that means to says so:

    @pytest.mark.hazards("close_meets_removal")     # these are expected, or some of these
    @pytest.mark.hazards                            # any
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from colonyos_gen.testing import LocalColony

__all__ = ["colonies", "hazards_meant"]

_MARKER = (
    "hazards(*names): the test sends requests that would harm the real server; "
    "without names, any (see colonyos_gen.server.hazards)"
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def hazards_meant(node: pytest.Item) -> Collection[str]:
    """The names of the hazards that a test may meet, all of them if its marker has no names.

    Raises LookupError for a name that there is not.
    """
    from colonyos_gen_wire.hazards import HAZARDS

    names: set[str] = set()
    for marker in node.iter_markers("hazards"):
        if not marker.args:
            return HAZARDS.keys()
        names.update(marker.args)
    if unknown := names - HAZARDS.keys():
        raise LookupError(f"there is no hazard {', '.join(sorted(unknown))}; there are {', '.join(HAZARDS)}")
    return names


@pytest.fixture
def colonies(request: pytest.FixtureRequest) -> Generator[LocalColony]:
    """A colony on an embedded server, fresh for each test; see `colonyos_gen.testing.LocalColony`.

    Fails a test that has sent what would harm the real server, unless the test has the marker `hazards`.
    """
    from colonyos_gen.testing import LocalColony

    node: pytest.Item = request.node
    meant = hazards_meant(node)
    with LocalColony() as colony:
        yield colony
    if found := colony.hazards.report(but=meant):
        pytest.fail(
            "the test has sent requests that would have harmed the real server:\n"
            f"{found}\n"
            'If it means to, mark it with @pytest.mark.hazards("name").',
            pytrace=False,
        )
