"""Everything that can go wrong with a call, as exceptions.

    RPCError
    ├── NotFoundError            the object does not exist
    ├── DeniedError              the signer has no right to do this
    ├── BadSignatureError        the signature was not acceptable
    ├── NoProcessError           assign found nothing before its timeout
    ├── AlreadyExistsError       the name or id is taken
    ├── InvalidError             the request breaks a rule
    │   └── InvalidRequestError  ... and was refused before it was sent
    ├── ConflictError            the state of the object does not allow this
    ├── PausedError              assignments of the colony are paused
    ├── RateLimitedError         too many requests in a short time
    ├── ServerFaultError         the server failed
    ├── ConnectionFailedError    the server could not be reached, or the connection broke
    ├── RPCTimeoutError          no reply in time (also a `TimeoutError`)
    ├── UnexpectedReplyError     the reply is not one that this method can have
    └── MissingKeyError          the client holds no key that may sign this

The server answers with a status and a text; which error they mean comes from the schema, since the status alone does not
tell (an unknown executor, for instance, is a 500). Those that a server means are generated from it, in
`colonyos_gen_wire.exceptions`; those that only a client can meet are made here.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from colonyos_gen_wire import exceptions
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.exceptions import *  # noqa: F403  # whatever the schema has
from colonyos_gen_wire.exceptions import EXCEPTIONS, InvalidError, RPCError
from colonyos_gen_wire.method import ErrorCode, ErrorSpec, Method

__all__: list[str] = [
    "ConnectionFailedError",
    "InvalidRequestError",
    "MissingKeyError",
    "RPCTimeoutError",
    "UnexpectedReplyError",
]
__all__ += exceptions.__all__


class InvalidRequestError(InvalidError, ValueError):
    """The request breaks a limit of the schema and was not sent.

    Attributes:
        field: Path of the value inside the request, such as `spec.priority`.
        value: The value that was refused.
        rule: What it must be.
    """

    def __init__(self, message: str, *, method: str, field: str, value: Any, rule: str) -> None:
        super().__init__(message, method=method)
        self.field = field
        self.value = value
        self.rule = rule


class ConnectionFailedError(RPCError):
    """The server could not be reached, or the connection broke before the reply was complete.

    Attributes:
        sent: Whether the request may have reached the server. When False it certainly did not.
        misdirected: Whether it takes another setting, which the hint names, to reach the server: TLS or none, a certificate
            to trust, another proxy.
    """

    misdirected: bool = False

    def __init__(self, message: str, *, method: str = "", sent: bool = True) -> None:
        hint = "the request may have been carried out" if sent else "the request was not sent"
        super().__init__(message, method=method, hint=hint)
        self.sent = sent

    def conn_err(self) -> bool:
        return True


class RPCTimeoutError(RPCError, TimeoutError):
    """No complete reply arrived in time. Unless the call only reads, it may have been carried out.

    Attributes:
        sent: Whether the request may have reached the server. When False it certainly did not: the time was over before
            it had its turn, see `max_in_flight` of `AsyncClient`.
    """

    sent: bool = True


class UnexpectedReplyError(RPCError):
    """The reply is not one that this method can have: not JSON, cut short, too large, or of another type.

    Attributes:
        payload: What the envelope held, if it was fine and only its payload does not fit; empty otherwise.
        misdirected: Whether something else than a ColonyOS server has answered: a page, a redirect, a proxy.
    """

    payload: bytes = b""
    misdirected: bool = False


class MissingKeyError(RPCError):
    """The client holds no key that may sign this call; nothing was sent."""


def closed_error() -> RPCError:
    """What using a closed client raises."""
    return RPCError("the client is closed; make a new one")


def other_loop_error() -> RPCError:
    """What using an asynchronous client on a second event loop raises, while the first one is there."""
    return RPCError(
        "this client is in use on another event loop; make a new one for each loop, or share a Client, which has a loop of "
        "its own and may be called from any thread"
    )


STARTED_ANEW = "it was started anew without what it knew, or is another one"
"""What has become of a server that does not take keys any more that it took before."""
_STRANGERS = frozenset({shared.NOT_A_MEMBER.name, shared.NOT_COLONY_OWNER.name, shared.NOT_SERVER_OWNER.name})
"""Denials of somebody whom the server may have known before it was started anew."""

_placeholder = re.compile(r"\{\w+\}")
_BY_STATUS = {
    403: ErrorCode.DENIED,
    404: ErrorCode.NOT_FOUND,
    409: ErrorCode.CONFLICT,
    429: ErrorCode.RATE_LIMITED,
}


def from_reply(method: Method[Any, Any], status: int, message: str, signer: str = "") -> RPCError:
    """The exception for an error reply of `method`."""
    spec = find(method, status, message)
    if spec is None:
        code = _BY_STATUS.get(status, ErrorCode.SERVER_FAULT if status >= 500 else ErrorCode.INVALID)
    else:
        code = spec.code
    return from_code(method, code, message, status, name=spec.name if spec else "", signer=signer)


def start_again(what: str) -> str:
    """What to do about a server that was started anew, for `what` uses it."""
    return (
        f"start {what} again with the keys of this one, such as from a shell that has sourced the file that "
        "`colonyos-gen serve` names"
    )


def hint_of_denial(name: str, signer: str, who: str) -> str:
    """What is known of the denial called `name`: who signed, `who` may, and what may have become of the key."""
    hint = f"signed by {signer[:8]}…; {who}"
    if name in _STRANGERS:
        hint += f"; if the server took this key before, {STARTED_ANEW}: {start_again('the program')}"
    return hint


def from_code(
    method: Method[Any, Any], code: ErrorCode, message: str, status: int, name: str = "", signer: str = ""
) -> RPCError:
    """The exception for `code`; a denial says who signed and who may."""
    hint = ""
    if code is ErrorCode.DENIED and signer:
        roles = " or ".join(role.value.replace("_", " ") for role in method.roles)
        hint = hint_of_denial(name, signer, f"{method.name} takes the key of: {roles}")
    return EXCEPTIONS[code](message, method=method.name, status=status, name=name, signer=signer, hint=hint)


def name_subject(error: RPCError, request: msgspec.Struct) -> None:
    """Let the error for `request` say which ids and names were asked for, where the server's words do not."""
    asked = [
        f"{name} {value!r}"
        for name in request.__struct_fields__
        if name.endswith(("id", "name")) and isinstance(value := getattr(request, name), str)
        if value and value not in error.message
    ]
    error.hint = "; ".join(filter(None, (error.hint, ", ".join(asked))))


def find(method: Method[Any, Any], status: int, message: str) -> ErrorSpec | None:
    """The entry of the schema that describes an error reply: the one with most literal characters, then the first."""
    from colonyos_gen_wire.errors import ENVELOPE_ERRORS

    matching = [spec for spec in (*method.errors, *ENVELOPE_ERRORS) if spec.matches(status, message)]
    return max(matching, key=lambda spec: len(_placeholder.sub("", spec.text)), default=None)
