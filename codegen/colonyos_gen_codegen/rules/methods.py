"""Rules about the client methods of messages."""

from __future__ import annotations

from collections.abc import Iterator

from colonyos_gen_codegen.rules.names import fold, public_name
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part, is_struct


@rule("MESSAGE_HAS_METHOD", "Every registered message has a method, and an unregistered one has none.")
def message_has_method(outline: Outline) -> Problems:
    for message in outline.messages:
        methods = message.data.get("x-methods", [])
        if message.data.get("x-registered", True):
            if not methods:
                yield message.at(), f"{message.name} needs x-methods: how does a client send it?"
        elif methods:
            yield message.at("x-methods"), f"{message.name} is not registered, so no method can send it"


@rule("METHOD_UNIQUE", "No two methods of the service have the same name, not even in another case.")
def method_unique(outline: Outline) -> Problems:
    seen: dict[str, str] = {}
    for message, method in _methods(outline):
        name = method.data["name"]
        if fold(name) in seen:
            yield method.at("name"), f"the method '{name}' exists already, in {seen[fold(name)]}"
        seen.setdefault(fold(name), message.name)


@rule("METHOD_DESCRIBED", "Where a message has several methods, each has a description of its own.")
def method_described(outline: Outline) -> Problems:
    for message, method in _methods(outline):
        if len(message.data["x-methods"]) > 1 and not method.data.get("description", "").strip():
            yield (
                method.at(),
                f"'{method.data['name']}' is not the only method of {message.name}, so describe it",
            )


@rule(
    "PARAMETER_EXISTS",
    "A parameter names a property of its message, or fields of a struct and properties they fill.",
)
def parameter_exists(outline: Outline) -> Problems:
    for message, method in _methods(outline):
        known = _fields(message)
        for entry, position in _entries(method):
            if isinstance(entry, str):
                if entry not in known:
                    yield position, f"{message.name} has no property '{entry}'"
                continue
            target = outline.target(method.document, entry.data["type"]["$ref"])
            if target is not None and not is_struct(target.data):
                yield entry.at("type", "$ref"), f"{target.name} is not a struct"
                continue
            for source, wire in entry.data["fields"].items():
                if target is not None and source not in _fields(target):
                    yield entry.at("fields", source), f"{target.name} has no property '{source}'"
                if wire not in known:
                    yield entry.at("fields", source), f"{message.name} has no property '{wire}'"


@rule("PARAMETER_UNIQUE", "No two parameters of a method have the same name or fill the same property.")
def parameter_unique(outline: Outline) -> Problems:
    for message, method in _methods(outline):
        known = _fields(message)
        names: set[str] = set()
        filled: set[str] = set()
        for entry, position in _entries(method):
            if isinstance(entry, str):
                name, fills = public_name(known[entry])[1] if entry in known else entry, [entry]
            else:
                name, fills = str(entry.data["name"]), list(entry.data["fields"].values())
            if fold(name) in names or filled.intersection(fills) or len(set(fills)) < len(fills):
                yield (
                    position,
                    f"'{name}' of {method.data['name']} repeats a name or property of another parameter",
                )
            names.add(fold(name))
            filled.update(fills)


@rule("METHOD_IS_COMPLETE", "The parameters of a method fill every required property.")
def method_is_complete(outline: Outline) -> Problems:
    for message, method in _methods(outline):
        filled: set[str] = set()
        for entry, _ in _entries(method):
            filled.update([entry] if isinstance(entry, str) else entry.data["fields"].values())
        for wire in message.data["required"]:
            if wire in _fields(message) and wire not in filled:
                yield (
                    method.at(),
                    f"no parameter of {method.data['name']} fills the required property '{wire}'",
                )


def _methods(outline: Outline) -> Iterator[tuple[Part, Part]]:
    for message in outline.messages:
        for method in message.parts("x-methods"):
            yield message, method


def _entries(method: Part) -> Iterator[tuple[str | Part, Position]]:
    """The parameters of a method: wire names, or mappings that unpack a struct, and where they stand."""
    for key in ("parameters", "keywords"):
        for index, entry in enumerate(method.data.get(key, [])):
            yield entry if isinstance(entry, str) else method.inside(key, index), method.at(key, index)


def _fields(owner: Part) -> dict[str, Part]:
    return {field.name: field for field in owner.parts("properties") if "const" not in field.data}
