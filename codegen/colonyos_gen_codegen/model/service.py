"""The whole protocol, and its domains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from colonyos_gen_codegen.model.constants import LimitConstant, Table, TextConstant
from colonyos_gen_codegen.model.hazards import Hazard, HazardOf
from colonyos_gen_codegen.model.messages import ErrorCase, Message
from colonyos_gen_codegen.model.values import Enumeration, Struct


@dataclass(frozen=True)
class Role:
    """Who may sign, and with which key of a client."""

    name: str
    key: str
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
    releases: tuple[str, ...]
    """The server releases that are told apart, oldest first."""
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
