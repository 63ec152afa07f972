"""Builds the model from a loaded schema that passed validation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from colonyos_gen_codegen.build.hazards import Catalog
from colonyos_gen_codegen.build.limits import limit_of
from colonyos_gen_codegen.model import (
    About,
    Argument,
    Domain,
    Enumeration,
    ErrorCase,
    Example,
    Field,
    FileForm,
    LimitConstant,
    Member,
    Message,
    Method,
    Option,
    Parameter,
    Reply,
    Role,
    Scalar,
    Service,
    Struct,
    Table,
    TextConstant,
    Type,
)
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.loader import Document, Pointer, Schema
from colonyos_gen_codegen.schema.references import resolve

_SCALARS = {
    "string": Scalar.STRING,
    "integer": Scalar.INTEGER,
    "number": Scalar.NUMBER,
    "boolean": Scalar.BOOLEAN,
}


def build(schema: Schema) -> Service:
    """The model of `schema`. Call it only on a schema without findings: it trusts what the rules guarantee."""
    return _Build(schema).service()


class _Build:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._manifest: dict[str, Any] = schema.manifest.data
        self._structs: dict[str, Struct] = {}
        self._enums: dict[str, Enumeration] = {}
        self._limits = tuple(
            LimitConstant(name, limit["value"], limit["unit"], limit["description"])
            for name, limit in self._manifest["limits"].items()
        )
        self._catalog = Catalog(schema.hazards.data, self._limits)

    def service(self) -> Service:
        manifest = self._manifest
        for document in self._schema.group("types"):
            self._definitions(document)
        requests: dict[str, dict[str, Struct]] = {}
        for document in self._schema.group("rpc"):
            requests[document.file] = {
                name: self._struct(document, name, msgtype=definition["properties"]["msgtype"]["const"])
                for name, definition in document.data["$defs"].items()
            }
            self._structs.update(requests[document.file])
        shown = {
            name: item
            for name, item in manifest.items()
            if name not in {"errors", "envelope_errors", "limits", "texts", "tables", "x-accept"}
        }
        return Service(
            name=manifest["service"],
            description=manifest["description"],
            protocol=manifest["protocol"],
            server_version=manifest["server"]["version"],
            releases=tuple(manifest["server"].get("releases", [manifest["server"]["version"]])),
            manifest=shown,
            roles=tuple(
                Role(name, role["key"], role["description"]) for name, role in manifest["roles"].items()
            ),
            idempotency=manifest["idempotency"],
            codes=manifest["codes"],
            shared_errors=tuple(_error_case(name, error) for name, error in manifest["errors"].items()),
            envelope_errors=tuple(_error_case(error["name"], error) for error in manifest["envelope_errors"]),
            limits=self._limits,
            texts=tuple(
                TextConstant(name, text["value"], text["description"])
                for name, text in manifest.get("texts", {}).items()
            ),
            tables=tuple(
                Table(name, table["values"], table["unit"], table["description"])
                for name, table in manifest.get("tables", {}).items()
            ),
            domains=tuple(self._domains(requests)),
            hazards_description=self._schema.hazards.data["description"],
            effects=self._schema.hazards.data["effects"],
            hazards=self._catalog.hazards,
            _by_name={**self._structs, **self._enums},
        )

    def _domains(self, requests: dict[str, dict[str, Struct]]) -> list[Domain]:
        types = {document.data["domain"]: document for document in self._schema.group("types")}
        rpc = {document.data["domain"]: document for document in self._schema.group("rpc")}
        domains: list[Domain] = []
        for name in sorted({*types, *rpc}):
            messages: list[Message] = []
            if name in rpc:
                structs = requests[rpc[name].file]
                messages = [self._message(rpc[name], struct) for struct in structs.values()]
            domains.append(
                Domain(
                    name=name,
                    types_description=types[name].data["description"] if name in types else "",
                    rpc_description=rpc[name].data["description"] if name in rpc else "",
                    structs=tuple(
                        self._structs[key]
                        for key in self._definition_names(types.get(name))
                        if key in self._structs
                    ),
                    enums=tuple(e for e in self._enums.values() if e.domain == name),
                    messages=tuple(messages),
                )
            )
        return domains

    def _definition_names(self, document: Document | None) -> list[str]:
        return list(document.data["$defs"]) if document else []

    def _definitions(self, document: Document) -> None:
        for name, definition in document.data["$defs"].items():
            if "x-enum-names" in definition:
                self._enums[name] = Enumeration(
                    name=name,
                    domain=document.data["domain"],
                    description=definition["description"],
                    members=tuple(
                        Member(
                            *member,
                            since=definition.get("x-enum-since", {}).get(member[0]),
                            until=definition.get("x-enum-until", {}).get(member[0]),
                        )
                        for member in zip(
                            definition["x-enum-names"],
                            definition["enum"],
                            definition["x-enum-descriptions"],
                            definition.get("x-enum-colours", [""] * len(definition["enum"])),
                            strict=True,
                        )
                    ),
                    position=document.position(("$defs", name)),
                    final=tuple(definition.get("x-enum-final", [])),
                )
            elif definition.get("type") == "object":
                constant = definition["properties"].get("msgtype", {}).get("const")
                self._structs[name] = self._struct(document, name, msgtype=constant)

    def _struct(self, document: Document, name: str, msgtype: str | None) -> Struct:
        definition = document.data["$defs"][name]
        required = definition.get("required", [])
        fields = tuple(
            self._field(document, ("$defs", name, "properties", wire), wire, value, wire in required)
            for wire, value in definition["properties"].items()
            if "const" not in value
        )
        return Struct(
            name=name,
            domain=document.data["domain"],
            description=definition["description"],
            direction=definition.get("x-direction", "request"),
            fields=fields,
            position=document.position(("$defs", name)),
            constructor=tuple(
                self._argument(document, fields, entry) for entry in definition.get("x-new", [])
            ),
            msgtype=msgtype,
            file=self._file_form(document, fields, definition["x-file"]) if "x-file" in definition else None,
            options=tuple(self._option(document, fields, entry) for entry in definition.get("x-options", [])),
            **_lifetime(definition),
        )

    def _file_form(self, document: Document, fields: tuple[Field, ...], form: dict[str, Any]) -> FileForm:
        by_wire = {field.wire: field for field in fields}
        return FileForm(
            fill=tuple(self._argument(document, fields, entry) for entry in form.get("fill", [])),
            list=by_wire[form["list"]] if "list" in form else None,
            unset_zero=tuple(by_wire[wire] for wire in form.get("unset-zero", [])),
        )

    def _argument(
        self, document: Document, fields: tuple[Field, ...], entry: str | dict[str, Any]
    ) -> Argument:
        path = (entry if isinstance(entry, str) else entry["field"]).split(".")
        public: list[str] = []
        found: Field | None = None
        for wire in path:
            found = next(field for field in fields if field.wire == wire)
            public.append(found.name)
            if found.type.kind == "struct":
                fields = self._named(document, found.type.name).fields
        assert found is not None
        return Argument(found.name if isinstance(entry, str) else entry["name"], tuple(public), found)

    def _option(self, document: Document, fields: tuple[Field, ...], entry: str | dict[str, Any]) -> Option:
        more = {} if isinstance(entry, str) else entry
        argument = self._argument(document, fields, entry)
        return Option(
            name=argument.name,
            path=argument.path,
            wire=entry if isinstance(entry, str) else entry["field"],
            field=replace(argument.field, description=more.get("description", argument.field.description)),
            quantity=more.get("quantity"),
            minimum=more.get("minimum"),
            maximum=more.get("maximum"),
            also=tuple(more.get("also", ())),
        )

    def _named(self, document: Document, name: str) -> Struct:
        if name not in self._structs:
            self._structs[name] = self._struct(document, name, None)
        return self._structs[name]

    def _field(
        self, document: Document, pointer: Pointer, wire: str, value: dict[str, Any], required: bool
    ) -> Field:
        refinements = cast(
            "dict[str, dict[str, Any]]", value.get("properties", {}) if "$ref" in value else {}
        )
        return Field(
            name=value.get("x-name", wire),
            wire=wire,
            type=self._type(document.file, value),
            description=value.get("description", ""),
            position=document.position(pointer),
            required=required,
            default=value.get("default"),
            unit=value.get("x-unit"),
            go_null=bool(value.get("x-go-null")),
            null_in_reply=value.get("x-go-null") in (True, "usually"),
            null_as_sent=value.get("x-go-null") in ("usually", "sometimes"),
            omit_empty=value.get("x-omit-empty", False),
            refine=tuple(
                (name, limit)
                for name, refinement in refinements.items()
                if (limit := limit_of(refinement)) is not None
            ),
            json=self._type(document.file, value["x-json"]) if "x-json" in value else None,
            among=tuple(value.get("x-among", {}).items()),
            secret=value.get("x-secret", False),
            **_lifetime(value),
        )

    def _type(self, file: str, value: dict[str, Any]) -> Type:
        if "anyOf" in value:
            return replace(self._type(file, value["anyOf"][0]), optional=True)
        if "$ref" in value:
            document, name = resolve(self._schema, file, value["$ref"])
            target = document.data["$defs"][name]
            if "x-enum-names" in target:
                return Type("enum", Scalar.INTEGER, name=name)
            if target.get("type") == "object" and "properties" in target:
                return Type("struct", name=name)
            return self._type(document.file, target)
        kind: object = value.get("type")
        limit = limit_of(value)
        if value.get("format") == "date-time":
            return Type("scalar", Scalar.TIME)
        if kind == "array":
            return Type("list", item=self._type(file, value["items"]))
        if kind == "object":
            extra = value.get("additionalProperties", True)
            return Type(
                "map",
                item=Type("scalar", Scalar.ANY) if extra is True else self._type(file, extra),
                key=self._type(file, value["propertyNames"]) if "propertyNames" in value else None,
            )
        if value.get("contentEncoding") == "base64":
            return Type("scalar", Scalar.BYTES, limit=limit)
        if kind is None:
            return Type("scalar", Scalar.ANY)
        return Type("scalar", _SCALARS[str(kind)], limit=limit, int64=value.get("format") == "int64")

    def _message(self, document: Document, struct: Struct) -> Message:
        definition = document.data["$defs"][struct.name]
        assert struct.msgtype is not None
        reply = definition.get("x-reply", {})
        schema = reply.get("schema")
        examples = self._schema.documents.get(f"examples/{document.data['domain']}.json")
        entries = cast("list[dict[str, Any]]", examples.data.get(struct.msgtype, []) if examples else [])
        return Message(
            msgtype=struct.msgtype,
            struct=struct,
            domain=document.data["domain"],
            methods=tuple(
                self._method(document, struct, method) for method in definition.get("x-methods", [])
            ),
            transport=definition.get("x-transport", ""),
            roles=tuple(definition.get("x-roles", [])),
            idempotency=definition.get("x-idempotency", "unsafe"),
            unsafe_when=definition.get("x-unsafe-when"),
            waits=definition.get("x-waits"),
            reply=Reply(
                type=self._type(document.file, schema) if schema else None,
                go_null=bool(schema and schema.get("x-go-null")),
                null_when_empty=bool(schema and schema.get("x-go-null") is True),
                when_null=reply.get("when-null"),
                when_empty=reply.get("when-empty"),
                payloadtype=reply.get("payloadtype"),
                stream=reply.get("stream", False),
            ),
            errors=tuple(self._error(entry) for entry in definition.get("x-errors", [])),
            examples=tuple(
                Example(
                    e["title"],
                    e["request"],
                    e["reply"],
                    self._example_position(examples, struct.msgtype, index),
                )
                for index, e in enumerate(entries)
            ),
            hazards=self._catalog.of(definition, struct, self._structs),
            registered=definition.get("x-registered", True),
            about=About(**definition["x-about"]) if "x-about" in definition else None,
            **_lifetime(definition),
        )

    def _example_position(self, document: Document | None, msgtype: str, index: int) -> Position:
        assert document is not None
        return document.position((msgtype, index, "reply"))

    def _error(self, entry: str | dict[str, Any]) -> ErrorCase:
        shared: dict[str, dict[str, Any]] = self._manifest["errors"]
        if isinstance(entry, str):
            return replace(_error_case(entry, shared[entry]), shared=True)
        if "use" in entry:
            common = _error_case(entry["use"], shared[entry["use"]])
            action: str = entry["action"]
            text, since = common.text.replace("{action}", action), entry.get("x-since", common.since)
            return replace(common, text=text, shared=True, action=action, since=since)
        return _error_case(entry["name"], entry)

    def _method(self, document: Document, struct: Struct, method: dict[str, Any]) -> Method:
        fields = {field.wire: field for field in struct.fields}
        parameters: list[Parameter] = []
        for keyword, entries in ((False, method.get("parameters", [])), (True, method.get("keywords", []))):
            for entry in entries:
                if isinstance(entry, str):
                    item = fields[entry]
                    parameters.append(Parameter(item.name, item.type, item.description, keyword, item))
                    continue
                type_ = self._type(document.file, entry["type"])
                source = {field.wire: field.name for field in self._structs[type_.name].fields}
                unpack = tuple((source[a], fields[b].name) for a, b in entry["fields"].items())
                described = self._structs[type_.name].description
                parameters.append(Parameter(entry["name"], type_, described, keyword, unpack=unpack))
        description = method.get("description") or struct.description
        return Method(method["name"], description, tuple(parameters))


def _error_case(name: str, entry: dict[str, Any]) -> ErrorCase:
    return ErrorCase(
        name,
        entry["code"],
        entry["status"],
        entry["text"],
        entry["when"],
        malformed=entry.get("malformed", False),
        since=entry.get("x-since"),
        until=entry.get("x-until"),
    )


def _lifetime(data: dict[str, Any]) -> dict[str, Any]:
    """What a part of the schema says of the releases that have it."""
    reason = data.get("x-deprecated")
    return {
        "since": data.get("x-since"),
        "until": data.get("x-until"),
        "deprecated": bool(data.get("deprecated") or reason),
        "replaced": f"since {reason['since']}: {reason['instead']}" if reason else "",
    }
