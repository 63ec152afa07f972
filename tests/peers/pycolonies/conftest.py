"""A colony of its own for each test, made with pycolonies, and a check that every function of pycolonies is in some test.

The server and the key of its owner come from COLONIES_SERVER_HOST, COLONIES_SERVER_PORT and COLONIES_SERVER_PRVKEY.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from lab import Lab
from pycolonies import Colonies, colonies_client

UNUSABLE = {
    "get_processes_for_workflow": "sends state -1, which every server refuses with 400",
    "sync": "needs libcfslib.so, which is not in the wheel",
}
"""Functions of pycolonies that work with no server, or not with the wheel alone."""

_used: set[str] = set()


class Recorded(Colonies):
    """The client as it is; what is used of it is written down."""

    def __getattribute__(self, name: str) -> Any:
        _used.add(name)
        return super().__getattribute__(name)


@pytest.fixture
def lab() -> Generator[Lab]:
    """A colony, taken down at the end."""
    plain, *_ = colonies_client()  # from the environment
    made = Lab(Recorded(plain.host, plain.port, plain.tls), os.environ["COLONIES_SERVER_PRVKEY"])
    yield made
    made.client.del_colony(made.colonyname, made.server_prvkey)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail when all tests have passed, and a function was in none of them."""
    everything = [Path(argument) for argument in session.config.args] == [session.config.rootpath]
    if exitstatus != pytest.ExitCode.OK or not everything or session.config.getoption("keyword"):
        return
    functions = [name for name, _ in inspect.getmembers(Colonies, inspect.isfunction) if name[0] != "_"]
    untried = [name for name in functions if name not in _used | UNUSABLE.keys()]
    print(
        f"\n{len(functions) - len(untried)} of {len(functions)} functions of pycolonies tried or known to be unusable"
    )
    if untried:
        print(f"in no test: {', '.join(untried)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
