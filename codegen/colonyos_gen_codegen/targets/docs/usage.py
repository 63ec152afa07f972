"""Which methods and types use a type."""

from __future__ import annotations

from colonyos_gen_codegen.model import Service, Type
from colonyos_gen_codegen.targets.docs.links import Links


class Usage:
    """The reverse of the references in the schema, in the order of its files."""

    def __init__(self, service: Service) -> None:
        self._parameter_of: dict[str, list[str]] = {}
        self._result_of: dict[str, list[str]] = {}
        self._part_of: dict[str, list[str]] = {}
        for message in service.messages:
            for method in message.methods:
                for parameter in method.parameters:
                    _note(self._parameter_of, parameter.type, method.name)
                if message.reply.type is not None:
                    _note(self._result_of, message.reply.type, method.name)
        for struct in service.structs:
            for field in struct.fields:
                if field.type.name != struct.name:
                    _note(self._part_of, field.type, struct.name)

    def sentence(self, name: str, links: Links) -> str:
        """Where the type `name` is used, with links; empty when no method and no type uses it."""
        parts = [
            f"{label} {', '.join(link(user) for user in users[name])}"
            for label, users, link in (
                ("parameter of", self._parameter_of, links.method),
                ("returned by", self._result_of, links.method),
                ("part of", self._part_of, links.to),
            )
            if name in users
        ]
        joined = "; ".join(parts)
        return f"{joined[0].upper()}{joined[1:]}." if joined else ""


def _note(table: dict[str, list[str]], type_: Type, user: str) -> None:
    for part in type_.walk():
        if part.name and user not in table.setdefault(part.name, []):
            table[part.name].append(user)
