"""The WebSocket side: subscriptions.

A client sends a request in the same envelope as over HTTP, one in a frame, and gets an envelope in each frame that
comes back. One subscription at a time runs on a connection; after it has ended, or was refused, the connection can be
used for the next one.

While a subscription runs, its connection goes on reading: it answers pings, notices at once when the client leaves, and
refuses further requests. Sending waits until the client has read enough, so nothing piles up for one that does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Any, cast

from aiohttp import WSMessage, WSMsgType, hdrs, web
from colonyos_gen_wire import errors
from colonyos_gen_wire.method import Via
from colonyos_gen_wire.methods import subscription

from colonyos_gen.server._caller.access import AnyMethod
from colonyos_gen.server._caller.hangup import GOING_AWAY, NO_CLOSE_FRAME, NORMAL, TRY_AGAIN_LATER, HangUp
from colonyos_gen.server._caller.refusal import (
    BUSY_CONNECTION,
    FAULT,
    NO_ANSWER,
    TOO_MANY_FRAMES,
    UNANSWERED,
    Refusal,
)
from colonyos_gen.server._front.bounds.crowd import Crowd, Member
from colonyos_gen.server._front.dispatch import Call, Dispatcher
from colonyos_gen.server._front.slow_senders import Connections
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server.hazards._arrival import note_arrival
from colonyos_gen.server.hazards._subscriptions import Subscription

logger: logging.Logger = logging.getLogger(__name__)

_FRAME_LIMIT = 64 * 1024
"""Largest request in bytes. A subscription needs a few hundred, and nobody has signed one that is not complete."""
MOST_IDLE = 2000
"""Connections that may be without a subscription. Each can have the beginning of a request on it."""
_MOST_FRAMES = 1000
"""Frames, pings among them, that a client may send within `_FRAMES_S` seconds without getting a subscription."""
_FRAMES_S = 10.0
_AT_ONCE = 8
"""Frames after which others get their turn, as many may have arrived at once."""
_FAREWELL_S = 0.4
"""How long a client may take to answer a close frame."""

_DROPPED = (
    errors.MALFORMED_ENVELOPE,
    errors.SIGNATURE_NOT_HEX,
    errors.SIGNATURE_LENGTH,
    errors.SIGNATURE_HIGH_S,
    errors.SIGNATURE_UNRECOVERABLE,
)
"""What makes the real server drop the connection."""
_IGNORED = (
    errors.PAYLOADTYPE_EMPTY,
    errors.UNKNOWN_PAYLOADTYPE,
    errors.UNKNOWN_PAYLOADTYPE_OF_OLD,
    UNANSWERED,
)
"""What the real server does not answer."""


class Pubsub:
    """Accepts WebSocket connections, and serves subscriptions on them."""

    def __init__(
        self, dispatcher: Dispatcher, connections: Connections, idle_timeout: float, quirks: Quirks = STRICT
    ) -> None:
        self._dispatcher = dispatcher
        self._http = connections
        self._idle_timeout = idle_timeout
        self._quirks = quirks
        self._connections: dict[_Connection, None] = {}
        self._idle = Crowd(MOST_IDLE)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Turn a request into a WebSocket connection, and return when that has ended."""
        # Texts are taken as they come, be they UTF-8 or not, and close frames answered with their own code.
        socket = web.WebSocketResponse(
            timeout=_FAREWELL_S,
            compress=False,
            max_msg_size=_FRAME_LIMIT,
            decode_text=False,
            autoclose=False,
            autoping=False,  # which answers as many as there are without giving way to anybody
        )
        try:
            is_upgrade = bool(socket.can_prepare(request))
        except ValueError:  # of a key that is no ASCII
            is_upgrade = False
        if not is_upgrade:
            return web.Response(status=400, text="Bad Request\n", headers={hdrs.SEC_WEBSOCKET_VERSION: "13"})
        try:
            await socket.prepare(request)
        except ConnectionError as error:
            logger.debug("a client has left before its connection was made: %s", error)
            return web.Response(status=400)  # which nobody reads
        connection = _Connection(
            socket, request, self._dispatcher, self._http, self._idle_timeout, self._quirks, self._idle
        )
        self._connections[connection] = None
        try:
            await connection.serve()
        finally:
            del self._connections[connection]
            connection.gone.set()
        return socket

    async def close(self) -> None:
        """Close every connection, also those whose clients have stopped reading."""
        connections = list(self._connections)
        for connection in connections:
            connection.end(HangUp(GOING_AWAY, "the server stops"))
        for connection in connections:
            await connection.gone.wait()
            connection.abort()


