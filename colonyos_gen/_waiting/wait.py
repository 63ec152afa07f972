"""One thing that somebody waits for."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime

from colonyos_gen_wire import Process, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES

from colonyos_gen._call.in_flight import blocks_a_loop
from colonyos_gen._waiting.pace import FIRST_LOOK_S
from colonyos_gen.errors import RPCError

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Before any process ended."""


def function_of(process: Process) -> str:
    """What a process runs, and where: those that have it in common tend to take the same time."""
    return f"{process.spec.conditions.executortype}/{process.spec.funcname}"


class Wait:
    """That a process reaches one of some states. Belongs to the running event loop.

    Args:
        process: The process as it was seen last; only its id must be right.
        goal: The states, all final ones among them.
        first_look: Seconds until it is to be read first.
    """

    def __init__(
        self, process: Process, goal: frozenset[ProcessState], first_look: float = FIRST_LOOK_S
    ) -> None:
        loop = asyncio.get_running_loop()
        self.processid: str = process.processid
        self.colonyname: str = process.spec.conditions.colonyname
        """Its colony; empty before that is known."""
        self.processgraphid: str = process.processgraphid
        self.goal: frozenset[ProcessState] = goal
        self.began: float = loop.time()
        self.function: str = function_of(process)
        """What it runs, and where."""
        self.first_look: float = first_look
        """How long after its beginning it is to be read first, in seconds."""
        self.due: float = self.began + first_look
        """When it is to be read, where it is read by itself."""
        self.listed_at: float = self.began
        """When it was first looked for in lists."""
        self.was_read: bool = False
        self.failed_at: float = math.inf
        """When it was first seen to have failed, without errors."""
        self.blocks_a_loop: bool = blocks_a_loop.get()
        """Whether who waits holds up an event loop."""
        self.read_at: float = self.began
        """When it was read last."""
        self.failures: int = 0
        """How often in a row the server could not be asked."""
        self.waiters: int = 0
        self.since: dict[ProcessState, datetime] = dict.fromkeys(
            FINAL_PROCESS_STATES, process.submissiontime or LONG_AGO
        )
        """It has not ended in this state before, or it would have been seen."""
        self.reached: asyncio.Future[Process] = loop.create_future()

    @property
    def shown_by_lists(self) -> bool:
        """Whether it can be found in the lists of ended processes, as far as is known."""
        return bool(self.colonyname) and self.goal == FINAL_PROCESS_STATES

    def settle(self, outcome: Process | RPCError) -> None:
        """Tell those who wait, unless they have been told."""
        if self.reached.done():
            return
        if isinstance(outcome, RPCError):
            self.reached.set_exception(outcome)
            self.reached.exception()  # the last who waited may have left at this moment
        else:
            self.reached.set_result(outcome)
