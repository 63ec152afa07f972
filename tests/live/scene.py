"""A colony of its own for each test: on the server that the environment names, else on an embedded one."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from colonyos_gen_wire import Colony, Executor, FunctionSpec, Process, User

from colonyos_gen import AsyncClient, AsyncSession, Config, PrivateKey
from colonyos_gen.config import server_is_set

REAL = server_is_set()
"""Whether these tests talk to a server from the environment."""


@dataclass
class Scene:
    """A colony with its owner, one approved executor, one user, and somebody who does not belong."""

    url: str
    client: AsyncClient
    colonyname: str
    executortype: str
    executorname: str
    server_key: PrivateKey
    colony_key: PrivateKey
    executor_key: PrivateKey
    user_key: PrivateKey
    stranger_key: PrivateKey

    def spec(self, funcname: str = "echo", *args: object) -> FunctionSpec:
        """A function spec that the executor of this scene can take."""
        spec = FunctionSpec.new(funcname, self.executortype, self.colonyname)
        spec.args = list(args)
        return spec

    async def submit(self, funcname: str = "echo", *args: object) -> Process:
        """Submit as the user."""
        return await self.client.submit(self.spec(funcname, *args), prvkey=self.user_key)

    async def assign(self, timeout: int = 5) -> Process:
        """Assign as the executor."""
        return await self.client.assign(self.colonyname, timeout, prvkey=self.executor_key)

    async def add_executor(self, name: str, type_: str | None = None) -> PrivateKey:
        """Another approved executor; returns its key."""
        key = PrivateKey.generate()
        executor = Executor.new(name, key.id, type_ or self.executortype, self.colonyname)
        await self.client.add_executor(executor, prvkey=self.colony_key)
        await self.client.approve_executor(self.colonyname, name, prvkey=self.colony_key)
        return key


@contextlib.asynccontextmanager
async def scene() -> AsyncGenerator[Scene]:
    """A scene that is taken down at the end."""
    async with contextlib.AsyncExitStack() as stack:
        if REAL:
            config = Config.from_env()
            assert config.server_key is not None, "the live tests need COLONIES_SERVER_PRVKEY"
            url, server_key = config.url, config.server_key
        else:
            from colonyos_gen.server import Server

            server_key = PrivateKey.generate()
            server = await stack.enter_async_context(Server(server_key=server_key))
            url = server.url
        keys = [PrivateKey.generate() for _ in range(4)]
        colony_key, executor_key, user_key, stranger_key = keys
        client = AsyncClient(
            url, server_key=server_key, colony_key=colony_key, member_key=user_key, strict=True, timeout=20
        )
        await stack.enter_async_context(client)
        suffix = os.urandom(4).hex()
        colonyname = f"live-{suffix}"
        await client.add_colony(Colony(colonyid=colony_key.id, name=colonyname))
        stack.push_async_callback(
            AsyncSession(client, colonyname).colonies.remove, colonyname, 60, clear=True
        )
        made = Scene(url, client, colonyname, f"type-{suffix}", f"executor-{suffix}", server_key, *keys)
        executor = Executor.new(made.executorname, executor_key.id, made.executortype, colonyname)
        await client.add_executor(executor)
        await client.approve_executor(colonyname, made.executorname)
        await client.add_user(User(colonyname=colonyname, userid=user_key.id, name=f"user-{suffix}"))
        # On a shared server a colony outlives its blueprints; the tests that make some remove them.
        del stranger_key
        yield made


def play(act: Callable[[Scene], Awaitable[None]]) -> None:
    """Run one coroutine function in a scene of its own."""

    async def run() -> None:
        async with scene() as made:
            await act(made)

    asyncio.run(run())
