"""What shows a quirk: something to do with a server, and what comes of it with the quirk and without.

@shows("storage_blocks", strict="assigned", quirk="NoProcessError 404")
async def storage(here: QuirkScene) -> object: ...
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.method import Method

from colonyos_gen import AsyncClient, PrivateKey
from colonyos_gen._call.envelope import open_reply
from colonyos_gen.errors import RPCError
from colonyos_gen.server import ManualClock, Quirks
from tests.server.kit.lab import Lab, envelope, lab

ReqT = TypeVar("ReqT", bound=msgspec.Struct)


class QuirkScene:
    """A colony with a user and an executor, and a client for each of them."""

    def __init__(self, here: Lab, clock: ManualClock, user: PrivateKey, executor: PrivateKey) -> None:
        self.lab = here
        self.clock = clock
        self.user_key = user
        self.executor_key = executor
        self.user = AsyncClient(
            here.server.url, server_key=here.server_key, colony_key=here.colony_key, member_key=user
        )
        self.executor = AsyncClient(here.server.url, member_key=executor)


@dataclass(frozen=True)
class Case:
    """One thing to do, and what comes of it."""

    flag: str
    act: Callable[[QuirkScene], Awaitable[object]]
    strict: object
    quirk: object
    options: dict[str, Any]
    """Further arguments of the server."""


CASES: list[Case] = []

Act = Callable[[QuirkScene], Awaitable[object]]


def shows(flag: str, *, strict: object, quirk: object, **options: Any) -> Callable[[Act], Act]:
    """Register a case."""

    def register(act: Act) -> Act:
        CASES.append(Case(flag, act, strict, quirk, options))
        return act

    return register


@asynccontextmanager
async def quirk_scene(quirks: Quirks, **options: Any) -> AsyncGenerator[QuirkScene]:
    clock = ManualClock()
    async with lab(clock=clock, quirks=quirks, **options) as here:
        made = QuirkScene(here, clock, await here.add_user("u"), await here.add_executor("e"))
        async with made.user, made.executor:
            yield made


async def posted(
    here: QuirkScene, key: PrivateKey, method: Method[ReqT, Any], request: ReqT
) -> tuple[int, bytes]:
    """Status and body of the reply to a request that the client would not even send."""
    return await here.lab.post(envelope(key, method.msgtype, encode(request)))


async def read_by_client(method: Method[Any, Any], reply: tuple[int, bytes]) -> str:
    """What the client makes of a reply."""

    async def read() -> None:
        open_reply(method, *reply)

    return await outcome(read())


async def outcome(call: Awaitable[object], good: str = "ok") -> str:
    """How a call ends: `good`, or the class and the status of the exception."""
    try:
        await call
    except RPCError as error:
        return f"{type(error).__name__} {error.status}"
    return good
