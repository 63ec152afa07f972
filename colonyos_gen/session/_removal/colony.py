"""How a colony is removed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

from colonyos_gen_wire import Executor, Generator, ProcessState, User
from colonyos_gen_wire.constants import APPROVED, RUNNING, UNREGISTERED, WAITING
from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import DEFAULT_TIMEOUT, AsyncClient
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.errors import DeniedError, MissingKeyError, NotFoundError, RPCError
from colonyos_gen.session._failures import describe
from colonyos_gen.session._named import ALL
from colonyos_gen.session._removal.arguments import require_flag, require_name
from colonyos_gen.session._removal.bulk import BulkProcedure
from colonyos_gen.session._removal.executor import ExecutorProcedure
from colonyos_gen.session._removal.generator import GeneratorProcedure
from colonyos_gen.session._removal.procedure import CLOCKS_S, HELD_S, SETTLED_S, Procedure
from colonyos_gen.session._removal.refusal import RemovalRefused
from colonyos_gen.session._removal.turns import Turn

_POLL_S = 12.0
"""Seconds after which a long poll of one of our workers has ended. Other clients may poll for longer."""
_IDLE_S = 5.0
"""Seconds that are waited for an executor at least, of which all processes have been cancelled."""
_SHOWN = 4


class _Obstacle(NamedTuple):
    text: str
    remedy: str


class ColonyProcedure(Procedure):
    """Removes one colony; see `AsyncColonies.remove`."""

    def __init__(self, rpc: AsyncClient, name: str, timeout: float | None) -> None:
        require_name("remove_colony", name)
        super().__init__(rpc, f"colony {name!r}", timeout)
        self._name = name
        self._owner: str | None = None
        self._heard: dict[str, tuple[datetime, float]] = {}
        """When each executor was last heard from, and when that was first read."""
        self._worked_in = False
        self._settle = SETTLED_S

    async def remove(self, *, clear: bool, hazardous: bool) -> None:
        """Remove it once nobody is at work in it, or at once.

        Raises:
            RemovalRefused: Something is in the way, or nobody may look.
            NotFoundError: There is no such colony.
            MissingKeyError, DeniedError: The session has no key of the server's owner; nothing was touched.
            InvalidRequestError: `clear` or `hazardous` is neither True nor False.
            RPCError: The server refuses it.
        """
        require_flag("remove_colony", "clear", clear)
        require_flag("remove_colony", "hazardous", hazardous)
        async with self.turn_to_remove(f"colony {self._name}") as turn:
            # Whoever may list colonies may remove them: nothing is cleared, or waited for, in vain.
            self._owner = await self._owner_now()
            if hazardous:
                await self._remove(turn, looks=False)
                return
            async with self._member() as key:
                self.prvkey = key
                if clear:
                    await self._clear(turn)
                await self._until_quiet(turn)
                await self._remove(turn, looks=True)

    async def _remove(self, turn: Turn, *, looks: bool) -> None:
        async def is_still_there(_lost: bool) -> bool:
            if await self._owner_now() != self._owner:  # it has gone, and may be another one's by now
                return False
            if looks:
                await self._until_quiet(turn)
            return True

        await self.remove_now(
            lambda limit: self.rpc.remove_colony(self._name, rpc_timeout=limit), turn, is_still_there
        )

    async def _owner_now(self) -> str | None:
        """Identity of its owner; None if there is no such colony."""
        colonies = await self.read(lambda limit: self.rpc.get_colonies(rpc_timeout=limit))
        return next((each.colonyid for each in colonies if each.name == self._name), None)

    @contextlib.asynccontextmanager
    async def _member(self) -> AsyncGenerator[Key | None]:
        """The key to look with, None for the client's own."""
        try:
            await self.read(lambda limit: self.rpc.get_processes(self._name, 1, RUNNING, rpc_timeout=limit))
        except (DeniedError, MissingKeyError) as error:
            denied = error
        else:
            yield None
            return
        if not self._is_ours():
            raise RemovalRefused(
                self.what,
                [f"no key of this session may look into it ({denied})"],
                "Give a key of a member or of the owner of the colony, or say hazardous=True if nobody works in it.",
            ) from denied
        key = PrivateKey.generate()
        user = User(colonyname=self._name, userid=key.id, name=f"removal-{os.urandom(4).hex()}")
        await self.ask(lambda limit: self.rpc.add_user(user, rpc_timeout=limit))
        try:
            yield key
        except BaseException:
            with contextlib.suppress(RPCError):
                await self.rpc.remove_user(self._name, user.name)
            raise

    def _is_ours(self) -> bool:
        try:
            owner = self.rpc.identity("colony")
        except MissingKeyError:
            return False
        return self._owner == owner

    async def _clear(self, turn: Turn) -> None:
        """Remove what submits, cancel what waits or runs, and remove the executors."""
        rpc, key = self.rpc, self.prvkey
        for cron in await self.read(
            lambda limit: rpc.get_crons(self._name, ALL, prvkey=key, rpc_timeout=limit)
        ):
            with contextlib.suppress(NotFoundError):
                await self.remove_now(_removal_of_cron(rpc, cron.cronid, key), turn)
        for generator in await self._generators():
            await GeneratorProcedure(rpc, generator, max(0.0, self.left), prvkey=key).remove()
        if await BulkProcedure(rpc, self._name, max(DEFAULT_TIMEOUT, self.left), prvkey=key).cancel_all():
            self._settle = HELD_S
        for executor in await self._executors():
            if executor.state is not UNREGISTERED:
                # One that stays may be in the way later.
                with contextlib.suppress(DeniedError, MissingKeyError, NotFoundError):
                    await ExecutorProcedure(
                        rpc, self._name, executor.executorname, max(_IDLE_S, self.left), prvkey=key
                    ).remove(hazardous=False)

    async def _until_quiet(self, turn: Turn) -> None:
        quiet_since: float | None = None
        while True:
            obstacles = await self._look()
            if obstacles:
                quiet_since = None
                if self.left <= 0:
                    self._refuse(obstacles)
                await self.pause()
                continue
            quiet_since = time.monotonic() if quiet_since is None else quiet_since
            rest = self.unsettled(self._settle, None, quiet_since, turn)
            if rest <= 0 or not self._worked_in:
                return
            await asyncio.sleep(rest)

    async def _look(self) -> list[_Obstacle]:
        """What is in the way, those who submit first."""
        rpc, key, name = self.rpc, self.prvkey, self._name
        crons = await self.read(lambda limit: rpc.get_crons(name, ALL, prvkey=key, rpc_timeout=limit))
        generators = await self._generators()
        executors = await self._executors()
        self._worked_in = any(each.lastheardfromtime for each in executors)
        return [
            *(
                _Obstacle(f"cron {each.name!r} submits", f"session.crons.remove({each.name!r})")
                for each in crons
            ),
            *(
                _Obstacle(f"generator {each.name!r} submits", f"session.generators.remove({each.name!r})")
                for each in generators
            ),
            *(
                _Obstacle(
                    f"executor {each.executorname!r} may be waiting for work",
                    f"stop its worker and session.executors.remove({each.executorname!r})",
                )
                for each in executors
                if each.state is APPROVED and self._may_be_polling(each)
            ),
            *await self._going_on(RUNNING),
            *await self._going_on(WAITING),
        ]

    async def _executors(self) -> list[Executor]:
        return await self.read(
            lambda limit: self.rpc.get_executors(self._name, prvkey=self.prvkey, rpc_timeout=limit)
        )

    async def _generators(self) -> list[Generator]:
        return await self.read(
            lambda limit: self.rpc.get_generators(self._name, ALL, prvkey=self.prvkey, rpc_timeout=limit)
        )

    async def _going_on(self, state: ProcessState) -> list[_Obstacle]:
        found = await self.read(
            lambda limit: self.rpc.get_processes(
                self._name, _SHOWN, state, prvkey=self.prvkey, rpc_timeout=limit
            )
        )
        remedy = "cancel what has not ended, or have it done with clear=True"
        return [_Obstacle(f"{describe(each)} is {state.name}", remedy) for each in found]

    def _may_be_polling(self, executor: Executor) -> bool:
        """Whether it asked for work so lately that it may be waiting for the answer; by its clock, or by ours alone."""
        heard = executor.lastheardfromtime
        if heard is None or (datetime.now(UTC) - heard).total_seconds() > _POLL_S + CLOCKS_S:
            return False
        now = time.monotonic()
        known, since = self._heard.get(executor.executorname, (None, now))
        if known != heard:
            since = now
        self._heard[executor.executorname] = heard, since
        return now - since < _POLL_S

    def _refuse(self, obstacles: list[_Obstacle]) -> None:
        in_the_way = [each.text for each in obstacles[:_SHOWN]]
        if len(obstacles) > _SHOWN:
            in_the_way.append("and others")
        remedies = "; ".join(dict.fromkeys(each.remedy for each in obstacles[:_SHOWN]))
        self.refuse(in_the_way, f"What helps: {remedies}; then wait with timeout=.")


def _removal_of_cron(rpc: AsyncClient, cronid: str, prvkey: Key | None) -> Callable[[float], Awaitable[None]]:
    return lambda limit: rpc.remove_cron(cronid, prvkey=prvkey, rpc_timeout=limit)
