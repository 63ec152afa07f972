"""The reads that waiting is made of, in the name of one signer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import msgspec
from colonyos_gen_wire import Process, ProcessGraph, ProcessState
from colonyos_gen_wire.method import Key
from colonyos_gen_wire.methods.process import GET_PROCESS, GET_PROCESSES
from colonyos_gen_wire.methods.workflow import GET_PROCESSGRAPH
from colonyos_gen_wire.requests.process import GetProcessesMsg, GetProcessMsg
from colonyos_gen_wire.requests.workflow import GetProcessGraphMsg

from colonyos_gen._call.in_flight import blocks_a_loop
from colonyos_gen._waiting.pace import Cost
from colonyos_gen.errors import RPCError

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")
T = TypeVar("T")

READ_S = 10.0
"""Seconds that a read may take."""


class Attend(Protocol):
    """Makes a call in the lane of those that wait."""

    async def __call__(self, method: Any, request: Any, prvkey: Key | None, rpc_timeout: float, /) -> Any:
        """The reply. Raises RPCError."""
        ...


class Reading:
    """Reads processes, lists of them, and workflows, in tasks of its own, and takes note of what that costs.

    Args:
        blocks: Whether somebody for whom it reads holds up an event loop at this moment.
    """

    def __init__(self, attend: Attend, prvkey: Key | None, blocks: Callable[[], bool]) -> None:
        self._attend_in_turn = attend
        self._blocks = blocks
        self._prvkey = prvkey
        self.of_one: Cost = Cost()
        """What it costs to read one process."""

    async def _attend(self, method: Any, request: Any) -> Any:
        # A read is made for all who wait, not for whoever happened to begin it.
        blocks_a_loop.set(self._blocks())
        return await self._attend_in_turn(method, request, self._prvkey, READ_S)

    async def process(self, processid: str) -> Process:
        """A process as it is. Raises RPCError."""
        began = time.perf_counter()
        found: Process = await self._attend(GET_PROCESS, GetProcessMsg(processid=processid))
        self.of_one.spent(time.perf_counter() - began)
        return found

    async def latest(self, colonyname: str, count: int, state: ProcessState) -> list[Process]:
        """The processes of a colony that ended last in `state`, the last one first. Raises RPCError."""
        request = GetProcessesMsg(colonyname=colonyname, count=count, state=state)
        found: list[Process] = await self._attend(GET_PROCESSES, request)
        return found

    async def graph(self, processgraphid: str) -> ProcessGraph:
        """A workflow as it is. Raises RPCError."""
        request = GetProcessGraphMsg(processgraphid=processgraphid)
        found: ProcessGraph = await self._attend(GET_PROCESSGRAPH, request)
        return found


async def all_of(*reads: Coroutine[Any, Any, T]) -> list[T | RPCError]:
    """What several reads at once come to, an RPCError in the place of those that failed."""
    found: list[T | RPCError] = []
    for outcome in await asyncio.gather(*reads, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, RPCError):
            raise outcome
        found.append(outcome)
    return found
