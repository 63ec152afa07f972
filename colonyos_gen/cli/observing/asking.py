"""Sends one request after another, and gives what was answered as plain JSON, whatever the schema says of it."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from colonyos_gen_wire import methods as rpc
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.method import Method, Signer
from colonyos_gen_wire.methods import METHODS

from colonyos_gen._call.envelope import signed
from colonyos_gen.cli.observing.described import Forms
from colonyos_gen.cli.observing.plain import object_in
from colonyos_gen.cli.observing.tally import Tally
from colonyos_gen.errors import RPCError
from colonyos_gen.transport import Transport

TIMEOUT_S = 30.0


class Refused(Exception):
    """The request was refused, or failed; says why."""


class Asker:
    """One request at a time, each on the record of `tally`. It checks nothing: what it is told to send must be harmless."""

    def __init__(self, transport: Transport, forms: Forms, tally: Tally) -> None:
        self._transport = transport
        self._forms = forms
        self._tally = tally
        self.failures: dict[str, str] = {}
        """Why messages got no answer, or none but a refusal, by type."""

    async def ask(self, method: Method[Any, Any], key: Signer | None, **fields: Any) -> Any:
        """The payload of the reply. Raises Refused if there is none."""
        require_keys(method, fields)
        return await self.ask_for(method.msgtype, key, **fields)

    async def ask_for(self, msgtype: str, key: Signer | None, **fields: Any) -> Any:
        """The same for a message of which no more than its type is known."""
        body = _sealed(msgtype, key, fields)
        try:
            status, reply = await self._transport.post(
                body, method=METHODS.get(msgtype, rpc.server.GET_VERSION), headers=None, timeout=TIMEOUT_S
            )
        except RPCError as error:
            raise self._failed(msgtype, str(error)) from error
        return self._opened(msgtype, status, reply, fields)

    async def attempt(self, method: Method[Any, Any], key: Signer | None, **fields: Any) -> Any:
        """The payload of the reply; None if it is refused."""
        try:
            return await self.ask(method, key, **fields)
        except Refused:
            return None

    async def listen(self, method: Method[Any, Any], key: Signer, seconds: float, **fields: Any) -> Any:
        """Subscribe on a connection of its own, read what comes until the time is over, and return the first payload.

        The connection is kept as long as the server was asked to serve it, since one that is left early does harm.
        """
        require_keys(method, fields)
        msgtype = method.msgtype
        body = _sealed(msgtype, key, fields)
        first: Any = None
        try:
            connection = await self._transport.connect(method=method, headers=None, timeout=TIMEOUT_S)
        except RPCError as error:
            self._failed(msgtype, str(error))
            return None
        try:
            await connection.send(body)
            async with asyncio.timeout(seconds):
                while True:
                    frame = self._opened(msgtype, 200, await connection.receive(), fields)
                    first = frame if first is None else first
        except TimeoutError:
            if first is None and msgtype not in self.failures:
                self._failed(msgtype, f"nothing came in {seconds:.0f} s")
        except RPCError as error:
            if first is None:
                self._failed(msgtype, str(error))
        except Refused:
            pass
        finally:
            connection.drop()
        return first

    def _opened(self, msgtype: str, status: int, body: bytes, request: dict[str, Any]) -> Any:
        text = body.decode("utf-8", "replace").lstrip()
        try:
            envelope, _ = json.JSONDecoder().raw_decode(text)  # some failures have two of them
            payload_text = base64.b64decode(envelope["payload"]).decode()
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if text:
                self._tally.unread(msgtype, "a reply", "no envelope")
            raise self._failed(msgtype, f"status {status} without a reply") from error
        self._tally.envelope(envelope)
        try:
            payload = json.loads(payload_text)
        except (ValueError, RecursionError) as error:
            self._tally.unread(msgtype, "JSON", "something else")
            raise self._failed(msgtype, "the payload is no JSON") from error
        if envelope.get("error"):
            self._tally.refused(msgtype, payload)
            said = object_in(payload).get("message")
            raise self._failed(msgtype, str(said))
        self._tally.reply(msgtype, str(envelope.get("payloadtype")), payload, request)
        self.failures.pop(msgtype, None)
        return payload

    def _failed(self, msgtype: str, why: str) -> Refused:
        if not self._tally.read[msgtype]:
            self.failures[msgtype] = why
        return Refused(why)


def require_keys(method: Method[Any, Any], fields: dict[str, Any]) -> None:
    """Raise TypeError for a key that requests of the message do not have."""
    known = {entry.wire for entry in FIELDS[method.request]}
    unknown = ", ".join(sorted(fields.keys() - known))
    if unknown:
        raise TypeError(f"{method.msgtype} has no {unknown}; it has {', '.join(sorted(known))}")


def _sealed(msgtype: str, key: Signer | None, fields: dict[str, Any]) -> bytes:
    payload = base64.b64encode(json.dumps({"msgtype": msgtype, **fields}).encode())
    return signed(msgtype, payload, key)
