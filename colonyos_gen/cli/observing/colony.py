"""A colony that is made to try what writes, and is removed at the end, whatever happens.

Nobody else works in it, and one request is sent after another, each after the reply to the last: what takes a server down
is requests that overlap.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

from colonyos_gen_wire import methods as rpc
from colonyos_gen_wire.method import Method, Signer

from colonyos_gen.cli.observing.asking import Asker, Refused
from colonyos_gen.cli.observing.plain import list_in, object_in, text_in
from colonyos_gen.crypto import PrivateKey

PREFIX = "schema-drift-"
"""How the names of all such colonies begin."""
_SETTLED_S = 2.0
"""Seconds after which what was begun has ended in the server, also if nobody waited for it."""
_ROUNDS = 20
"""How often is looked whether everything has ended."""
_MANY = 100
WAITING, RUNNING = 0, 1


class Colony:
    """The colony, with an executor and a user, and all that has to be removed before it."""

    def __init__(self, asker: Asker, server_key: Signer) -> None:
        suffix = os.urandom(4).hex()
        self.asker = asker
        self.name: str = f"{PREFIX}{suffix}"
        self.executorname = "drift-executor"
        self.username = "drift-user"
        self.executortype: str = (
            f"drift-{suffix}-type"  # no digit at its end, by which it could be taken for another one
        )
        self.server_key = server_key
        self.colony_key: PrivateKey = PrivateKey.generate()
        self.executor_key: PrivateKey = PrivateKey.generate()
        self.user_key: PrivateKey = PrivateKey.generate()
        self.is_there: bool = False

    async def make(self) -> None:
        """Make it. Raises Refused if the server does not."""
        self.is_there = True  # from now on it may be, be there a reply or none
        try:
            await self.asker.ask(
                rpc.colony.ADD_COLONY,
                self.server_key,
                colony={"colonyid": self.colony_key.id, "name": self.name},
            )
        except Refused:
            self.is_there = await self._is_listed()
            raise

    def spec(self, funcname: str, **fields: Any) -> dict[str, Any]:
        """A function specification for its executor."""
        conditions: dict[str, Any] = {
            "colonyname": self.name,
            "executornames": [],
            "executortype": self.executortype,
            "dependencies": [],
            **fields.pop("conditions", {}),
        }
        return {
            "nodename": funcname,
            "funcname": funcname,
            "args": ["a", 1, 1.5, True, None, {"b": [1]}],
            "kwargs": {"key": "value"},
            "priority": 0,
            "maxwaittime": -1,
            "maxexectime": -1,
            "maxretries": 3,
            "conditions": conditions,
            "label": "drift",
            "env": {"VARIABLE": "value"},
            **fields,
        }

    async def member(self, method: Method[Any, Any], **fields: Any) -> Any:
        """Ask as its user; None if it is refused."""
        return await self.asker.attempt(method, self.user_key, **fields)

    async def executor(self, method: Method[Any, Any], **fields: Any) -> Any:
        """Ask as its executor; None if it is refused."""
        return await self.asker.attempt(method, self.executor_key, **fields)

    async def owner(self, method: Method[Any, Any], **fields: Any) -> Any:
        """Ask as its owner; None if it is refused."""
        return await self.asker.attempt(method, self.colony_key, **fields)

    async def remove(self) -> str:
        """Remove it with all that is in it; returns why it is still there, or nothing."""
        if not self.is_there:
            return ""
        await asyncio.sleep(_SETTLED_S)  # a request may have been given up, and be carried out nevertheless
        with contextlib.suppress(Refused):
            await self._clear()
        await asyncio.sleep(_SETTLED_S)
        if await self.going_on():
            return (
                f"colony {self.name} is still there, as something in it has not ended; remove it when it has"
            )
        await self.owner(rpc.executor.REMOVE_EXECUTOR, colonyname=self.name, executorname=self.executorname)
        try:
            await self.asker.ask(rpc.colony.REMOVE_COLONY, self.server_key, colonyname=self.name)
        except Refused as error:
            if await self._is_listed():
                return f"colony {self.name} is still there, remove it: {error}"
        self.is_there = False
        return ""

    async def _is_listed(self) -> bool:
        found = await self.asker.attempt(rpc.colony.GET_COLONIES, self.server_key)
        return any(text_in(each, "name") == self.name for each in list_in(found))

    async def _clear(self) -> None:
        """Remove what submits, and end what waits or runs."""
        name = self.name
        for cron in list_in(await self.member(rpc.cron.GET_CRONS, colonyname=name, count=_MANY)):
            await self.member(rpc.cron.REMOVE_CRON, cronid=text_in(cron, "cronid"), all=False)
        for generator in list_in(
            await self.member(rpc.generator.GET_GENERATORS, colonyname=name, count=_MANY)
        ):
            await self.member(
                rpc.generator.REMOVE_GENERATOR, generatorid=text_in(generator, "generatorid"), all=False
            )
        for blueprint in list_in(
            await self.member(rpc.blueprint.GET_BLUEPRINTS, namespace=name, kind="", locationname="")
        ):
            metadata = object_in(blueprint).get("metadata")
            await self.owner(rpc.blueprint.REMOVE_BLUEPRINT, namespace=name, name=text_in(metadata, "name"))
        for definition in list_in(await self.owner(rpc.blueprint.GET_BLUEPRINT_DEFINITIONS, colonyname=name)):
            metadata = object_in(definition).get("metadata")
            await self.owner(
                rpc.blueprint.REMOVE_BLUEPRINT_DEFINITION, namespace=name, name=text_in(metadata, "name")
            )
        await self.owner(rpc.pause.RESUME_ASSIGNMENTS, colonyname=name)
        for _ in range(_ROUNDS):
            going_on = await self.going_on()
            if not going_on:
                return
            for process in going_on:
                processid = text_in(process, "processid")
                cancelled = await self.member(rpc.process.CANCEL_PROCESS, processid=processid)
                if cancelled is None and process.get("state") == RUNNING:
                    await self.executor(rpc.process.FAIL, processid=processid, errors=["end"])
            if (
                rpc.process.CANCEL_PROCESS.msgtype in self.asker.failures
            ):  # an older server; what waits has to be run to end
                await self.run_all()
            await asyncio.sleep(0.3)

    async def run_all(self) -> None:
        """Assign and close all that can be."""
        for _ in range(_MANY):
            process = await self.assign()
            if process is None:
                return
            await self.executor(rpc.process.CLOSE, processid=text_in(process, "processid"), out=[])

    async def assign(self) -> Any:
        """A process for its executor; None if there is none."""
        return await self.executor(
            rpc.process.ASSIGN, colonyname=self.name, timeout=1, availablecpu="", availablemem=""
        )

    async def going_on(self) -> list[dict[str, Any]]:
        """What waits or runs in it."""
        found = [
            process
            for state in (WAITING, RUNNING)
            for process in list_in(
                await self.member(rpc.process.GET_PROCESSES, colonyname=self.name, count=_MANY, state=state)
            )
        ]
        return [object_in(process) for process in found if isinstance(process, dict)]
