"""Where the demonstration takes place: a server, a colony on it, and somebody who submits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from colonyos_gen_wire import Colony, User

from colonyos_gen import AsyncClient, AsyncSession, Config, ConfigError, PrivateKey
from colonyos_gen._client.client import settings
from colonyos_gen.config import server_is_set

_REMOVAL_S = 30.0
"""Seconds to wait for what is in the way of a removal at the end."""


@dataclass(frozen=True)
class Scene:
    """A colony, and the keys to be everybody in it."""

    where: str
    """Address of the server, and whose it is."""
    url: str
    colonyname: str
    colony_key: PrivateKey
    member_key: PrivateKey
    """Key of somebody who may submit."""
    suffix: str
    """Makes names unique."""
    environ: dict[str, str]
    """The variables that lead there, with the key of the colony owner."""

    def __repr__(self) -> str:
        return f"Scene({self.url!r}, {self.colonyname!r})"


@contextlib.asynccontextmanager
async def make_scene() -> AsyncGenerator[Scene]:
    """A colony on the server that the environment names, else on one of its own; what it makes there, it removes.

    Raises:
        ConfigError: The environment names a server, but no colony and no key to make one with.
    """
    async with contextlib.AsyncExitStack() as stack:
        if server_is_set():
            config, environ = Config.from_env(), dict(os.environ)
            where = f"{config.url}, from the environment"
        else:
            from colonyos_gen.server import Server

            owner = PrivateKey.generate()
            server = await stack.enter_async_context(Server(server_key=owner))
            environ = {"COLONIES_SERVER_HOST": server.host, "COLONIES_SERVER_PORT": str(server.port)}
            config = Config.from_env(environ | {"COLONIES_SERVER_PRVKEY": owner.hex()})
            where = f"{config.url}, embedded in this process; set COLONIES_SERVER_HOST to use another"
        client = await stack.enter_async_context(AsyncClient.from_env(environ, server_key=config.server_key))
        suffix = os.urandom(3).hex()
        colonyname, colony_key = await _colony(stack, client, config, suffix)
        member_key = config.member_key or await _user(stack, client, colonyname, colony_key, suffix)
        environ |= {"COLONIES_COLONY_NAME": colonyname, "COLONIES_COLONY_PRVKEY": colony_key.hex()}
        yield Scene(where, config.url, colonyname, colony_key, member_key, suffix, environ)


async def _colony(
    stack: contextlib.AsyncExitStack, client: AsyncClient, config: Config, suffix: str
) -> tuple[str, PrivateKey]:
    if config.colonyname and config.colony_key:
        return config.colonyname, config.colony_key
    if config.server_key is None:
        raise ConfigError(
            "the demonstration needs a colony: set COLONIES_COLONY_NAME and COLONIES_COLONY_PRVKEY to use yours, or "
            "COLONIES_SERVER_PRVKEY to let it make one for the moment"
        )
    name, key = f"demo-{suffix}", PrivateKey.generate()
    await client.add_colony(Colony(colonyid=key.id, name=name))
    options: dict[str, Any] = settings(config) | {"colony_key": key, "member_key": None}
    owner = await stack.enter_async_context(AsyncClient(**options))
    stack.push_async_callback(AsyncSession(owner, name).colonies.remove, name, _REMOVAL_S, clear=True)
    return name, key


async def _user(
    stack: contextlib.AsyncExitStack,
    client: AsyncClient,
    colonyname: str,
    colony_key: PrivateKey,
    suffix: str,
) -> PrivateKey:
    key = PrivateKey.generate()
    user = User(colonyname=colonyname, userid=key.id, name=f"demo-user-{suffix}")
    await client.add_user(user, prvkey=colony_key)
    stack.push_async_callback(client.remove_user, colonyname, user.name, prvkey=colony_key)
    return key
