"""From a request to its reply, for whatever transport: check, pick a key, seal, take turns, send, open, try again."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from colonyos_gen_wire import LimitError
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.method import Key, Method, Signer

from colonyos_gen._call.deadline import Sending, had_no_turn, in_time, send_in_time
from colonyos_gen._call.envelope import Opening, signed, written
from colonyos_gen._call.hazardous import unconfirmed
from colonyos_gen._call.in_flight import Lane, Turn, blocks_a_loop, gate_of
from colonyos_gen._call.intercepting import around_calls, intercepted, sendable_headers
from colonyos_gen._call.one_loop import OneLoop
from colonyos_gen._call.plain_requests import UNWRITABLE, unwritable
from colonyos_gen._call.retry import may_repeat, pauses
from colonyos_gen._call.signers import Keyring, parse
from colonyos_gen._call.versions.server_release import ServerRelease
from colonyos_gen._values.writing import ValueWritingError
from colonyos_gen.errors import InvalidRequestError, RPCError, RPCTimeoutError, closed_error
from colonyos_gen.interceptors import Interceptor, OutgoingCall
from colonyos_gen.transport import Connection, Transport

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")

_BUSY_S = 0.3
"""Seconds by which a timer goes off late where the program has kept its own event loop from running."""
_READING = 4
"""Requests that wait for processes have a lane of their own of this width, so that other calls do not hold them up."""
_SUBSCRIBING_S = 0.1
"""Seconds that a subscription counts as a request under way, once it was sent."""
_CONNECT_S = 10.0
"""Seconds that connecting may take, unless the client's timeout is shorter."""

_logger = logging.getLogger("colonyos_gen")


def sealed(
    method: Method[ReqT, Any], request: ReqT, keys: Keyring, prvkey: Key | None, *, hazardous: bool = False
) -> tuple[bytes, str]:
    """The envelope of a request, and the identity that signed it; that is empty where nobody need sign.

    Args:
        method: The message.
        request: Its request.
        keys: The keys that there are, of which the schema says which signs.
        prvkey: Key to sign with instead.
        hazardous: Whether a request may be sent that harms the server by what it asks for.

    Raises:
        InvalidRequestError: The request breaks a limit, cannot be written as JSON, or is hazardous.
        MissingKeyError: None of the keys may sign it.
        InvalidKeyError, TypeError: `prvkey` is no key.
    """
    signer, payload = _prepared(method, request, keys, prvkey, hazardous)
    return signed(method.msgtype, payload, signer), "" if signer is None else signer.id


def _prepared(
    method: Method[ReqT, Any], request: ReqT, keys: Keyring, prvkey: Key | None, hazardous: bool
) -> tuple[Signer | None, bytes]:
    signer = None if prvkey is None else parse(prvkey)
    try:
        check(request)
        if not hazardous and (hazard := method.unconfirmed(request)) is not None:
            raise unconfirmed(method, request, hazard)
        if signer is None:
            signer = keys.pick(method)
        return signer, written(request)
    except LimitError as error:
        raise InvalidRequestError(
            str(error), method=method.name, field=error.field, value=error.value, rule=error.rule
        ) from None
    except (*UNWRITABLE, ValueWritingError) as error:
        raise unwritable(method.name, request, error) from error


