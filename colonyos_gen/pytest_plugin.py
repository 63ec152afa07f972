"""The pytest plugin of colonyos_gen: the fixture `colonies`.

pytest finds it by itself where colonyos_gen is installed, and imports it in every run. So it imports nothing of the package
until a test first asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from colonyos_gen.testing import LocalColony

__all__ = ["colonies"]


@pytest.fixture
def colonies() -> Generator[LocalColony]:
    """A colony on an embedded server, fresh for each test; see `colonyos_gen.testing.LocalColony`."""
    from colonyos_gen.testing import LocalColony

    with LocalColony() as colony:
        yield colony
