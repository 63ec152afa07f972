"""Names of the package, none of them twice: types, constants, methods and fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from colonyos_gen_codegen.model import Enumeration, Field, Member, Message, Method, Service, Struct
from colonyos_gen_codegen.targets.go.spelling import exported, local, unique

_DECLARED = re.compile(r"^(?:type|func|const|var) (\w+)|^\t(\w+)(?: +\w+)? += ", re.MULTILINE)
_OF_CLIENT = re.compile(r"^func \(c \*Client\) (\w+)", re.MULTILINE)
_MADE = {"Keys", "DefaultURL", "DefaultPort", "APIMethod", "APIPath", "PubSubMethod", "PubSubPath", "HealthPath",
         "HealthMethod", "Protocol", "ServerVersion"}  # fmt: skip
_OF_STRUCTS = {"MarshalJSON", "UnmarshalJSON", "MsgType"}


class Names:
    """Finds names for what a schema has; `runtime` are the sources written by hand, whose names are taken."""

    def __init__(self, service: Service, runtime: Iterable[Path]) -> None:
        texts = [path.read_text(encoding="utf-8") for path in runtime]
        declared = {a or b for text in texts for a, b in _DECLARED.findall(text)}
        self._taken = declared | _MADE
        self._of_client = {name for text in texts for name in _OF_CLIENT.findall(text)}
        self._types: dict[str, str] = {}
        self._values: dict[tuple[str, str], str] = {}
        named: list[Struct | Enumeration] = [*service.structs, *service.enums]
        named += [message.struct for message in service.messages]
        for each in named:
            # A type has functions in its name, none of which may be one of those that are written by hand.
            hidden = {
                name for name in (each.name, f"{each.name}Type") if {f"read{name}", f"new{name}"} & declared
            }
            self._taken |= hidden
            self._types[each.name] = self._new(each.name, ("Type", "Object"))
        for message in service.messages:
            for method in message.methods:
                self._new(exported(method.name) + "Options", ("Type",))
        for struct in service.structs:
            self._new(f"New{struct.name}", ())
        for kind, names in (
            ("Code", service.codes),
            ("Role", [role.name for role in service.roles]),
            ("Idempotency", service.idempotency),
            ("", [limit.name for limit in service.limits]),
            ("Text", [each.name for each in service.texts]),
            ("", [table.name for table in service.tables]),
        ):
            for name in names:
                self._values[kind, name] = self._new(kind + exported(name), ("Value", "Constant"))
        for enum in service.enums:
            for member in enum.members:
                name = self._types[enum.name] + exported(member.name)
                self._values[enum.name, member.name] = self._new(name, ("Value", "Constant"))

    def _new(self, name: str, suffixes: tuple[str, ...]) -> str:
        found = unique(name, self._taken, (*suffixes, *(str(number) for number in range(2, 99))))
        self._taken.add(found)
        return found

    def type(self, name: str) -> str:
        """Of a struct, an enum or a request."""
        return self._types[name]

    def value(self, kind: str, name: str) -> str:
        """Of a code, a role, or another word of the manifest."""
        return self._values[kind, name]

    def member(self, enum: Enumeration, member: Member) -> str:
        """Of a value of an enum."""
        return self._values[enum.name, member.name]

    def method(self, method: Method) -> str:
        """Of a call."""
        return unique(exported(method.name), self._of_client, ("Call",))

    def fields(self, struct: Struct) -> dict[str, str]:
        """Those of the fields of a struct, by what the schema calls them."""
        return _each(((field.name, exported(field.name)) for field in struct.fields), _OF_STRUCTS)

    def field(self, struct: Struct, field: Field | str) -> str:
        """Of a field of a struct."""
        return self.fields(struct)[field if isinstance(field, str) else field.name]

    def parameters(self, method: Method) -> dict[str, str]:
        """Those of the parameters of a call, by what the schema calls them: in words for everybody, if they are optional."""
        plain = _each(((p.name, local(p.name)) for p in method.parameters if not p.keyword), set())
        return plain | _each(
            ((p.name, exported(p.name)) for p in method.parameters if p.keyword), {"Hazardous"}
        )

    def locals(self, names: Iterable[str]) -> dict[str, str]:
        """Names for parameters."""
        return _each(((name, local(name)) for name in names), set())

    def message(self, message: Message) -> str:
        """The variable that describes a message."""
        return f"msg{message.struct.name}"


def _each(pairs: Iterable[tuple[str, str]], taken: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, spelled in pairs:
        numbers = (str(number) for number in range(2, 99))
        found[name] = unique(spelled, {*taken, *found.values()}, ("Value", *numbers))
    return found
