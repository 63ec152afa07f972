"""YAML for what only the server has, with what could be read of it, and a TODO for the rest."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from colonyos_gen_codegen.drift.comparing import Comparison
from colonyos_gen_codegen.drift.names import field_name, method_name, spelled, type_name
from colonyos_gen_codegen.drift.pairing import pair_enums
from colonyos_gen_codegen.drift.surface import Enumeration, Field, Member, Message, Place, Shape, Struct
from colonyos_gen_codegen.rules.names import fold

TODO = "TODO"
_ROLES = {
    "RequireServerOwner": ["server_owner"],
    "RequireColonyOwner": ["colony_owner"],
    "RequireMembership true": ["executor_approved", "user"],
    "RequireMembership false": ["executor_any_state", "user"],
}
_COMMON = {"string": "common.yaml#/$defs/Text", "time": "common.yaml#/$defs/Time"}
_PLAIN = {"string": "{type: string}", "time": '{type: [string, "null"], format: date-time}'}


@dataclass
class Skeletons:
    """Writes the YAML of single nodes, and knows in which domain each belongs."""

    comparison: Comparison
    scalars: frozenset[str]
    """Names of the types in `common.yaml`."""
    roles: frozenset[str]
    """Roles of the manifest."""
    methods: set[str]
    """Names of methods that are taken, without what only their case makes different; so are the others."""
    types: set[str]
    constants: set[str]

    def __post_init__(self) -> None:
        left, right = self.comparison.left, self.comparison.right
        self._enums = {other.name: one for one, other in pair_enums(left, right) if other.name}
        self._known = {new: old for old, new in self.comparison.structs.items()}
        lefts = (*left.structs.values(), *left.others.values())
        self._types: dict[str, str] = {}
        self._fields = {struct.id: {fold(entry.name) for entry in struct.fields} for struct in lefts}
        votes: dict[str, Counter[str]] = {}
        for message in left.messages.values():
            other = right.messages.get(message.msgtype)
            if other and other.registered:
                votes.setdefault(other.place.file, Counter())[_stem(message.place)] += 1
        self._domains = {file: counted.most_common(1)[0][0] for file, counted in votes.items()}

    def message_domain(self, message: Message) -> str:
        """Where most messages that stand beside it in the source are described; else called as its folder is."""
        known = self._domains.get(message.place.file)
        path = PurePosixPath(message.place.file)
        name = re.sub(r"[^a-z]", "", (path.parent.name or path.stem).lower()) or "drafted"
        return known or method_name(name, set())

    def struct_domain(self, struct: Struct, seen: frozenset[str] = frozenset()) -> str:
        """Where that is described which holds it."""
        right = self.comparison.right
        for holder in (*right.structs.values(), *right.others.values()):
            if holder.id in seen or all(entry.shape.inner() != struct.id for entry in holder.fields):
                continue
            mine = self.comparison.left.struct(self._known.get(holder.id, ""))
            if mine:
                return _stem(mine.place)
            if holder.id not in right.requests():
                return self.struct_domain(holder, seen | {struct.id})
        for message in right.messages.values():
            held = message.reply.shape.inner() if message.reply and message.reply.shape else ""
            if struct.id == held or struct.id in right.walk(iter([Shape("struct", struct=message.struct)])):
                return self.message_domain(message)
        return "drafted"

    def enum_domain(self, name: str) -> str:
        """Where that is described which has a value of the enum; empty where nothing is known to have one."""
        right = self.comparison.right
        for struct in right.structs.values():
            if any(_enum_of(entry.shape) == name for entry in struct.fields):
                asked = [message for message in right.messages.values() if message.struct == struct.id]
                return self.message_domain(asked[0]) if asked else self.struct_domain(struct)
        return ""

    def enum(self, enum: Enumeration) -> list[str]:
        """The node of an enum of numbers, as lines of `types/<domain>.yaml`."""
        members: dict[int | str | float, Member] = {}
        for member in enum.members:
            members.setdefault(member.value, member)
        return [
            f"  {spelled(self.enum_name(enum.name))}:",
            f'    description: "{TODO}: what it is, as {enum.place} tells."',
            "    type: integer",
            f"    enum: [{', '.join(map(str, members))}]",
            f"    x-enum-names: [{', '.join(self.member_name(member) for member in members.values())}]",
            *(
                f"    # {TODO}: {member.name} is another name of {member.value}, {member.place}"
                for member in enum.members
                if members[member.value] is not member
            ),
            "    x-enum-descriptions:",
            *(f'      - "{TODO}: what it means, as {member.place} tells."' for member in members.values()),
        ]

    def member_name(self, member: Member) -> str:
        """The name of a value in the schema, as YAML."""
        return spelled(type_name(member.name, self.constants))

    def enum_name(self, name: str) -> str:
        """The name of a new enum in the schema."""
        return self._types.setdefault(f"enum {name}", "") or self._named(f"enum {name}", name)

    def _named(self, id: str, name: str) -> str:
        self._types[id] = type_name(name, self.types)
        return self._types[id]

    def struct_name(self, struct: Struct) -> str:
        """The name of a new struct in the schema, which another struct or enum may have already."""
        return self._types.get(struct.id) or self._named(struct.id, struct.name)

    def message(self, message: Message, name: str) -> list[str]:
        """The node of a message, as lines of `rpc/<domain>.yaml`; `name` is one that it has already, or empty."""
        struct = self.comparison.right.struct(message.struct)
        fields = [entry for entry in struct.fields if entry.key != "msgtype"] if struct else []
        if not name:
            name = struct.name if struct else ""
            if not name or fold(name) in self.types:  # as when two messages share one
                name = f"{message.msgtype.removesuffix('msg').capitalize()}Msg"
            name = type_name(name, self.types)
        known = [role for check in message.checks for role in _ROLES.get(check, [])]
        roles = [role for role in dict.fromkeys(known) if role in self.roles]
        method = method_name(re.sub(r"(Msg|RPC)$", "", name), self.methods)
        taken = {"msgtype"}
        public = {entry.key: field_name(entry.key, taken) for entry in fields}
        lines = [
            f"  {spelled(name)}:",
            "    type: object",
            f'    description: "{TODO}: what it does, as {message.place} tells."',
            "    x-methods:",
            f"      - {{name: {method}, parameters: [{', '.join(public.values())}]}}",
            f"    x-transport: {'websocket' if message.streams else 'http'}",
            f"    x-roles: [{', '.join(roles) or min(self.roles)}]"
            + ("" if roles else f"  # {TODO}: who may sign it"),
            *self.since(4),
            f"    x-idempotency: unsafe  # {TODO}: what a repetition does",
            *self._reply(message),
            f"    x-errors: []  # {TODO}: how it is refused",
            *(f"    # {TODO}: {entry.text!r}, {entry.place}" for entry in message.refusals),
            f"    required: [{', '.join(['msgtype', *(spelled(entry.key) for entry in fields if not _optional(entry))])}]",
            "    properties:",
            f"      msgtype: {{const: {spelled(message.msgtype)}}}",
        ]
        for entry in fields:
            required = not _optional(entry)
            lines += self.field(
                entry, "rpc", self.message_domain(message), required=required, public=public[entry.key]
            )
        return lines

    def since(self, indent: int) -> list[str]:
        """From which release on it is there: that of the sources, if it is later than the one described."""
        known, new = (
            tuple(map(int, re.findall(r"\d+", side.release)))
            for side in (self.comparison.left, self.comparison.right)
        )
        if new > known:
            return [f"{' ' * indent}x-since: {self.comparison.right.release}"]
        later = ".".join(map(str, (*known[:-1], known[-1] + 1))) if known else "0.0.1"
        return [f"{' ' * indent}x-since: v{later}  # {TODO}: the first release that has it"]

    def _reply(self, message: Message) -> list[str]:
        reply = message.reply
        if message.streams or reply is None or (reply.shape and reply.shape.kind == "unreadable"):
            stream = "stream: true" if message.streams else ""
            return [f"    x-reply: {{{stream}}}  # {TODO}: what comes back, which could not be read"]
        if reply.shape is None or reply.echo:
            return ["    x-reply: {}"]
        payloadtype = f"\n      payloadtype: {reply.payloadtype}" if reply.payloadtype else ""
        schema = "\n".join(self._type(reply.shape, "rpc", self.message_domain(message), 8))
        return f"    x-reply:\n      schema:\n{schema}{payloadtype}".split("\n")

    def struct(self, struct: Struct) -> list[str]:
        """The node of a type, as lines of `types/<domain>.yaml`."""
        right = self.comparison.right
        sent = struct.id in right.walk(Shape("struct", struct=id) for id in right.requests())
        answered = struct.id in right.walk(right.replies())
        direction = "both" if sent == answered else "request" if sent else "reply"
        lines = [
            f"  {spelled(self.struct_name(struct))}:",
            "    type: object",
            f'    description: "{TODO}: what it is, as {struct.place} tells."',
            f"    x-direction: {direction}",
            "    properties:" if struct.fields else "    properties: {}",
        ]
        taken: set[str] = set()
        for entry in struct.fields:
            public = field_name(entry.key, taken)
            lines += self.field(entry, "types", self.struct_domain(struct), required=False, public=public)
        return lines

    def field(
        self, entry: Field, folder: str, domain: str, *, required: bool, public: str, since: bool = False
    ) -> list[str]:
        """The node of a field that callers call `public`; with `since` of one that is new in a struct that is not."""
        lines = [
            f"      {spelled(entry.key)}:",
            f'        description: "{TODO}: what it is, as {entry.place} tells."',
        ]
        if public != entry.key:
            lines.append(f"        x-name: {public}")
        shape = entry.shape
        members = self._members(shape)
        if entry.omit_empty and members and all(member.value != 0 for member in members):
            shape = Shape("integer", nullable=shape.nullable)  # nothing stands for 0, which is none of them
        if not required and shape.kind == "struct" and self._has_to_be_given(shape.struct):
            shape = Shape("struct", struct=shape.struct, nullable=True)
        lines += self._type(shape, folder, domain, 8)
        if not required:
            lines.append(f"        default: {self._default(shape)}")
        if shape.nullable and shape.kind in ("string", "integer", "number", "boolean"):
            lines[-1] += f"  # {TODO}: null stands for none, which a schema says of structs alone"
        if since:
            lines += self.since(8)
        if entry.shape.kind in ("integer", "number") and "$ref" not in self._inline(shape, folder, domain):
            lines.append(f"        x-unit: {TODO}")
        if entry.shape.kind in ("list", "map", "bytes") and not required:
            lines.append("        x-go-null: sometimes")
        if entry.omit_empty and folder == "types":
            lines.append("        x-omit-empty: true")
        return lines

    def public(self, owner: str, entry: Field) -> str:
        """The name of a field that is new in the struct of the schema with the id `owner`."""
        return field_name(entry.key, self._fields.setdefault(owner, set()))

    def _default(self, shape: Shape) -> str:
        """That of its kind; of an enum without 0 its first value."""
        values = [member.value for member in self._members(shape)]
        return str(values[0]) if values and 0 not in values else _default(shape)

    def _members(self, shape: Shape) -> tuple[Member, ...]:
        """The values of the enum that a number is one of, as the draft has them; empty for none."""
        if shape.kind != "integer" or not shape.enum:
            return ()
        if shape.enum in self._enums:
            return self._enums[shape.enum].members
        new = (enum for enum in self.comparison.right.enums if enum.name == shape.enum)
        return next(new).members if self.is_new_enum(shape.enum) else ()

    def _has_to_be_given(self, id: str) -> bool:
        """Whether the schema has the struct with fields that must be given, so that there is no empty one."""
        mine = self.comparison.left.struct(self._known.get(id, ""))
        return mine is not None and any(not entry.optional for entry in mine.fields)

    def _type(self, shape: Shape, folder: str, domain: str, indent: int) -> list[str]:
        """What JSON Schema says of a shape, as lines."""
        space = " " * indent
        if shape.kind == "list":
            return [f"{space}type: array", f"{space}items: {self._inline(shape.item, folder, domain)}"]
        if shape.kind == "map":
            inner = self._inline(shape.item, folder, domain)
            return [
                f"{space}type: object",
                f"{space}additionalProperties: {'true' if inner == '{}' else inner}",
            ]
        if shape.kind == "bytes":
            return [f"{space}type: string", f"{space}contentEncoding: base64"]
        if shape.kind == "struct" and shape.nullable and indent == 8:
            return [f'{space}anyOf: [{self._inline(shape, folder, domain)}, {{type: "null"}}]']
        text = self._inline(shape, folder, domain)
        if text == _PLAIN["time"]:
            return [f'{space}type: [string, "null"]', f"{space}format: date-time"]
        return [f"{space}{text[1:-1]}"] if text != "{}" else []

    def _inline(self, shape: Shape | None, folder: str, domain: str) -> str:
        if shape is None or shape.kind in ("any", "unreadable"):
            return "{}"
        if shape.kind == "list":
            return f"{{type: array, items: {self._inline(shape.item, folder, domain)}}}"
        if shape.kind == "map":
            inner = self._inline(shape.item, folder, domain)
            return f"{{type: object, additionalProperties: {'true' if inner == '{}' else inner}}}"
        up = "../types/" if folder == "rpc" else ""
        if shape.kind == "struct":
            file, name = self._target(shape.struct)
            return f'{{$ref: "{"" if folder == "types" and file == domain else f"{up}{file}.yaml"}#/$defs/{name}"}}'
        if shape.kind == "integer" and shape.enum:
            known = self._enums.get(shape.enum)
            file = _stem(known.place) if known else self.enum_domain(shape.enum)
            if known or self.is_new_enum(shape.enum):
                place = "" if folder == "types" and file == domain else f"{up}{file}.yaml"
                return f'{{$ref: "{place}#/$defs/{known.name if known else self.enum_name(shape.enum)}"}}'
        if shape.kind in _COMMON:
            shared = _COMMON[shape.kind]
            return (
                f'{{$ref: "{up}{shared}"}}'
                if shared.rpartition("/")[2] in self.scalars
                else _PLAIN[shape.kind]
            )
        if shape.kind == "bytes":
            return "{type: string, contentEncoding: base64}"
        return f"{{type: {shape.kind}}}"

    def is_new_enum(self, name: str) -> bool:
        """Whether the source alone has an enum of numbers of this name, and says what is of it."""
        new = (enum for enum in self.comparison.right.enums if enum.name == name and not enum.is_text)
        return bool(name) and name not in self._enums and any(new) and bool(self.enum_domain(name))

    def _target(self, id: str) -> tuple[str, str]:
        """The file, without its ending, and the name of a struct in the schema, or where it will be."""
        mine = self.comparison.left.struct(self._known.get(id, ""))
        if mine:
            return _stem(mine.place), mine.name
        struct = self.comparison.right.struct(id)
        return (self.struct_domain(struct), self.struct_name(struct)) if struct else ("common", "Text")


def _stem(place: Place) -> str:
    return PurePosixPath(place.file).stem


def _optional(entry: Field) -> bool:
    """Whether a request may leave it out: told by its tag, since the server reads what is missing as empty."""
    return entry.omit_empty


def _enum_of(shape: Shape) -> str:
    return _enum_of(shape.item) if shape.item else shape.enum


def _default(shape: Shape) -> str:
    """What the server takes a missing value for."""
    if shape.kind == "struct":
        return "null" if shape.nullable else "{}"
    defaults = {
        "string": '""',
        "bytes": '""',
        "integer": "0",
        "number": "0",
        "boolean": "false",
        "list": "[]",
        "map": "{}",
    }
    return defaults.get(shape.kind, "null")
