"""Reads the messages of rpc/: requests, methods, replies, errors."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.reading.reader import Reader
from colonyos_gen_codegen.diff.reading.types import add_fields
from colonyos_gen_codegen.diff.reading.values import value_of, words_inside
from colonyos_gen_codegen.schema.outline import Part, msgtype_of, reply_schema

_PLAIN: tuple[tuple[str, Any], ...] = (
    ("x-transport", "http"),
    ("x-roles", []),
    ("x-idempotency", "unsafe"),
    ("x-unsafe-when", None),
    ("x-waits", None),
    ("x-about", None),
    ("x-registered", True),
)


def message_node(reader: Reader, part: Part) -> Node:
    """The node of a definition under rpc/, by its message type."""
    node = reader.node("message", msgtype_of(part), part.name, part)
    node.facts["domain"] = part.document.data["domain"]
    node.facts["class"] = part.name
    for key, default in _PLAIN:
        reader.fact(node, part, key, default)
    reply = part.data.get("x-reply", {})
    for key, default in (("when-null", None), ("when-empty", None), ("payloadtype", None), ("stream", False)):
        node.facts[key] = reply.get(key, default)
        node.places[key] = reader.place(part.at("x-reply", key))
    node.facts["reply"] = reply_schema(part) is not None
    node.places["reply"] = reader.place(part.at("x-reply"))
    if reply_schema(part) is not None:
        schema = part.inside("x-reply", "schema")
        child = Node("reply", "reply", f"reply of {part.name}", reader.place(schema.at()))
        child.value = value_of(reader, schema)
        words_inside(child, schema)
        node.children.append(child)
    add_fields(reader, node, part)
    for method in part.parts("x-methods"):
        node.children.append(_method(reader, node, method))
    _errors(reader, node, part)
    _hazards(reader, node, part)
    return node


def _method(reader: Reader, message: Node, part: Part) -> Node:
    name = str(part.data["name"])
    node = reader.node("method", name, f"{name}()", part)
    fields = {field.name: field for field in message.all("field")}
    for keyword, key in ((False, "parameters"), (True, "keywords")):
        for index, entry in enumerate(part.data.get(key, [])):
            place = reader.place(part.at(key, index))
            if isinstance(entry, str):
                field = fields.get(entry)
                called = field.facts["x-name"] if field else entry
                parameter = Node("parameter", entry, f"{name}({called})", place)
                parameter.facts = {"unpacks": None, "required": bool(field and field.facts["required"])}
            else:
                parameter = Node("parameter", entry["name"], f"{name}({entry['name']})", place)
                struct = value_of(reader, part.inside(key, index, "type")).name
                parameter.facts = {"unpacks": (struct, dict(entry["fields"])), "required": True}
            parameter.facts |= {"keyword": keyword, "position": index}
            node.children.append(parameter)
    return node


def _errors(reader: Reader, message: Node, part: Part) -> None:
    shared: dict[str, Any] = reader.outline.manifest.data.get("errors", {})
    for index, entry in enumerate(part.data.get("x-errors", [])):
        used = entry if isinstance(entry, str) else entry.get("use")
        more: dict[str, Any] = {} if isinstance(entry, str) else entry
        found: dict[str, Any] = shared.get(str(used), {}) if used else more
        if not found:
            continue
        name = used or more["name"]
        node = Node("error", name, f"{message.label} error {name}", reader.place(part.at("x-errors", index)))
        if more:
            node = reader.node("error", name, node.label, part.inside("x-errors", index))
        text = str(found["text"])
        node.facts |= {
            "code": found["code"],
            "status": found["status"],
            "text": text.replace("{action}", more["action"]) if "action" in more else text,
            "malformed": found.get("malformed", False),
            "shared": used,
            "action": more.get("action"),
        }
        node.words["when"] = str(found.get("when", ""))
        message.children.append(node)


def _hazards(reader: Reader, message: Node, part: Part) -> None:
    for index, entry in enumerate(part.data.get("x-hazard", [])):
        more: dict[str, Any] = {} if isinstance(entry, str) else entry
        name = str(entry if isinstance(entry, str) else entry["use"])
        key = f"{name} {more['field']}" if "field" in more else name
        node = Node(
            "taking part", key, f"{message.label} hazard {key}", reader.place(part.at("x-hazard", index))
        )
        node.facts = {
            "hazard": name,
            "values": more.get("values", []),
            "refused": more.get("refused", []),
            "confirm": more.get("confirm", False),
        }
        message.children.append(node)