class _Connection:
    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        dispatcher: Dispatcher,
        connections: Connections,
        idle_timeout: float,
        quirks: Quirks,
        idle: Crowd | None = None,
    ) -> None:
        self.gone = asyncio.Event()
        self._socket = socket
        self._request = request
        self._dispatcher = dispatcher
        self._http = connections
        self._quirks = quirks
        self._idle_timeout = idle_timeout
        self._idle: asyncio.TimerHandle | None = None
        self._among = Crowd(MOST_IDLE) if idle is None else idle
        """Those without a subscription."""
        self._member: Member | None = None
        self._subscription: asyncio.Task[None] | None = None
        self._watched: Subscription | None = None
        self._frames = 0
        self._frames_since = -math.inf
        self._end: asyncio.Future[HangUp] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Return when the client has left, or has been told to."""
        reading = asyncio.create_task(self._read())
        first: list[asyncio.Future[Any]] = [reading, self._end]
        self._rest()
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                await _stop(reading, self._subscription)
            finally:
                self._stir()  # only now, as what ends rests
        if self._end.done():
            end = self._end.result()
            if end.code == NO_CLOSE_FRAME:
                self._drop()
                return
            # Sending the close frame waits for a client that does not read.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._socket.close(code=end.code, message=end.reason.encode())

    def end(self, hangup: HangUp) -> None:
        """Make `serve` close the connection."""
        if not self._end.done():
            self._end.set_result(hangup)

    def abort(self) -> None:
        """Give up what the client has not read."""
        # A transport that has come to its end by itself cannot be aborted any more, and the request has none then.
        if (transport := self._request.transport) is not None:
            transport.abort()

    def _drop(self) -> None:
        """End the connection without a close frame, after what was sent before."""
        if (transport := self._request.transport) is not None:
            transport.close()

    def _rest(self) -> None:
        """Nothing runs on the connection, and that may last for a while."""
        self._stir()
        self._idle = asyncio.get_running_loop().call_later(
            self._idle_timeout, self.end, HangUp(GOING_AWAY, "no subscription was asked for")
        )
        self._member = self._among.enter(self._request.remote or "", self._make_room)

    def _make_room(self) -> None:
        self.end(HangUp(TRY_AGAIN_LATER, "too many connections are without a subscription"))

    def _stir(self) -> None:
        """Something runs on the connection, or it ends."""
        if self._idle is not None:
            self._idle.cancel()
        if self._member is not None:
            self._among.leave(self._member)

    async def _read(self) -> None:
        # Answering a ping can fail too.
        with contextlib.suppress(ConnectionError):
            while True:
                frame = await self._socket.receive()
                if self._are_too_many():
                    await self._refuse(Refusal(TOO_MANY_FRAMES, most=_MOST_FRAMES), WSMsgType.TEXT)
                    self.end(HangUp(NO_CLOSE_FRAME, ""))  # waiting for theirs means reading all before it
                    return
                if self._frames % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                if frame.type is WSMsgType.PING:
                    await self._socket.pong(frame.data)
                elif frame.type is WSMsgType.PONG:
                    continue
                elif frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._take(frame)
                elif frame.type is WSMsgType.CLOSE:
                    await self._socket.close(code=frame.data or NORMAL, drain=False)
                    return
                else:
                    return

    def _are_too_many(self) -> bool:
        """Count a frame."""
        now = asyncio.get_running_loop().time()
        if now - self._frames_since > _FRAMES_S:
            self._frames, self._frames_since = 0, now
        self._frames += 1
        return self._frames > _MOST_FRAMES

    async def _take(self, frame: WSMessage) -> None:
        body, kind = cast("bytes", frame.data), frame.type
        if self._subscription is not None and not self._subscription.done():
            self._dispatcher.watch.beside(self._watched, self._method_of(body))
            await self._refuse(Refusal(BUSY_CONNECTION), kind)
            return
        try:
            call = self._dispatcher.check(body, Via.WEBSOCKET)
        except Refusal as refusal:
            await self._turn_down(refusal, kind)
        except Exception:
            logger.exception("a request failed")
            await self._refuse(Refusal(FAULT), kind)
        else:
            self._stir()
            self._frames = 0
            note_arrival(self._http.arrival(self._request))
            self._subscription = asyncio.create_task(self._subscribe(call, kind))
            if self._quirks.deaf_channel_subscriptions and call.method is subscription.SUBSCRIBE_CHANNEL:
                # As long as nothing is read, no ping and no close frame is answered.
                await asyncio.wait([self._subscription])

    def _method_of(self, body: bytes) -> AnyMethod | None:
        """What a frame asks for, if it could be asked for."""
        try:
            return self._dispatcher.check(body, Via.WEBSOCKET).method
        except Exception:
            return None

    async def _subscribe(self, call: Call, kind: WSMsgType) -> None:
        async def send(frame: bytes) -> None:
            await self._send(frame, kind)
            # Sending alone does not give way to others as long as the client keeps up.
            await asyncio.sleep(0)

        self._watched = self._dispatcher.watch.subscribe(call.method, call.request, call.signer)
        try:
            await self._dispatcher.serve(call, self._watched, send, self._end.done)
        except HangUp as hangup:
            self.end(hangup)
        except Refusal as refusal:
            await self._refuse(refusal, kind)
        except ConnectionError:
            self.end(HangUp(GOING_AWAY, ""))
        except Exception:
            logger.exception("a subscription failed")
            await self._refuse(Refusal(FAULT), kind)
        self._rest()

    async def _turn_down(self, refusal: Refusal, kind: WSMsgType) -> None:
        """Answer what is no subscription."""
        quirks = self._quirks
        if (quirks.silent_refusals and refusal.spec in _DROPPED) or (
            quirks.empty_500 and refusal.spec is NO_ANSWER
        ):
            self.end(HangUp(NO_CLOSE_FRAME, ""))
        elif not quirks.silent_refusals or refusal.spec not in _IGNORED:
            await self._refuse(refusal, kind)

    async def _refuse(self, refusal: Refusal, kind: WSMsgType) -> None:
        with contextlib.suppress(ConnectionError):
            await self._send(self._dispatcher.rendering.refusal(refusal).body, kind)

    async def _send(self, body: bytes, kind: WSMsgType) -> None:
        """Send a frame of the kind that the client has used."""
        await self._socket.send_frame(body, kind)


async def _stop(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks, and wait for their end. All are told before, as the wait may be cut short."""
    stopping = [task for task in tasks if task is not None]
    for task in stopping:
        task.cancel()
    await asyncio.wait(stopping)
