"""The forms of replies, as a schema that was read says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from colonyos_gen_codegen.model import Field as Described
from colonyos_gen_codegen.model import Scalar, Service, Struct, Type

from colonyos_gen._drift.forms import Expected, Form, Kind


@dataclass
class Reply:
    """What a message is answered with."""

    msgtype: str
    payloadtype: str
    form: Form | None
    """None where it is answered with nothing."""
    registered: bool
    since: str | None
    echoes: tuple[tuple[str, str], ...] = ()
    """Keys of a request that hold what comes back: as the reply, or under a key of it, which is the second then."""


@dataclass
class Forms:
    """All that a server can answer with, by message type."""

    replies: dict[str, Reply]
    envelope: Form
    failure: Form
    failure_payloadtype: str
    unknown: str
    """How the text begins with which a server refuses a message that it does not know."""
    version: str
    """Release of the server that the schema describes."""
    by_payloadtype: dict[str, Reply] = field(default_factory=dict[str, Reply])

    def __post_init__(self) -> None:
        for reply in self.replies.values():
            self.by_payloadtype.setdefault(reply.payloadtype, reply)
        self.by_payloadtype |= {
            msgtype: reply for msgtype, reply in self.replies.items() if msgtype == reply.payloadtype
        }

    def unknown_in(self, text: str) -> str:
        """The message that a refusal says is unknown; empty for any other. Older servers have a comma before its name."""
        return text[len(self.unknown) :].strip(" :,") if text.startswith(self.unknown) else ""


def forms_of(service: Service) -> Forms:
    """The forms that `service` describes."""
    build = _Build(service)
    replies: dict[str, Reply] = {}
    for message in service.messages:
        form = build.form(message.reply.type) if message.reply.type else None
        if form is not None and (message.reply.go_null or message.reply.null_when_empty):
            form.null = True
        replies[message.msgtype] = Reply(
            message.msgtype,
            message.reply.payloadtype or message.msgtype,
            form,
            message.registered,
            message.since,
            _echoes(message.struct, form),
        )
    envelope: dict[str, Any] = service.manifest["envelope"]
    unknown = next(error.text for error in service.envelope_errors if error.name == "unknown_payloadtype")
    return Forms(
        replies,
        build.struct(_named(envelope["reply"])),
        build.struct(_named(envelope["error"])),
        envelope["error_payloadtype"],
        unknown.partition("{")[0].rstrip(": "),
        service.server_version,
    )


def _echoes(request: Struct, reply: Form | None) -> tuple[tuple[str, str], ...]:
    if reply is None or reply.kind != "struct":
        return ()
    sent = {entry.type.name: entry.wire for entry in request.fields if entry.type.kind == "struct"}
    if reply.name in sent:
        return ((sent[reply.name], ""),)
    inside = [
        (sent[entry.form.name], key)
        for key, entry in reply.fields.items()
        if entry.form.kind == "struct" and entry.form.name in sent
    ]
    return tuple(inside)


def _named(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


_KINDS: dict[Scalar, Kind] = {
    Scalar.STRING: "string",
    Scalar.INTEGER: "integer",
    Scalar.NUMBER: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.TIME: "time",
    Scalar.BYTES: "bytes",
    Scalar.ANY: "any",
}


class _Build:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._structs: dict[str, Form] = {}

    def form(self, type_: Type) -> Form:
        if type_.kind in ("list", "map") and type_.item:
            return Form("list" if type_.kind == "list" else "map", type_.optional, item=self.form(type_.item))
        if type_.kind == "struct":
            form = self.struct(type_.name)
            if not type_.optional:
                return form
            return Form("struct", True, name=form.name, fields=form.fields, msgtype=form.msgtype)
        if type_.kind == "enum":
            enum = self._service.enum(type_.name)
            values = frozenset(member.value for member in enum.members)
            return Form("integer", type_.optional, name=enum.name, values=values)
        kind = _KINDS[type_.scalar]
        return Form(kind, type_.optional or kind in ("any", "time"))

    def struct(self, name: str) -> Form:
        if name not in self._structs:
            described: Struct = self._service.struct(name)
            form = self._structs[name] = Form("struct", name=name, msgtype=described.msgtype or "")
            for entry in described.fields:
                form.fields[entry.wire] = self._expected(entry)
        return self._structs[name]

    def _expected(self, entry: Described) -> Expected:
        form = self.form(entry.type)
        if entry.null_in_reply or entry.null_as_sent:
            form.null = True
        return Expected(form, not entry.omit_empty, entry.since)
