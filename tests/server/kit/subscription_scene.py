"""A process to subscribe to, for the tests of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from colonyos_gen_wire.methods import channel, process
from colonyos_gen_wire.requests.channel import ChannelAppendMsg
from colonyos_gen_wire.requests.process import CancelProcessMsg, CloseFailedMsg
from colonyos_gen_wire.requests.subscription import SubscribeChannelMsg, SubscribeProcessMsg
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec

from colonyos_gen.crypto import PrivateKey

from .lab import Lab, lab, spec
from .socket_lab import Connection, line


class Scene:
    """A waiting process with a channel, its initiator, an executor, and one connection."""

    def __init__(
        self, here: Lab, user: PrivateKey, executor: PrivateKey, processid: str, first: Connection
    ) -> None:
        self.here = here
        self.user = user
        self.executor = executor
        self.processid = processid
        self.line = first

    def process(self, state: ProcessState, timeout: int = 60, **more: Any) -> SubscribeProcessMsg:
        return SubscribeProcessMsg(processid=self.processid, state=state, timeout=timeout, **more)

    def channel(self, timeout: int = 60, **more: Any) -> SubscribeChannelMsg:
        return SubscribeChannelMsg(processid=self.processid, channelname="c", timeout=timeout, **more)

    async def append(self, sequence: int, payload: bytes = b"", key: PrivateKey | None = None) -> None:
        request = ChannelAppendMsg(processid=self.processid, channelname="c", sequence=sequence, data=payload)
        await self.here.call(key or self.user, channel.CHANNEL_APPEND, request)

    async def cancel(self) -> None:
        request = CancelProcessMsg(processid=self.processid)
        await self.here.call(self.user, process.CANCEL_PROCESS, request)

    async def fail(self) -> None:
        request = CloseFailedMsg(processid=self.processid, errors=["no"])
        await self.here.call(self.executor, process.FAIL, request)


@asynccontextmanager
async def scene(*, what: FunctionSpec | None = None, **options: Any) -> AsyncGenerator[Scene]:
    async with lab(**options) as here, line(here) as first:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        submitted = await here.submit(user, what or spec(channels=["c"]))
        yield Scene(here, user, executor, submitted.processid, first)


def play(act: Callable[[Scene], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(300), scene(**options) as made:
            await act(made)

    asyncio.run(main())
