"""The reads that waiting is made of, in the name of one signer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec
from colonyos_gen_wire import Process, ProcessGraph, ProcessState
from colonyos_gen_wire.method import Key, Method
from colonyos_gen_wire.methods.process import GET_PROCESS, GET_PROCESSES
from colonyos_gen_wire.methods.workflow import GET_PROCESSGRAPH
from colonyos_gen_wire.requests.process import GetProcessesMsg, GetProcessMsg
from colonyos_gen_wire.requests.workflow import GetProcessGraphMsg

from colonyos_gen._call.in_flight import blocks_a_loop
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._waiting.pace import Cost
from colonyos_gen.errors import RPCError

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")
T = TypeVar("T")

READ_S = 10.0
"""Seconds that a read may take."""


class Reading:
    """Reads processes, lists of them, and workflows, in tasks of its own, and takes note of what that costs.

    Args:
        pipeline: What makes the reads.
        prvkey: Key that signs them, instead of that of the client.
    """

    def __init__(self, pipeline: Pipeline, prvkey: Key | None) -> None:
        self._pipeline = pipeline
        self._prvkey = prvkey
        self.of_one: Cost = Cost()
        """What it costs to read one process."""
        self.blocking: int = 0
        """How many of those for whom it reads hold up an event loop."""

    async def _read(self, method: Method[ReqT, RespT], request: ReqT) -> RespT:
        # A read is made for all who wait, not for whoever happened to begin it.
        blocks_a_loop.set(self.blocking > 0)
        pipeline = self._pipeline
        limit = min(READ_S, pipeline.timeout)
        return await pipeline.call(method, request, pipeline.reading, self._prvkey, limit)

    async def process(self, processid: str) -> Process:
        """A process as it is. Raises RPCError."""
        began = time.perf_counter()
        found = await self._read(GET_PROCESS, GetProcessMsg(processid=processid))
        self.of_one.spent(time.perf_counter() - began)
        return found

    async def latest(self, colonyname: str, count: int, state: ProcessState) -> list[Process]:
        """The processes of a colony that ended last in `state`, the last one first. Raises RPCError."""
        request = GetProcessesMsg(colonyname=colonyname, count=count, state=state)
        return await self._read(GET_PROCESSES, request)

    async def graph(self, processgraphid: str) -> ProcessGraph:
        """A workflow as it is. Raises RPCError."""
        return await self._read(GET_PROCESSGRAPH, GetProcessGraphMsg(processgraphid=processgraphid))


async def all_of(*reads: Coroutine[Any, Any, T]) -> list[T | RPCError]:
    """What several reads at once come to, an RPCError in the place of those that failed."""
    found: list[T | RPCError] = []
    for outcome in await asyncio.gather(*reads, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, RPCError):
            raise outcome
        found.append(outcome)
    return found
