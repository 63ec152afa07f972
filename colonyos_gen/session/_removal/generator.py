"""How a generator is removed."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from colonyos_gen_wire import Generator
from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import NotFoundError
from colonyos_gen.session._removal.procedure import SETTLED_S, Procedure

_SOON = timedelta(seconds=15)
"""How far ahead a batch must be, by clocks that may differ."""


class GeneratorProcedure(Procedure):
    """Removes one generator; see `AsyncGenerators.remove`."""

    def __init__(
        self, rpc: AsyncClient, generator: Generator, timeout: float | None, *, prvkey: Key | None = None
    ) -> None:
        super().__init__(rpc, f"generator {generator.name!r}", timeout, prvkey=prvkey)
        self._id = generator.generatorid

    async def remove(self) -> None:
        """Remove it while no batch is being submitted.

        Raises:
            RemovalRefused: A batch is due.
            NotFoundError: There is no such generator.
            RPCError: The server refuses it.
        """
        async with self.turn_to_remove(self._id) as turn:
            generator = await self._read()
            try:
                while True:
                    generator = await self._below_trigger(generator)
                    if generator.firstpack is None:
                        break  # nothing was ever packed
                    # A batch leaves the queue before its last workflow is stored and the generator is marked.
                    rest = self.unsettled(
                        max(SETTLED_S, generator.checkerperiod / 1000), None, time.monotonic(), turn
                    )
                    await asyncio.sleep(rest)
                    before, generator = generator, await self._read()
                    if _reason(generator) is None and generator.lastrun == before.lastrun:
                        break
                await self.remove_now(
                    lambda limit: self.rpc.remove_generator(self._id, prvkey=self.prvkey, rpc_timeout=limit),
                    turn,
                )
            except NotFoundError:
                return  # somebody else was faster

    async def _below_trigger(self, generator: Generator) -> Generator:
        while (reason := _reason(generator)) is not None:
            if self.left <= 0:
                self.refuse(
                    [reason],
                    "Stop packing, and wait until its queue is below its trigger, or give it time with timeout=.",
                )
            await self.pause()
            generator = await self._read()
        return generator

    async def _read(self) -> Generator:
        return await self.read(
            lambda limit: self.rpc.get_generator(self._id, prvkey=self.prvkey, rpc_timeout=limit)
        )


def _reason(generator: Generator) -> str | None:
    """Why a batch may be submitted at this moment."""
    queued = f"{generator.queuesize} packed arguments"
    if generator.queuesize >= generator.trigger > 0:
        return f"{queued} are in its queue, and {generator.trigger} start a workflow"
    since = generator.lastrun or generator.firstpack
    if generator.queuesize and generator.timeout > 0 and since is not None:
        due = since + timedelta(seconds=generator.timeout)
        if due - datetime.now(UTC) < _SOON:
            return f"{queued} are in its queue, and start a workflow at {due:%H:%M:%S} for want of more"
    return None
