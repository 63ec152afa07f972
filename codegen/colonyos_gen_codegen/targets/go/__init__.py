"""The Go package `colonyos`: types, requests and typed calls, over a transport that is written by hand in `runtime/`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jinja2

from colonyos_gen_codegen.model import (
    Argument,
    Domain,
    Enumeration,
    Field,
    HazardOf,
    Member,
    Message,
    Method,
    Parameter,
    Scalar,
    Service,
    Struct,
    Type,
)
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.go import spelling
from colonyos_gen_codegen.targets.go.checks import Checks
from colonyos_gen_codegen.targets.go.names import Names

PACKAGE = "go"
_RUNTIME = Path(__file__).with_name("runtime")


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """Every file of the package, those of `runtime/` as they are."""
    return _Render(service, templates).files()


class _Render:
    def __init__(self, service: Service, templates: jinja2.Environment) -> None:
        self._service = service
        self._templates = templates
        self._runtime = sorted(path for path in _RUNTIME.rglob("*") if path.suffix in {".go", ".sum"})
        self._names = Names(
            service, [path for path in self._runtime if path.parent == _RUNTIME and path.suffix == ".go"]
        )
        self._checks = Checks(service, self._names)
        filters: dict[str, Any] = templates.filters
        filters["member_name"] = self._member_name
        tests: dict[str, Any] = templates.tests
        tests["collection"] = spelling.is_collection
        public = {name: getattr(self, f"_{name}") for name in _OFFERED}
        cast(dict[str, Any], templates.globals).update(
            public,
            service=service,
            banner=BANNER,
            go=spelling,
            names=self._names,
            checks=self._checks,
            keys=self._keys(),
            endpoints=self._endpoints(),
        )

    def _member_name(self, member: Member, enum: Enumeration) -> str:
        return self._names.member(enum, member)

    def _endpoints(self) -> list[tuple[str, dict[str, str]]]:
        entries = self._service.manifest["endpoints"].items()
        return [(_ENDPOINTS.get(name, spelling.exported(name)), entry) for name, entry in entries]

    def files(self) -> dict[str, str]:
        """By path."""
        files = {
            f"{PACKAGE}/{path.relative_to(_RUNTIME).as_posix()}": path.read_text(encoding="utf-8")
            for path in self._runtime
        }
        files[f"{PACKAGE}/go.mod"] = self._text("go.mod")
        for domain in self._service.domains:
            if domain.structs or domain.enums:
                files[f"{PACKAGE}/{domain.name}_types.go"] = self._text("types.go", domain=domain)
            if self._registered(domain):
                files[f"{PACKAGE}/{domain.name}_calls.go"] = self._text("calls.go", domain=domain)
        files[f"{PACKAGE}/protocol.go"] = self._text(
            "protocol.go"
        )  # last, as it has the patterns that were met
        return files

    def _text(self, template: str, **variables: Any) -> str:
        return self._templates.get_template(f"{template}.jinja").render(**variables)

    def _keys(self) -> dict[str, list[str]]:
        """The roles that each key of a client plays."""
        found: dict[str, list[str]] = {}
        for role in self._service.roles:
            if role.key != "none":
                found.setdefault(role.key, []).append(role.name)
        return found

    def _registered(self, domain: Domain) -> list[Message]:
        return [message for message in domain.messages if message.registered]

    def _imports(self, domain: Domain) -> list[str]:
        used = {"strconv"} if domain.enums else set[str]()
        return sorted(used | self._used_by(domain.structs))

    def _used_by(self, structs: tuple[Struct, ...]) -> set[str]:
        fields = [field for struct in structs for field in struct.fields]
        used: set[str] = set()
        if any(struct.msgtype for struct in structs) or any(spelling.is_collection(f.type) for f in fields):
            used.add("encoding/json")
        if any(_holds_time(field.type) for field in fields):
            used.add("time")
        return used

    def _call_imports(self, domain: Domain) -> list[str]:
        messages = self._registered(domain)
        used = {"context", "encoding/json"} | self._used_by(tuple(message.struct for message in messages))
        if any(message.waits for message in messages):
            used.add("time")
        if any(message.reply.stream for message in messages):
            used.add("iter")
        types = [p.type for m in messages for method in m.methods for p in method.parameters]
        types += [message.reply.type for message in messages if message.reply.type]
        if any(_holds_time(type_) for type_ in types):
            used.add("time")
        return sorted(used)

    def _spelled(self, type_: Type) -> str:
        return spelling.spelled(self._renamed(type_))

    def _reader(self, type_: Type) -> str:
        return spelling.reader(self._renamed(type_))

    def _renamed(self, type_: Type) -> Type:
        """The same with the names of this package."""
        item = self._renamed(type_.item) if type_.item is not None else None
        return replace(type_, item=item, name=self._names.type(type_.name) if type_.name else "")

    def _struct_text(self, struct: Struct) -> str:
        checked = struct.name in self._checks.sent or struct.msgtype is not None
        made = struct.msgtype is None and struct.direction != "reply"
        constructs = made and bool(struct.constructor or any(_literal(field) for field in struct.fields))
        text = self._text("struct.go", struct=struct, checked=checked, constructs=constructs)
        return text.rstrip()

    def _described(self, field: Field) -> str:
        text = field.description or "see the type."
        if field.unit and field.unit != "count":
            text += f" In {field.unit}."
        if field.since:
            text += f" Since {field.since}."
        return text

    def _tag(self, field: Field) -> str:
        words = field.wire
        if field.type.kind == "scalar" and field.type.scalar is Scalar.TIME and not field.required:
            words += ",omitzero"
        return f'`json:"{words}"`'

    def _presence(self, field: Field) -> str:
        if field.go_null:
            return "requiredNullable" if field.required else "nullable"
        return "required" if field.required else "optional"

    def _defaults(self, struct: Struct) -> list[str]:
        lines: list[str] = []
        for field in struct.fields:
            place = f"v.{self._names.field(struct, field)}"
            if spelling.is_pointer(field.type):
                continue
            if (literal := _literal(field)) is not None:
                lines.append(f"{place} = {literal}")
            elif spelling.is_collection(field.type):
                lines.append(f"{place} = {self._spelled(field.type)}{{}}")
            elif field.type.kind == "struct":
                lines.append(f"{place} = new{self._names.type(field.type.name)}()")
        return lines

    def _path(self, struct: Struct, path: tuple[str, ...]) -> str:
        steps: list[str] = []
        for step in path:
            field = next(each for each in struct.fields if each.name == step)
            steps.append(self._names.field(struct, field))
            if field.type.kind == "struct":
                struct = self._service.struct(field.type.name)
        return ".".join(steps)

    def _signature(self, arguments: tuple[Argument, ...]) -> str:
        names = self._names.locals(argument.name for argument in arguments)
        return ", ".join(f"{names[each.name]} {self._spelled(each.field.type)}" for each in arguments)

    def _argument_name(self, arguments: tuple[Argument, ...], name: str) -> str:
        return self._names.locals(argument.name for argument in arguments)[name]

    def _wired(self, message: Message, wire: str) -> str:
        field = next(each for each in message.struct.fields if wire in (each.wire, each.name))
        return self._names.field(message.struct, field)

    def _truth(self, message: Message, wire: str) -> str:
        field = next(each for each in message.struct.fields if wire in (each.wire, each.name))
        value = f"v.{self._names.field(message.struct, field)}"
        return (
            value if field.type.scalar is Scalar.BOOLEAN and field.type.kind == "scalar" else f'{value} != ""'
        )

    def _hazardous(self, message: Message, entry: HazardOf) -> str:
        """When a request takes part in a hazard; empty for always."""
        if entry.field is None or not entry.values:
            return ""
        value = f"v.{self._path(message.struct, tuple(entry.field.split('.')))}"
        return " || ".join(f"{value} == {_written(each)}" for each in entry.values)

    def _confirmed(self, message: Message) -> list[tuple[str, HazardOf]]:
        """What a caller has to confirm, each with its condition, up to one that every request has."""
        found: list[tuple[str, HazardOf]] = []
        for entry in message.hazards:
            if entry.confirm:
                found.append((self._hazardous(message, entry), entry))
                if not found[-1][0]:
                    break
        return found

    def _reply_reader(self, message: Message) -> str:
        reply = message.reply
        if reply.type is None:
            return "readNothing"
        reader = self._reader(reply.type)
        if reply.go_null:
            empty = f"{self._spelled(reply.type)}{{}}" if spelling.is_collection(reply.type) else "nil"
            return f"orEmpty({empty}, {reader})"
        return reader

    def _options_of(self, message: Message, method: Method) -> list[Parameter]:
        """The optional parameters; one for the hazard alone, if there are none."""
        found = [parameter for parameter in method.parameters if parameter.keyword]
        return found or ([_ONLY_HAZARD] if message.confirms else [])

    def _options_has_parameters(self, options: list[Parameter]) -> bool:
        return options != [_ONLY_HAZARD]

    def _options_name(self, method: Method) -> str:
        return self._names.method(method) + "Options"

    def _option_text(self, parameter: Parameter) -> str:
        literal = _literal(parameter.field) if parameter.field is not None else None
        return (
            f"{parameter.description} nil stands for {literal}."
            if literal is not None
            else parameter.description
        )

    def _option_type(self, parameter: Parameter) -> str:
        type_ = self._spelled(parameter.type)
        if type_.startswith(("*", "[]", "map[")) or type_ in {"any"}:
            return type_
        literal = _literal(parameter.field) if parameter.field is not None else None
        return f"*{type_}" if literal is not None or parameter.type.kind == "struct" else type_

    def _needs_object(self, parameter: Parameter) -> bool:
        return not parameter.keyword and parameter.type.kind == "struct" and not parameter.type.optional

    def _parameter_list(self, message: Message, method: Method) -> str:
        names = self._names.parameters(method)
        text = ""
        for parameter in method.parameters:
            if not parameter.keyword:
                star = "*" if self._needs_object(parameter) else ""
                text += f", {names[parameter.name]} {star}{self._spelled(parameter.type)}"
        return f"{text}, opts *{self._options_name(method)}" if self._options_of(message, method) else text

    def _result(self, message: Message) -> str:
        type_ = message.reply.type
        if type_ is None:
            return "error"
        spelled = self._spelled(type_)
        if type_.kind == "struct" and not type_.optional:
            spelled = f"*{spelled}"
        return f"iter.Seq2[{spelled}, error]" if message.reply.stream else f"({spelled}, error)"

    def _give_up(self, message: Message, error: str) -> str:
        if message.reply.stream:
            return f"return refused[{self._result(message)[len('iter.Seq2[') : -len(', error]')]}]({error})"
        return f"return {error}" if message.reply.type is None else f"return nil, {error}"

    def _filled(self, message: Message, method: Method) -> list[str]:
        """The statements that put the parameters into the request."""
        names = self._names.parameters(method)
        lines: list[str] = []
        for parameter in method.parameters:
            if parameter.keyword:
                continue
            value = names[parameter.name]
            star = "*" if self._needs_object(parameter) else ""
            if parameter.field is not None:
                lines.append(f"r.{self._names.field(message.struct, parameter.field)} = {star}{value}")
            else:
                struct = self._service.struct(parameter.type.name)
                for theirs, ours in parameter.unpack:
                    target = self._names.field(message.struct, ours)
                    lines.append(f"r.{target} = {value}.{self._names.field(struct, theirs)}")
        options = [parameter for parameter in method.parameters if parameter.keyword]
        if not options:
            return lines
        lines.append("if opts != nil {")
        for parameter in options:
            assert parameter.field is not None
            place, value = (
                f"r.{self._names.field(message.struct, parameter.field)}",
                f"opts.{names[parameter.name]}",
            )
            type_ = self._option_type(parameter)
            if type_ == self._spelled(parameter.type) and not spelling.is_collection(parameter.type):
                lines.append(f"\t{place} = {value}")
            else:
                star = "" if type_ == self._spelled(parameter.type) else "*"
                lines += [f"\tif {value} != nil {{", f"\t\t{place} = {star}{value}", "\t}"]
        return [*lines, "}"]

    def _sent(self, message: Message, options: list[Parameter]) -> str:
        hazardous = "opts != nil && opts.Hazardous" if message.confirms and options else "false"
        type_ = message.reply.type
        if type_ is None:
            return f"return do(ctx, c, &r, {hazardous})"
        reader = self._reply_reader(message)
        if message.reply.stream:
            if type_.kind == "struct" and not type_.optional:
                reader = f"pointerTo({reader})"
            return f"return subscribe(ctx, c, &r, {hazardous}, {reader})"
        call = "callFor" if type_.kind == "struct" and not type_.optional else "call"
        return f"return {call}(ctx, c, &r, {hazardous}, {reader})"

    def _idempotency(self, message: Message) -> str:
        return self._service.idempotency[message.idempotency]


_ENDPOINTS = {"api": "API", "pubsub": "PubSub", "health": "Health"}
_ONLY_HAZARD = Parameter("", Type("scalar", Scalar.BOOLEAN), "", keyword=True)
_OFFERED = [
    "registered", "imports", "call_imports", "spelled", "reader", "struct_text", "described", "tag", "presence", "defaults",
    "path", "signature", "argument_name", "wired", "truth", "confirmed", "reply_reader", "options_of",
    "options_has_parameters", "options_name", "option_text", "option_type", "needs_object", "parameter_list", "result",
    "give_up", "filled", "sent", "idempotency",
]  # fmt: skip
"""What templates may ask."""


def _holds_time(type_: Type) -> bool:
    return any(part.kind == "scalar" and part.scalar is Scalar.TIME for part in type_.walk())


def _literal(field: Field) -> str | None:
    """The default of a field as a literal, where it is not zero."""
    value = field.default
    if value is None or value in ("", 0, False) or isinstance(value, list | dict):
        return None
    if field.type.kind == "scalar" and field.type.scalar is Scalar.BYTES:
        data = base64.b64decode(value)
        return f"[]byte{{{', '.join(str(byte) for byte in data)}}}"
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return spelling.text(value) if isinstance(value, str) else str(value)
