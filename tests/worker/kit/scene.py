"""Processes to run, and the ways to wait for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from colonyos_gen import RUNNING, SUCCESS, FunctionSpec, Process
from colonyos_gen.testing import LocalColony

EXECUTORTYPE = "tester"
LONG = 300.0
"""Seconds that nothing takes, unless it fails."""


def submit(
    colony: LocalColony, funcname: str, *args: Any, channels: list[str] | None = None, **limits: int
) -> Process:
    """Submit one call; `limits` are fields of the spec such as `maxexectime`."""
    spec = FunctionSpec.new(funcname, EXECUTORTYPE, colony.name)
    spec.args, spec.channels = list(args), channels or []
    for name, value in limits.items():
        setattr(spec, name, value)
    return colony.client.submit(spec)


def ended(colony: LocalColony, process: Process) -> Process:
    """The process once it is in a final state."""
    return colony.client.subscribe_process(process, SUCCESS, LONG)


def running(colony: LocalColony, process: Process) -> Process:
    """The process once it runs."""
    return colony.client.subscribe_process(process, RUNNING, LONG)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    limit = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


class Gate:
    """A place where a function of another process or thread waits: a pipe with a name, which it reads to the end.

    So both sides know when the other one is there, without asking again and again.
    """

    def __init__(self, folder: Path, name: str = "gate") -> None:
        self.path = folder / name
        os.mkfifo(self.path)

    def reached(self) -> Opened:
        """Wait until somebody stands at the gate."""
        return Opened(os.open(self.path, os.O_WRONLY))


class Opened:
    """A gate at which somebody waits."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def let_through(self, text: str = "") -> None:
        """Let them go on, with a text."""
        os.write(self._handle, text.encode())
        self.leave()

    def leave(self) -> None:
        """Stand there no more, as after they have died."""
        os.close(self._handle)
