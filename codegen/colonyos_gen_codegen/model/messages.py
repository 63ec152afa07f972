"""The messages, what they are called with, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from colonyos_gen_codegen.model.hazards import HazardOf
from colonyos_gen_codegen.model.values import Field, Struct, Type
from colonyos_gen_codegen.schema.findings import Position


@dataclass(frozen=True)
class Parameter:
    """A parameter of a method.

    A plain parameter fills `fields[0]`; one with `unpack` is a struct of which some fields go into the request.
    """

    name: str
    type: Type
    description: str
    keyword: bool
    field: Field | None = None
    unpack: tuple[tuple[str, str], ...] = ()
    """Pairs of a public field name of the struct and a public field name of the request."""


@dataclass(frozen=True)
class Method:
    """One way of calling a message."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Reply:
    """What a successful call returns; `type` is None for calls without a result."""

    type: Type | None
    go_null: bool = False
    """Whether the wire may hold null for an empty value."""
    null_when_empty: bool = False
    """Whether the Go server always writes null for an empty value."""
    when_null: str | None = None
    when_empty: str | None = None
    payloadtype: str | None = None
    stream: bool = False


@dataclass(frozen=True)
class ErrorCase:
    """One way in which a message can be refused; `text` holds `{placeholders}`."""

    name: str
    code: str
    status: int
    text: str
    when: str
    malformed: bool = False
    """Whether only a request meets it that no generated client can send."""
    shared: bool = False
    """Whether it is one that many messages share, written once for all of them."""
    action: str | None = None
    """What the message does, which its text has in the place of the `{action}` of the shared one."""
    since: str | None = None
    """First server release that refuses so; None for what was there from the start."""
    until: str | None = None
    """Last server release that refuses so; None for what still does."""


@dataclass(frozen=True)
class Example:
    """A recorded request with its reply, as plain JSON values."""

    title: str
    request: Any
    reply: Any
    position: Position
    """Of the reply."""


@dataclass(frozen=True)
class About:
    """The object that a message is about: the wire name of its field, and the name of the error if it is not there."""

    field: str
    missing: str


@dataclass(frozen=True)
class Message:
    """One RPC message. An unregistered one is known by name only and has no methods."""

    msgtype: str
    struct: Struct
    domain: str
    methods: tuple[Method, ...]
    transport: str
    roles: tuple[str, ...]
    idempotency: str
    unsafe_when: str | None
    waits: str | None
    """Wire name of the field with the seconds for which the server may hold back its reply."""
    reply: Reply
    errors: tuple[ErrorCase, ...]
    examples: tuple[Example, ...]
    hazards: tuple[HazardOf, ...] = ()
    registered: bool = True
    about: About | None = None
    since: str | None = None
    """First server release that has it; None for what was there from the start."""
    until: str | None = None
    """Last server release that has it; None for what is still there."""
    deprecated: bool = False
    replaced: str = ""
    """Since when to avoid it, and what to use instead; empty if nobody says so."""

    @property
    def confirms(self) -> bool:
        """Whether some requests need a word more from the caller."""
        return any(entry.confirm for entry in self.hazards)
