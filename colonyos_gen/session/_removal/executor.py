"""How an executor is removed."""

from __future__ import annotations

from colonyos_gen_wire import Executor, Process
from colonyos_gen_wire.constants import MAX_COUNT, RUNNING, UNREGISTERED
from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import DeniedError, MissingKeyError
from colonyos_gen.session._failures import describe
from colonyos_gen.session._removal.arguments import require_flag, require_name
from colonyos_gen.session._removal.procedure import EVER_S, Procedure
from colonyos_gen.session._removal.refusal import RemovalRefused

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
        require_name("remove_executor", name)
        super().__init__(rpc, f"executor {name!r} of colony {colonyname!r}", timeout, prvkey=prvkey)
        self._colonyname = colonyname
        self._name = name

    async def remove(self, hazardous: bool) -> None:
        """Remove it once it runs nothing, or at once.

        Raises:
            RemovalRefused: It has running processes, or nobody may look.
            InvalidRequestError: `hazardous` is neither True nor False.
            RPCError: The server refuses it.
        """
        require_flag("remove_executor", "hazardous", hazardous)
        async with self.turn_to_remove(f"executor {self._name} of {self._colonyname}") as turn:
            executor = await self._seen_before() if hazardous else await self._until_idle()

            async def is_still_there(lost: bool) -> bool:
                if executor is None and not lost:
                    return True
                now = await self._read()
                if now.state is UNREGISTERED or (executor is not None and not _is_same(now, executor)):
                    return False
                if not hazardous:
                    await self._until_idle()
                return True

            await self.remove_now(
                lambda limit: self.rpc.remove_executor(self._colonyname, self._name, rpc_timeout=limit),
                turn,
                is_still_there,
            )

    async def _read(self) -> Executor:
        return await self.read(
            lambda limit: self.rpc.get_executor(
                self._colonyname, self._name, prvkey=self.prvkey, rpc_timeout=limit
            )
        )

    async def _seen_before(self) -> Executor | None:
        """The executor, or None if nobody may look."""
        try:
            return await self._read()
        except (DeniedError, MissingKeyError):
            return None

    async def _until_idle(self) -> Executor:
        try:
            executor = await self._read()
            while running := await self._running(executor.executorid, executor.executortype):
                if self.left <= 0:
                    self._refuse_for(running)
                await self.pause()
        except (DeniedError, MissingKeyError) as error:
            raise RemovalRefused(
                self.what,
                [f"no key of this session may look at what it runs ({error})"],
                "Give a key of a member of the colony, or say hazardous=True if its worker has ended.",
            ) from error
        return executor

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
        self.refuse(
            in_the_way,
            "Stop its worker, cancel them, or wait with timeout=; hazardous=True gives them to others.",
        )


def _is_same(now: Executor, before: Executor) -> bool:
    """Whether it was not registered again meanwhile, by whomever."""
    return (now.executorid, now.commissiontime) == (before.executorid, before.commissiontime)
