"""The protocol as the generator's targets see it: language-neutral, resolved, and immutable.

Nothing here knows how a language spells a type; names are those of the schema: `name` is the public one, `wire` the key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from codegen.findings import Position


class Scalar(Enum):
    """The leaves of the type system."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    """A point in time; unset when the year is 1 or less."""
    BYTES = "bytes"
    """Bytes, base64 on the wire."""
    ANY = "any"
    """Any JSON value."""


@dataclass(frozen=True)
class Limit:
    """What a value that is sent must satisfy; `rule` says it in words."""

    rule: str
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    excluded: tuple[int, ...] = ()
    max_bytes: int | None = None


@dataclass(frozen=True)
class Type:
    """The type of a value. `kind` tells which of the other attributes count."""

    kind: Literal["scalar", "list", "map", "struct", "enum"]
    scalar: Scalar = Scalar.ANY
    item: Type | None = None
    """Element type of a list, value type of a map."""
    name: str = ""
    """Name of the struct or enum."""
    limit: Limit | None = None
    optional: bool = False
    """Whether the value may be absent as a whole (JSON null), as opposed to empty."""
    int64: bool = False
    key: Type | None = None
    """Type of the keys of a map, where they have a limit."""

    def walk(self) -> list[Type]:
        """This type and the types inside it."""
        inner = [type_ for part in (self.key, self.item) if part for type_ in part.walk()]
        return [self, *inner]


@dataclass(frozen=True)
class Field:
    """One property of a struct or of a request."""

    name: str
    wire: str
    type: Type
    description: str
    position: Position
    required: bool = False
    default: Any = None
    unit: str | None = None
    go_null: bool = False
    """Whether the wire may hold null for an empty value."""
    null_in_reply: bool = False
    """Whether the Go server always writes null for an empty value."""
    omit_empty: bool = False
    """Whether the Go server leaves the key out when the value is empty."""
    refine: tuple[tuple[str, Limit], ...] = ()
    """Limits on the fields of the struct that hold here only, by field name."""
    json: Type | None = None
    """Of a text: the struct that it is the JSON of."""
    among: tuple[tuple[str, str], ...] = ()
    """Of a list of structs: paths of wire names to texts, each with the wire name of the field of some element to equal."""
    secret: bool = False
    """Whether the value must never be printed."""
    deprecated: bool = False
    since: str | None = None


@dataclass(frozen=True)
class Argument:
    """A parameter of a short constructor or method, and the field it goes to."""

    name: str
    path: tuple[str, ...]
    """Public field names from the struct down to the value."""
    field: Field


@dataclass(frozen=True)
class FileForm:
    """How a struct is written in files that people write by hand."""

    fill: tuple[Argument, ...] = ()
    """What the reader of a file may supply where the file leaves it empty."""
    list: Field | None = None
    """The field that a file stands for that holds a bare list."""
    unset_zero: tuple[Field, ...] = ()
    """Numbers whose 0 means that nothing was said, which is to say the default."""


@dataclass(frozen=True)
class Struct:
    """A JSON object with known keys."""

    name: str
    domain: str
    description: str
    direction: Literal["request", "reply", "both"]
    fields: tuple[Field, ...]
    position: Position
    constructor: tuple[Argument, ...] = ()
    msgtype: str | None = None
    """The constant `msgtype` that the object carries, if any."""
    file: FileForm | None = None
    options: tuple[Field, ...] = ()
    """What the short ways to make one take by name, in order."""
    deprecated: bool = False


@dataclass(frozen=True)
class Member:
    """One named value of an enum."""

    name: str
    value: int
    description: str
    colour: str = ""
    """How it is drawn, as `#rrggbb`; empty where the service draws none."""


@dataclass(frozen=True)
class Enumeration:
    """A set of named integers, open: values without a name are kept."""

    name: str
    domain: str
    description: str
    members: tuple[Member, ...]
    position: Position
    final: tuple[str, ...] = ()
    """Names of the members that no other state follows."""

    @property
    def coloured(self) -> bool:
        """Whether the members have colours."""
        return any(member.colour for member in self.members)


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


@dataclass(frozen=True)
class Example:
    """A recorded request with its reply, as plain JSON values."""

    title: str
    request: Any
    reply: Any
    position: Position


@dataclass(frozen=True)
class Hazard:
    """Something that valid requests can do to a server, to its data or to others."""

    name: str
    effect: str
    when: str
    what: str
    seen: str
    versions: str
    avoid: str
    limit: LimitConstant | None = None
    """The number that the condition depends on."""


@dataclass(frozen=True)
class HazardOf:
    """That a message takes part in a hazard; with a `field`, only with some contents of it."""

    hazard: Hazard
    field: str | None = None
    """Path of the public names from the request to the value."""
    wire: str | None = None
    """The same in wire names."""
    values: tuple[Any, ...] = ()
    """Contents that make the request hazardous; none for every content."""
    refused: tuple[Any, ...] = ()
    """Contents that would be hazardous, and that a limit of the field keeps from being sent."""
    confirm: bool = False
    """Whether a client sends such a request only to a caller who asks for it in so many words."""


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

    @property
    def confirms(self) -> bool:
        """Whether some requests need a word more from the caller."""
        return any(entry.confirm for entry in self.hazards)


@dataclass(frozen=True)
class Role:
    """Who may sign, and with which key of a client."""

    name: str
    key: str
    description: str


@dataclass(frozen=True)
class LimitConstant:
    """A number that the server works with."""

    name: str
    value: int
    unit: str
    description: str


@dataclass(frozen=True)
class TextConstant:
    """A text with a meaning that the server writes into its objects."""

    name: str
    value: str
    description: str


@dataclass(frozen=True)
class Table:
    """Numbers by text, such as what the units of a quantity stand for."""

    name: str
    values: dict[str, int]
    unit: str
    description: str


@dataclass(frozen=True)
class Domain:
    """A part of the protocol with a file of its own."""

    name: str
    types_description: str
    rpc_description: str
    structs: tuple[Struct, ...]
    enums: tuple[Enumeration, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Service:
    """The whole protocol."""

    name: str
    description: str
    protocol: str
    server_version: str
    manifest: dict[str, Any]
    """The manifest as plain data, for what only documents show."""
    roles: tuple[Role, ...]
    idempotency: dict[str, str]
    codes: dict[str, str]
    shared_errors: tuple[ErrorCase, ...]
    """Refusals that many messages share; their texts may hold `{action}`."""
    envelope_errors: tuple[ErrorCase, ...]
    limits: tuple[LimitConstant, ...]
    texts: tuple[TextConstant, ...]
    tables: tuple[Table, ...]
    domains: tuple[Domain, ...]
    hazards_description: str
    effects: dict[str, str]
    hazards: tuple[Hazard, ...]
    _by_name: dict[str, Struct | Enumeration] = field(
        default_factory=dict[str, "Struct | Enumeration"], compare=False
    )

    def struct(self, name: str) -> Struct:
        """The struct called `name`; requests are structs too."""
        found = self._by_name[name]
        assert isinstance(found, Struct)
        return found

    def enum(self, name: str) -> Enumeration:
        """The enum called `name`."""
        found = self._by_name[name]
        assert isinstance(found, Enumeration)
        return found

    @property
    def messages(self) -> list[Message]:
        """Every message, registered or not, in the order of the files."""
        return [message for domain in self.domains for message in domain.messages]

    def takers(self, hazard: Hazard) -> list[tuple[Message, HazardOf]]:
        """The messages that take part in `hazard`, each with how it does, in the order of the files."""
        return [(m, entry) for m in self.messages for entry in m.hazards if entry.hazard == hazard]

    @property
    def structs(self) -> list[Struct]:
        """Every named struct that is not a request."""
        return [struct for domain in self.domains for struct in domain.structs]

    @property
    def enums(self) -> list[Enumeration]:
        """Every enum."""
        return [enum for domain in self.domains for enum in domain.enums]
