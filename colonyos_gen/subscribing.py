"""What subscriptions need before there is a connection: keys and transport of their client, a sound request, a clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from colonyos_gen_wire import LimitError
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.method import Key, Method

from colonyos_gen.errors import InvalidRequestError
from colonyos_gen.in_flight import Gate, Lane
from colonyos_gen.signers import Keyring, parse

if TYPE_CHECKING:  # it loads the HTTP library
    from colonyos_gen.transport import Transport

FrameT = TypeVar("FrameT")


@dataclass(frozen=True, slots=True)
class Opener:
    """What a client has for its subscriptions."""

    keys: Keyring
    transport: Transport
    gate: Gate
    lane: Lane
    timeout: float
    retries: int
    strict: bool

    def require_key(self, method: Method[Any, Any], prvkey: Key | None) -> None:
        """Raise what the call would raise without a key that may sign it, or with one that is none."""
        if prvkey is None:
            self.keys.pick(method)
        else:
            parse(prvkey)


def checked(method: Method[Any, Any], request: msgspec.Struct) -> None:
    """Raise `InvalidRequestError` if `request` breaks a limit of the schema."""
    try:
        check(request)
    except LimitError as error:
        raise InvalidRequestError(
            str(error), method=method.name, field=error.field, value=error.value, rule=error.rule
        ) from None


def now() -> float:
    """Seconds on the clock of the running event loop."""
    return asyncio.get_running_loop().time()
