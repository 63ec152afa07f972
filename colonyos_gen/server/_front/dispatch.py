"""From the body of a request to the body of its reply.

Requests that are posted get their reply here. Those that come through a WebSocket are checked and served here too, over what
`colonyos_gen.server._front.pubsub` and `colonyos_gen.server._front.direct` send with.

The checks come in the order in which the real server makes them, since the first that fails decides what the caller
reads:

1. the envelope is JSON (400);
2. the signature leads to an identity (403), unless the message needs none;
3. the message type is known (403), which it is when a handler serves it;
4. the payload is JSON, and its fields have the right types (400);
5. the `msgtype` in the payload equals the `payloadtype` of the envelope (400);
6. the signer is the server owner, for messages that only he may send (403), but for one;
7. the object that the message is about is there (400);
8. whatever the handler checks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, cast

from colonyos_gen_wire.codec import decode_request
from colonyos_gen_wire.method import Role, Via
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.workflow import ProcessGraph

from colonyos_gen.server._caller.access import Access, AnyMethod, error_of
from colonyos_gen.server._caller.nul import require_no_nul
from colonyos_gen.server._caller.refusal import FAULT, UNANSWERED, Refusal
from colonyos_gen.server._front.bounds.room import FREE_BYTES
from colonyos_gen.server._front.bounds.strangers import (
    MOST_CHARACTERS,
    needs_a_look,
    require_few_objects,
    require_short,
    require_simple,
)
from colonyos_gen.server._front.envelope import (
    Envelope,
    key_of,
    read_envelope,
    read_payload,
    recover_signer,
    text_of,
)
from colonyos_gen.server._front.large_envelope import read_large_envelope
from colonyos_gen.server._front.rendering import LONG, Answer, Rendering
from colonyos_gen.server._front.type_faults import not_an_object, wrong_type
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._values.exact_integers import may_be_inexact, require_exact_integers
from colonyos_gen.server._values.plain_json import is_shallow
from colonyos_gen.server._values.repeated_keys import read_at_once
from colonyos_gen.server.hazards._subscriptions import Subscription
from colonyos_gen.server.hazards._traffic import Passing
from colonyos_gen.server.hazards._watch import HazardWatch

logger: logging.Logger = logging.getLogger(__name__)

_READERS = 2
"""Large requests that are read at a time. More would only share the same core."""

_LOOKS_FIRST = {"change_server_id"}
"""Messages of the server owner whose handlers look at something before they look at who has signed."""

Handler = Callable[[Any, str], Any]


class Call(NamedTuple):
    """A request that has passed all checks except those of its handler."""

    method: AnyMethod
    request: Any
    signer: str
    handler: Handler

    def begin(self) -> Any:
        """Call the handler; gives a coroutine, or for a subscription an asynchronous generator."""
        return self.handler(self.request, self.signer)


class Dispatcher:
    """Finds the handler of a request, and turns what becomes of it into an answer.

    Args:
        domains: What serves each domain, by its name: objects with a method for each message, called like its call.
            A message without one is answered as one that nobody knows.
    """

    def __init__(
        self,
        domains: Mapping[str, object],
        access: Access,
        store: Store,
        watch: HazardWatch,
        rendering: Rendering | None = None,
    ) -> None:
        self.rendering: Rendering = rendering or Rendering()
        self.watch: HazardWatch = watch
        self._access = access
        self._store = store
        self._readers: ThreadPoolExecutor | None = None
        self._handlers: dict[str, Handler] = {}
        later: set[str] = set()
        for msgtype, method in METHODS.items():
            handler = getattr(domains.get(method.domain), method.name, None)
            if not self.rendering.release.has(method.since):
                later.add(msgtype)
            elif handler is not None:
                self._handlers[msgtype] = handler
        if unserved := METHODS.keys() - self._handlers - later:
            logger.warning("answered as unknown, without a handler: %s", ", ".join(sorted(unserved)))

    async def answer(self, body: bytes | bytearray, is_read: Callable[[], None] | None = None) -> Answer:
        """The answer to a request; never raises, except when it is cancelled.

        Args:
            body: The envelope.
            is_read: Called when the body is needed no more.
        """
        passing: Passing | None = None
        refused: Refusal | None = None
        done = False
        try:
            try:
                call = await self.checked(body, Via.HTTP)
            except Refusal as refusal:
                answer = self.rendering.refusal(refusal)
            else:
                del body
                if is_read is not None:
                    is_read()
                passing = self.watch.begin(call.method, call.request, call.signer)
                answer, refused = await self._carry_out(call, passing)
                done = True
            # After a refusal too: an assign that finds nothing still shows that its executor is alive.
            await self._finish()
        except Exception:
            self._store.rollback()
            logger.exception("a request failed")
            return self.rendering.refusal(Refusal(FAULT))
        finally:
            self.watch.end(passing, refused, done=done)
        await self.watch.linger(passing, refused)
        return answer

    async def checked(self, body: bytes | bytearray, transport: Via) -> Call:
        """The request in `body`, if it may come this way, while others are served if it is large. Raises Refusal."""
        if len(body) <= FREE_BYTES:
            return self.check(body, transport)
        if self._readers is None:
            self._readers = ThreadPoolExecutor(_READERS, "colonyos-gen-reader")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.check, body, transport)

    def close(self) -> None:
        """Let go of the threads that read large requests. There may be more requests all the same."""
        readers, self._readers = self._readers, None
        if readers is not None:
            readers.shutdown(wait=False, cancel_futures=True)

    def check(self, body: bytes | bytearray, transport: Via) -> Call:
        """The request in `body`, if it may come this way. Raises Refusal. May run on any thread."""
        is_large = len(body) > FREE_BYTES
        envelope = read_large_envelope(body) if is_large else read_envelope(bytes(body))
        method = METHODS.get(envelope.payloadtype)
        if method is not None and (method.transport is not transport or method.msgtype not in self._handlers):
            method = None
        if method is None and is_large:  # it is not worth a look whose signature that is
            envelope = envelope._replace(payload="")
        unsigned = method is not None and Role.NONE in method.roles
        signer = "" if unsigned else recover_signer(envelope)
        if method is None:
            raise self._unknown(envelope)
        is_stranger = not unsigned and needs_a_look(envelope.payload) and self._access.is_stranger(signer)
        if is_stranger:
            require_short(envelope.payload, signer)
        elif is_large:
            require_few_objects(method, envelope.payload)
        text = self.rendering.release.read(method, _text_of(method, envelope))
        payload: dict[str, object] | None = None
        request = read_at_once(method, text) if not is_stranger and is_shallow(text) else None
        if request is None:
            payload = _payload_of(method, text)
            if is_stranger:
                require_simple(envelope.payload, signer)
            request = _request_of(method, payload)
        if not self.rendering.rounds_numbers and may_be_inexact(text):
            require_exact_integers(request)
        if method.roles == (Role.SERVER_OWNER,) and method.name not in _LOOKS_FIRST:
            self._access.require_server_owner(method, signer)
        if payload is not None:
            _require_object(method, payload)
        return Call(method, request, signer, self._handlers[method.msgtype])

    async def serve(
        self,
        call: Call,
        watched: Subscription | None,
        send: Callable[[bytes], Awaitable[None]],
        is_ending: Callable[[], bool],
    ) -> None:
        """Send the frames of a subscription until it has ended. Raises what its handler and `send` raise.

        Args:
            call: A request for a subscription.
            watched: What watches over it, which is told of its end.
            send: Takes a frame, and waits until there is room for more.
            is_ending: Whether the server ends it when it is cancelled; otherwise its client has left.
        """
        try:
            await self.watch.stand_still()
            async with contextlib.aclosing(call.begin()) as items:
                async for item in items:
                    await self.written()
                    await send(self.rendering.item(call.method, item))
        except asyncio.CancelledError:
            if watched is not None and not is_ending():
                watched.left()
            raise
        finally:
            if watched is not None:
                watched.end()

    async def written(self) -> None:
        """Wait until everything that a reply could tell by now is final. Raises what the journal raises."""
        await self._store.written()

    async def _carry_out(self, call: Call, passing: Passing | None) -> tuple[Answer, Refusal | None]:
        try:
            await self.watch.stand_still()
            self.watch.require_harmless(passing)
            require_no_nul(call.method, call.request)
            item = await call.begin()
        except Refusal as refusal:
            return self.rendering.refusal(refusal, call.method), refusal
        rows: list[object] = cast("Any", item) if isinstance(item, list) else []
        if len(rows) > LONG:
            await self._finish()
            return Answer(200, await self.rendering.long_list(call.method, rows)), None
        if isinstance(item, ProcessGraph) and len(item.nodes) > LONG:
            await self._finish()
            return Answer(200, await asyncio.to_thread(self.rendering.item, call.method, item)), None
        return Answer(200, self.rendering.item(call.method, cast("object", item))), None

    def _unknown(self, envelope: Envelope) -> Refusal:
        empty, unknown = self.rendering.release.refusals()
        return Refusal(unknown if envelope.payloadtype else empty, name=envelope.payloadtype)

    async def _finish(self) -> None:
        """Make what a request has changed final, and wait until it is, and everybody has been told of it."""
        put = self._store.open_many()
        self._store.commit()
        await self._store.written()
        for many in put:
            await many.over()


def _text_of(method: AnyMethod, envelope: Envelope) -> bytes:
    if not _declares(method, "invalid_json") and not method.request.__struct_fields__:
        return b"{}"  # nobody reads it
    if Role.NONE in method.roles and len(envelope.payload) > MOST_CHARACTERS:
        raise _invalid(method, "the payload is too long for a message that nobody has signed")
    return text_of(envelope.payload)


def _payload_of(method: AnyMethod, text: bytes) -> dict[str, object]:
    try:
        document = read_payload(method, text)
    except ValueError as error:
        raise _invalid(method, error) from None
    if not isinstance(document, dict):
        raise _invalid(method, not_an_object(method, document))
    return cast("dict[str, object]", document)


def _request_of(method: AnyMethod, payload: dict[str, object]) -> Any:
    msgtype = key_of(payload, "msgtype")
    try:
        request = decode_request(method, payload)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise _invalid(method, wrong_type(method, payload)) from None
    if not isinstance(msgtype, str | None):
        raise _invalid(method, wrong_type(method, payload))
    if msgtype != method.msgtype and _declares(method, "msgtype_mismatch"):
        raise Refusal(error_of(method, "msgtype_mismatch"))
    return request


def _invalid(method: AnyMethod, detail: object) -> Refusal:
    declared = _declares(method, "invalid_json")
    return Refusal(error_of(method, "invalid_json") if declared else UNANSWERED, detail=detail)


@cache
def _declares(method: AnyMethod, name: str) -> bool:
    return any(error.name == name for error in method.errors)


def _require_object(method: AnyMethod, payload: dict[str, object]) -> None:
    """Decoding has put an empty object where there was none; only the payload still tells the difference."""
    about = method.about
    if about is not None and key_of(payload, about.key) is None:
        raise Refusal(error_of(method, about.missing))