class Pipeline:
    """What all calls and subscriptions of a client go through.

    Args:
        transport: What carries them.
        keys: Keys of the client.
        timeout: Seconds that a call may take in all.
        retries: How often what may be repeated is repeated.
        pool_size: Long polls under way at the same time.
        max_in_flight: Other requests under way at the same time.
        opening: How replies are opened.
        interceptors: What comes around calls, the outermost first.

    Raises:
        TypeError: One of the interceptors is none.
    """

    def __init__(
        self,
        transport: Transport,
        keys: Keyring,
        *,
        timeout: float,
        retries: int,
        pool_size: int,
        max_in_flight: int,
        opening: Opening,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        self.keys: Keyring = keys
        self.timeout: float = timeout
        self.retries: int = retries
        self._opening = opening
        self._around = around_calls(interceptors)
        self._transport = transport
        self._gate = gate_of(transport.url)
        self.lane: Lane = self._gate.open_lane(min(max_in_flight, pool_size))
        """Where calls line up."""
        self.reading: Lane = self._gate.open_lane(min(max_in_flight, pool_size, _READING), self.lane)
        """Where those line up that wait for processes."""
        self.home: OneLoop = OneLoop(pool_size)
        """The event loop that it is used on."""
        self._closed = False
        self._release = ServerRelease(self._once, self.lane)

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._transport.url

    @property
    def trouble(self) -> str:
        """What is known of a server that has stopped answering; empty while it answers."""
        return self._gate.trouble

    def require_open(self) -> None:
        """Raise RPCError if the client is closed."""
        if self._closed:
            raise closed_error()

    async def close(self) -> None:
        """End everything that is under way, and accept nothing more."""
        self._closed = True
        await self._transport.close()

    def require_sendable(
        self, method: Method[ReqT, Any], request: ReqT, prvkey: Key | None, *, hazardous: bool = True
    ) -> None:
        """Raise what sending `request` would raise before anything is sent (see `sealed`)."""
        _prepared(method, request, self.keys, prvkey, hazardous)

    def call(
        self,
        method: Method[ReqT, RespT],
        request: ReqT,
        lane: Lane | None,
        prvkey: Key | None,
        rpc_timeout: float | None,
        *,
        hazardous: bool = False,
    ) -> Coroutine[Any, Any, RespT]:
        """Seal a request, and return what sends it and gives the decoded reply. Raises what `sealed` raises.

        Args:
            method: The message.
            request: Its request.
            lane: Where it lines up; long polls line up nowhere.
            prvkey: Key to sign with, instead of the client's own.
            rpc_timeout: Seconds that the call may take in all, instead of the client's timeout.
            hazardous: Whether a request may be sent that harms the server by what it asks for.
        """
        body, signer = sealed(method, request, self.keys, prvkey, hazardous=hazardous)
        limit = self.timeout if rpc_timeout is None else rpc_timeout
        if method.waits is not None and (wait := getattr(request, method.waits)) > 0:
            limit += 0 if rpc_timeout is not None else wait
            lane = None
        deadline = time.monotonic() + limit
        if not self._around:
            return self._send(method, request, body, signer, deadline, lane, Sending())
        return self._intercepted(method, request, body, signer, deadline, lane)

    async def _intercepted(
        self,
        method: Method[Any, Any],
        request: msgspec.Struct,
        body: bytes,
        signer: str,
        deadline: float,
        lane: Lane | None,
    ) -> Any:
        call = OutgoingCall(method, request, signer, deadline)
        sending = Sending()
        failures = call.failures

        async def send() -> Any:
            headers = sendable_headers(method.name, call.headers)
            seen = (call, headers, failures)
            return await self._send(method, request, body, signer, deadline, lane, sending, seen)

        return await in_time(lambda: intercepted(self._around, call, send), method.name, deadline, sending)

    async def _send(
        self,
        method: Method[Any, RespT],
        request: msgspec.Struct,
        body: bytes,
        signer: str,
        deadline: float,
        lane: Lane | None,
        sending: Sending,
        seen: tuple[OutgoingCall, dict[str, str], list[RPCError]] | None = None,
    ) -> RespT:
        """Send it, again and again as long as that is allowed and of use; what interceptors have `seen` is never read."""
        call, headers, failures = (None, None, None) if seen is None else seen
        tries = 0
        again: Iterator[float] | None = None
        while True:
            try:
                if call is not None:
                    tries += 1
                    call.tries = tries
                return await self._once(method, body, signer, deadline, lane, headers, sending)
            except RPCError as error:
                repeatable = may_repeat(method, request, error)
                sending.failed(error)
                again = again or pauses(self.retries)
                pause = next(again, math.inf)
                if not repeatable or time.monotonic() + pause >= deadline:
                    await self._release.explain(error, method, request, deadline)
                    raise
                if failures is not None:
                    failures.append(error)
                _logger.debug("%s is repeated in %.2f s: %s", method.name, pause, error)
            await asyncio.sleep(pause)

    async def _once(
        self,
        method: Method[Any, RespT],
        body: bytes,
        signer: str,
        deadline: float,
        lane: Lane | None,
        headers: Mapping[str, str] | None,
        sending: Sending,
    ) -> RespT:
        """Send it once it has its turn: at once, if it is a long poll, which is in no lane."""
        turn = await self._wait_for_turn(method, deadline, lane)
        began, started = time.monotonic(), time.perf_counter()
        outcome: object = "failed"
        try:
            self.require_open()
            sending.require_wanted(method.name)
            sending.trying = True
            status, reply = await self._transport.post(
                body, method=method, headers=headers, timeout=deadline - began
            )
            outcome = status
            self._gate.answered()
            return self._opening.reply(method, status, reply, signer)
        except RPCTimeoutError as error:
            # Where the timer went off late, this program was busy, and nobody knows what the server did.
            if time.monotonic() < deadline + _BUSY_S:
                error.hint = self._gate.timed_out(began)
            raise
        except RPCError as error:
            if error.status is not None:
                self._gate.answered()
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            if turn is None:
                self.home.polls.release()
            else:
                self._gate.leave(turn)
            if _logger.isEnabledFor(logging.DEBUG):
                _logger.debug("%s %s %.1f ms", method.name, outcome, (time.perf_counter() - started) * 1000)

    async def _wait_for_turn(
        self, method: Method[Any, Any], deadline: float, lane: Lane | None
    ) -> Turn | None:
        self.require_open()
        self.home.require_here()
        limit = deadline - time.monotonic()
        if limit <= 0:
            raise had_no_turn(method.name, self._gate.ahead)
        turn = None
        if lane is not None:
            # Whoever blocks an event loop must not wait for what runs on it.
            turn = self._gate.enter_at_once(lane, deadline, anyway=blocks_a_loop.get())
        if turn is not None and not self._gate.is_in_trouble:
            return turn
        try:
            async with asyncio.timeout(limit):
                if lane is None:
                    await self._gate.calm()
                    await self.home.polls.acquire()
                elif turn is None:
                    turn = await self._gate.enter(lane, deadline)
        except TimeoutError:
            raise had_no_turn(method.name, self._gate.ahead) from None
        # A request that has hardly any time left tells nothing about a server that is being tried.
        if (
            turn is not None
            and self._gate.is_in_trouble
            and deadline - time.monotonic() < min(1.0, limit / 2)
        ):
            self._gate.leave(turn)
            raise had_no_turn(method.name, self._gate.ahead)
        return turn

    async def subscribe(
        self,
        method: Method[Any, Any],
        request: msgspec.Struct,
        prvkey: Key | None,
        connection: Connection | None,
    ) -> Connection:
        """Send a subscription, over a new connection if there is none; returns the connection, and drops it if that fails.

        Raises:
            ConnectionFailedError: With a `status` if there is a server that refuses to be subscribed to.
            RPCTimeoutError: It had no turn, or was not sent, in time; or an interceptor took too long.
            RPCError: It cannot be sent (see `sealed`), or the client is closed.
        """
        sending = Sending()
        try:
            body, signer = sealed(method, request, self.keys, prvkey, hazardous=True)
            until = time.monotonic() + min(self.timeout, _CONNECT_S)
            if not self._around:
                return await self._subscribe(method, body, until, connection, None, sending)
            call = OutgoingCall(method, request, signer, until)

            async def send() -> None:
                nonlocal connection
                headers = sendable_headers(method.name, call.headers)
                call.tries = 1
                connection = await self._subscribe(method, body, until, connection, headers, sending)
                sending.begun = True

            await in_time(lambda: intercepted(self._around, call, send), method.name, until, sending)
        except BaseException:  # a cancellation, too, must not leave a connection open
            if connection is not None:
                connection.drop()
            raise
        if not sending.begun or connection is None:
            raise RuntimeError(f"{method.name}: an interceptor has kept the subscription from being sent")
        return connection

    async def _subscribe(
        self,
        method: Method[Any, Any],
        body: bytes,
        until: float,
        connection: Connection | None,
        headers: Mapping[str, str] | None,
        sending: Sending,
    ) -> Connection:
        # The server reads what is subscribed to, like any other request, and does not say when it has.
        turn = await self._turn_to_subscribe(method, until)
        try:
            if connection is None:
                self.require_open()
                sending.require_wanted(method.name)
                connection = await self._transport.connect(
                    method=method, headers=headers, timeout=until - time.monotonic()
                )
            try:
                sending.require_wanted(method.name)
                sending.trying = True
                await send_in_time(connection, body, method.name, until)
                sending.require_wanted(method.name)
            except BaseException:  # a cancellation, too
                connection.drop()
                raise
        finally:
            asyncio.get_running_loop().call_later(_SUBSCRIBING_S, self._gate.leave, turn)
        return connection

    async def _turn_to_subscribe(self, method: Method[Any, Any], until: float) -> Turn:
        self.home.require_here()
        if (turn := self._gate.enter_at_once(self.lane, until)) is not None:
            return turn
        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await self._gate.enter(self.lane, until)
        except TimeoutError:
            raise had_no_turn(method.name, self._gate.ahead) from None

    def frame(self, method: Method[Any, RespT], body: bytes, signer: str) -> RespT:
        """The item in a frame of a subscription. Raises what `open_reply` raises."""
        return self._opening.reply(method, 200, body, signer)
