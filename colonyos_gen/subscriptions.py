"""Subscriptions: events that the server pushes over a WebSocket.

One connection serves one subscription. What arrives first and how each subscription ends differs by message, as the
descriptions of the messages in the schema say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from colonyos_gen_wire import ChannelEntry, LimitError, Process, ProcessState
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.method import AsyncCaller, Key, Method
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL, SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeChannelMsg, SubscribeProcessMsg

from colonyos_gen.envelope import open_reply, seal
from colonyos_gen.errors import ConnectionFailedError, InvalidRequestError, RPCTimeoutError
from colonyos_gen.signers import Keyring, parse
from colonyos_gen.transport import Transport

GRACE = 5.0
"""Seconds past the server's own timeout after which silence counts as the timeout."""


class AsyncSubscriptions(AsyncCaller):
    """The calls that wait for events."""

    _keys: Keyring
    _transport: Transport
    _timeout: float
    _strict: bool

    async def subscribe_process(
        self, process: Process, state: int, timeout: int, *, prvkey: Key | None = None
    ) -> Process:
        """Wait until a process reaches `state`, and return the process as it then is.

        A process that is already in that state ends the wait at once. One that ends in another state does not: watch for
        that with a call of its own, or use a short timeout.

        Args:
            process: The process to watch; only its id counts.
            state: State to wait for, such as `RUNNING` or `SUCCESS`.
            timeout: Seconds to wait.
            prvkey: Private key to sign with, instead of the client's own.

        Raises:
            RPCTimeoutError: The process did not reach the state in time.
            ConnectionFailedError: The connection broke before that.
            NotFoundError: There is no such process.
        """
        request = SubscribeProcessMsg(processid=process.processid, state=ProcessState(state), timeout=timeout)
        async with self._subscribe(SUBSCRIBE_PROCESS, request, timeout, prvkey) as frames:
            async for _ in frames:
                # What is pushed may be older than what is stored: the output can be missing.
                return await self.call(GET_PROCESS, GetProcessMsg(processid=process.processid), prvkey=prvkey)
        message = f"the process did not reach state {ProcessState(state).name} within {timeout} s"
        raise RPCTimeoutError(message, method=SUBSCRIBE_PROCESS.name)

    async def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int,
        timeout: int,
        callback: Callable[[list[ChannelEntry]], bool],
        *,
        prvkey: Key | None = None,
    ) -> list[ChannelEntry]:
        """Receive the entries of a channel as they are appended, and return all of them at the end.

        It ends when `callback` returns False, or at the timeout. The server says nothing when the process ends: have the
        sender append an entry of type `end`, and return False on it.

        Args:
            processid: Process that the channel belongs to.
            channelname: Name of the channel.
            afterseq: How many stored entries to skip; 0 for all. It is an index, not a sequence number.
            timeout: Seconds to listen.
            callback: Called with each batch of entries; returns whether to go on.
            prvkey: Private key to sign with, instead of the client's own.

        Raises:
            ConnectionFailedError: The connection broke.
            NotFoundError: The process or the channel does not exist, or the process has ended.
            DeniedError: The signer is neither the initiator nor the assigned executor.
        """
        request = SubscribeChannelMsg(
            processid=processid, channelname=channelname, afterseq=afterseq, timeout=timeout
        )
        received: list[ChannelEntry] = []
        async with self._subscribe(SUBSCRIBE_CHANNEL, request, timeout, prvkey) as frames:
            async for entries in frames:
                if not entries:  # how the server marks its timeout
                    break
                received += entries
                if not callback(entries):
                    break
        return received

    @asynccontextmanager
    async def _subscribe(
        self, method: Method[Any, Any], request: msgspec.Struct, timeout: int, prvkey: Key | None
    ) -> AsyncGenerator[AsyncGenerator[Any]]:
        try:
            check(request)
        except LimitError as error:
            raise InvalidRequestError(
                str(error), method=method.name, field=error.field, value=error.value, rule=error.rule
            ) from None
        signer = self._keys.pick(method) if prvkey is None else parse(prvkey)
        socket = await self._transport.websocket(method=method.name, timeout=self._timeout)
        frames = self._frames(socket, method, timeout, signer.id if signer else "")
        try:
            await socket.send_str(seal(method.msgtype, request, signer).decode())
            yield frames
        finally:
            await frames.aclose()
            _drop(socket)

    async def _frames(
        self, socket: aiohttp.ClientWebSocketResponse, method: Method[Any, Any], timeout: int, signer: str
    ) -> AsyncGenerator[Any]:
        started = time.monotonic()
        deadline = started + max(0, timeout) + GRACE
        while True:
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    frame = await socket.receive()
            except TimeoutError:
                return
            if frame.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                body: bytes = frame.data.encode() if isinstance(frame.data, str) else frame.data
                yield open_reply(method, 200, body, signer=signer, strict=self._strict)
                continue
            # The server marks the timeout of a process subscription by dropping the connection.
            if time.monotonic() - started >= timeout - 0.5:
                return
            raise ConnectionFailedError("the server closed the subscription early", method=method.name)


def _drop(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Close without the closing handshake, to which the server does not answer during a subscription."""
    response = socket._response  # pyright: ignore[reportPrivateUsage]  # aiohttp has no public way to abort
    response.close()
