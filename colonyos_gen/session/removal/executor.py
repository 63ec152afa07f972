"""How an executor is removed."""

from __future__ import annotations

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import MAX_COUNT, RUNNING
from colonyos_gen_wire.method import Key

from colonyos_gen.client import AsyncClient
from colonyos_gen.errors import DeniedError, MissingKeyError
from colonyos_gen.session.failures import describe
from colonyos_gen.session.removal.procedure import EVER_S, Procedure
from colonyos_gen.session.removal.refusal import RemovalRefused
from colonyos_gen.session.removal.turns import turn_for

_SHOWN = 4


class ExecutorProcedure(Procedure):
    """Removes one executor; see `AsyncExecutors.remove`."""

    def __init__(
        self,
        rpc: AsyncClient,
        colonyname: str,
        name: str,
        timeout: float | None,
        *,
        prvkey: Key | None = None,
    ) -> None:
        super().__init__(rpc, timeout, prvkey=prvkey)
        self._colonyname = colonyname
        self._name = name

    async def remove(self, hazardous: bool) -> None:
        """Remove it once it runs nothing, or at once.

        Raises:
            RemovalRefused: It has running processes, or nobody may look.
            RPCError: The server refuses it.
        """
        async with turn_for(self.rpc.url, f"executor {self._name} of {self._colonyname}") as turn:
            if not hazardous:
                await self._until_idle()
            await self.remove_now(
                lambda limit: self.rpc.remove_executor(self._colonyname, self._name, rpc_timeout=limit), turn
            )

    async def _until_idle(self) -> None:
        try:
            executor = await self.read(
                lambda limit: self.rpc.get_executor(
                    self._colonyname, self._name, prvkey=self.prvkey, rpc_timeout=limit
                )
            )
            while running := await self._running(executor.executorid, executor.executortype):
                if self.left <= 0:
                    self._refuse_for(running)
                await self.pause()
        except (DeniedError, MissingKeyError) as error:
            raise RemovalRefused(
                self._what,
                [f"no key of this session may look at what it runs ({error})"],
                "Give a key of a member of the colony, or say hazardous=True if its worker has ended.",
            ) from error

    async def _running(self, executorid: str, executortype: str) -> list[Process]:
        """What it runs, or a part of it."""
        listed = await self.read(
            lambda limit: self.rpc.get_processes(
                self._colonyname, MAX_COUNT, RUNNING,
                executortype=executortype, prvkey=self.prvkey, rpc_timeout=limit,
            )
        )  # fmt: skip
        found = [each for each in listed if each.assignedexecutorid == executorid]
        if found or len(listed) < MAX_COUNT:
            return found
        return await self.read(
            lambda limit: self.rpc.get_process_history(
                self._colonyname,
                EVER_S,
                RUNNING,
                executorid=executorid,
                prvkey=self.prvkey,
                rpc_timeout=limit,
            )
        )

    def _refuse_for(self, running: list[Process]) -> None:
        in_the_way = [f"it runs {describe(each)}" for each in running[:_SHOWN]]
        if len(running) > _SHOWN:
            in_the_way.append("and others")
        raise RemovalRefused(
            self._what,
            [*in_the_way, self.late] if self.late else in_the_way,
            "Stop its worker, cancel them, or wait with timeout=; hazardous=True gives them to others.",
        )

    @property
    def _what(self) -> str:
        return f"executor {self._name!r} of colony {self._colonyname!r}"
