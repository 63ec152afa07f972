"""Writes the typed calls: their parameters, what becomes of them, and what is said about them."""

from __future__ import annotations

from dataclasses import dataclass

from colonyos_gen_codegen.model import Message, Method, Parameter, Reply, Service, Type
from colonyos_gen_codegen.targets.typescript import spelling


@dataclass(frozen=True)
class Call:
    """One call, in source."""

    name: str
    parameters: str
    request: str
    options: str
    """The type of what is given by name."""
    needs_options: bool


def call(service: Service, message: Message, method: Method) -> Call:
    """The call that a method of a message is."""
    positional = [item for item in method.parameters if not item.keyword]
    keywords = [item for item in method.parameters if item.keyword]
    last = max((index for index, item in enumerate(positional) if not _may_be_absent(item)), default=-1)
    spelled = [_parameter(service, item, optional=index > last) for index, item in enumerate(positional)]
    needed = any(not _may_be_absent(item) for item in keywords)
    options = f"{spelling.pascal(method.name)}Options" if keywords else "rt.CallOptions"
    spelled.append(f"options: {options}" if needed else f"options: {options} = {{}}")
    entries: list[str] = []
    for item in method.parameters:
        name = (
            f"options{spelling.access(spelling.option(item.name))}"
            if item.keyword
            else spelling.parameter(item.name)
        )
        entries += _entries(service, message, item, name)
    request = f"{{ {', '.join(entries)} }}" if entries else "{}"
    return Call(spelling.method(method.name), ", ".join(spelled), request, options, bool(keywords))


def reply_type(reply: Reply) -> str:
    """What a call returns."""
    return "undefined" if reply.type is None else spelling.read_type(reply.type)


def returns(reply: Reply) -> str:
    """The type of a call."""
    inner = reply_type(reply)
    if reply.stream:
        return f"AsyncGenerator<{inner}, void, undefined>"
    return "Promise<void>" if reply.type is None else f"Promise<{inner}>"


def doc(message: Message, method: Method) -> list[str]:
    """The paragraphs of the comment of a call."""
    said = [method.description]
    said += [spelling.hazard(entry) for entry in message.hazards]
    standing = f"Sent as `{message.msgtype}`; {message.idempotency}; signed by {_signers(message)}."
    said.append(standing + (f" Since {message.since}." if message.since else ""))
    said += [
        f"@param {spelling.parameter(item.name)} {item.description}"
        for item in method.parameters
        if not item.keyword
    ]
    said += [
        f"@throws {{RefusedError}} `{error.code}`: {error.when}"
        for error in message.errors
        if not error.malformed
    ]
    return said


def types(message: Message) -> list[Type]:
    """The types that the calls of a message name."""
    found = [item.type for method in message.methods for item in method.parameters]
    return [*found, *([message.reply.type] if message.reply.type is not None else [])]


def keyword(item: Parameter) -> str:
    """The property of the options that a parameter is."""
    spelled = spelling.init_type(item.type)
    name = spelling.key(spelling.option(item.name))
    return f"{name}?: {spelled} | undefined" if _may_be_absent(item) else f"{name}: {spelled}"


def description(item: Parameter) -> str:
    """What a parameter means."""
    return spelling.field_doc(item.field) if item.field is not None else item.description


def _signers(message: Message) -> str:
    return " or ".join(role.replace("_", " ") for role in message.roles)


def _may_be_absent(item: Parameter) -> bool:
    return item.field is not None and (not item.field.required or spelling.absent(item.type))


def _parameter(service: Service, item: Parameter, *, optional: bool) -> str:
    spelled = spelling.init_type(item.type)
    if item.unpack:
        # Only what goes into the request is asked for.
        names = [_wire(service, item.type.name, public) for public, _ in item.unpack]
        spelled = f"Pick<{spelling.type_name(item.type.name)}, {spelling.union(names)}>"
    return f"{spelling.parameter(item.name)}{'?' if optional else ''}: {spelled}"


def _entries(service: Service, message: Message, item: Parameter, name: str) -> list[str]:
    if item.field is not None:
        wire = spelling.key(item.field.wire)
        return [wire if wire == name else f"{wire}: {name}"]
    wires = {field.name: field.wire for field in message.struct.fields}
    return [
        f"{spelling.key(wires[to])}: {name}{spelling.access(_wire(service, item.type.name, public))}"
        for public, to in item.unpack
    ]


def _wire(service: Service, struct: str, public: str) -> str:
    return next(field.wire for field in service.struct(struct).fields if field.name == public)
