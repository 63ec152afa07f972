"""Reads messages, and what all of them have in common, of a document."""

from __future__ import annotations

import re
from typing import Any

from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.reading.document_pages import Pages
from colonyos_gen_codegen.diff.reading.document_types import value_of
from colonyos_gen_codegen.schema.loader import Pointer


def from_json_schema(pages: Pages, root: Node) -> dict[str, Node]:
    """The messages of a JSON Schema document, by the names of their requests; gives the root what they share."""
    data = pages.data
    root.facts |= {
        "server": data.get("x-server-version"),
        "protocol": str(data.get("title", "")).rpartition(" ")[2],
    }
    _shared(pages, root, data, ())
    for kind, key in (("number", "x-limits"), ("text", "x-texts"), ("table", "x-tables")):
        for name, entry in data.get(key, {}).items():
            node = Node(kind, name, f"{key[2:]}.{name}", pages.place((key, name)))
            node.facts = {each: entry[each] for each in ("value", "values", "unit") if each in entry}
            root.children.append(node)
    for index, error in enumerate(data.get("x-envelope-errors", [])):
        root.children.append(_error(pages, "envelope error", error, "", ("x-envelope-errors", index)))
    found: dict[str, Node] = {}
    for msgtype, entry in data["x-messages"].items():
        label = pages.referred(entry["request"]["$ref"])
        pointer: Pointer = ("x-messages", msgtype)
        node = _message(pages, label, msgtype, entry["domain"], pointer)
        found[label] = node
        node.facts["x-registered"] = entry.get("registered", True)
        if not node.facts["x-registered"]:
            continue
        node.facts |= {f"x-{key}": entry.get(key) for key in ("unsafe-when", "about", "since", "until")}
        node.facts["deprecated"] = entry.get("deprecated", False)
        node.facts |= {f"x-{key}": entry[key] for key in ("transport", "roles", "idempotency")}
        node.facts |= {
            "when-null": entry.get("reply-when-null"),
            "when-empty": entry.get("reply-when-empty"),
            "payloadtype": entry.get("reply-payloadtype"),
            "stream": entry.get("stream", False),
            "reply": entry.get("reply") is not None,
        }
        if entry.get("reply") is not None:
            node.children.append(_reply(pages, label, entry["reply"], (*pointer, "reply")))
        for index, name in enumerate(entry.get("methods", [])):
            node.children.append(Node("method", name, f"{name}()", pages.place((*pointer, "methods", index))))
        for index, error in enumerate(entry.get("errors", [])):
            node.children.append(_error(pages, "error", error, label, (*pointer, "errors", index)))
        node.children += _hazards(pages, label, entry.get("hazards", []), (*pointer, "hazards"))
    return found


def from_openrpc(pages: Pages, root: Node) -> dict[str, Node]:
    """The messages of an OpenRPC document, by the names of their requests; gives the root what they share."""
    info = pages.data["info"]
    root.facts |= {
        "server": info.get("x-server-version"),
        "protocol": info["version"],
        "service": info["title"],
    }
    port = re.search(r":(\d+)/", pages.data["servers"][0]["url"])
    if port:
        root.facts["default_port"] = int(port[1])
    _shared(pages, root, info, ("info",))
    requests = {
        definition["properties"]["msgtype"]["const"]: name
        for name, definition in pages.definitions.items()
        if definition.get("x-direction") == "request"
        and "const" in definition.get("properties", {}).get("msgtype", {})
    }
    called = {method["x-msgtype"] for method in pages.data["methods"]}
    found: dict[str, Node] = {}
    for msgtype, label in requests.items():
        if msgtype not in called:  # the server knows its name only
            domain = str(pages.all[label].get("x-domain"))
            found[label] = _message(pages, label, msgtype, domain, (*pages.home, label))
            found[label].facts["x-registered"] = False
    for index, method in enumerate(pages.data["methods"]):
        label = requests[method["x-msgtype"]]
        pointer: Pointer = ("methods", index)
        if label not in found:
            domain = str(method["tags"][0]["$ref"]).rpartition("/")[2]
            found[label] = node = _message(pages, label, method["x-msgtype"], domain, pointer)
            node.facts |= {key: method[key] for key in ("x-transport", "x-roles", "x-idempotency")}
            node.facts["x-registered"] = True
            node.facts |= {"x-since": method.get("x-since"), "x-until": method.get("x-until")}
            node.facts["deprecated"] = method.get("deprecated", False)
            node.facts["stream"] = method["result"].get("x-stream", False)
            empty = (
                method["result"]["schema"].get("type") == ["object", "null"]
                and len(method["result"]["schema"]) == 1
            )
            node.facts["reply"] = not empty
            if not empty:
                node.children.append(
                    _reply(pages, label, method["result"]["schema"], (*pointer, "result", "schema"))
                )
            for group in method.get("errors", []):
                for error in group["data"]:
                    node.children.append(_error(pages, "error", error, label, (*pointer, "errors")))
            node.children += _hazards(pages, label, method.get("x-hazard", []), (*pointer, "x-hazard"))
        found[label].children.append(_method(pages, method, pointer))
    return found


def _method(pages: Pages, method: dict[str, Any], pointer: Pointer) -> Node:
    node = Node("method", method["name"], f"{method['name']}()", pages.place(pointer))
    for index, entry in enumerate(method["params"]):
        wire: Any = entry["x-wire"]
        name = entry["name"] if isinstance(wire, dict) else wire
        place = pages.place((*pointer, "params", index))
        parameter = Node("parameter", name, f"{method['name']}({entry['name']})", place)
        unpacks: Any = (entry["schema"]["title"], wire) if isinstance(wire, dict) else None
        parameter.facts = {"required": entry.get("required", False), "unpacks": unpacks}
        node.children.append(parameter)
    return node


def _message(pages: Pages, label: str, msgtype: str, domain: str, pointer: Pointer) -> Node:
    node = Node("message", msgtype, label, pages.place(pointer))
    node.facts = {"domain": domain, "class": label}
    node.words = {"description": pages.all.get(label, {}).get("description", "")}
    return node


def _reply(pages: Pages, label: str, schema: dict[str, Any], pointer: Pointer) -> Node:
    node = Node("reply", "reply", f"reply of {label}", pages.place(pointer))
    node.value = value_of(pages, schema, pointer, None)
    return node


def _error(pages: Pages, kind: str, entry: dict[str, Any], label: str, pointer: Pointer) -> Node:
    called = f"{label} error {entry['name']}" if label else f"{kind} {entry['name']}"
    node = Node(kind, entry["name"], called, pages.place(pointer))
    node.facts = {key: entry[key] for key in ("code", "status", "text")}
    node.facts["malformed"] = entry.get("malformed", False)
    node.facts |= {"x-since": entry.get("since"), "x-until": entry.get("until")}
    return node


def _hazards(pages: Pages, label: str, entries: list[dict[str, Any]], pointer: Pointer) -> list[Node]:
    found: list[Node] = []
    for index, entry in enumerate(entries):
        key = f"{entry['name']} {entry['field']}" if "field" in entry else entry["name"]
        node = Node("taking part", key, f"{label} hazard {key}", pages.place((*pointer, index)))
        node.facts = {"hazard": entry["name"], "confirm": entry.get("confirm", False)}
        node.facts |= {each: entry.get(each, []) for each in ("values", "refused")}
        found.append(node)
    return found


def _shared(pages: Pages, root: Node, data: dict[str, Any], at: Pointer) -> None:
    for kind, key in (("role", "x-roles"), ("code", "x-codes"), ("effect", "x-effects")):
        for name, text in data.get(key, {}).items():
            node = Node(kind, name, f"{kind} {name}", pages.place((*at, key, name)))
            node.words = {"description": text if isinstance(text, str) else ""}
            root.children.append(node)
    for name, entry in data.get("x-hazards", {}).items():
        node = Node("hazard", name, f"hazard {name}", pages.place((*at, "x-hazards", name)))
        node.facts = {"effect": entry["effect"], "limit": entry.get("limit")}
        root.children.append(node)
    domains = {each.get("x-domain") for each in pages.all.values()} - {None}
    root.children += [Node("domain", name, f"domain {name}", pages.place(at)) for name in sorted(domains)]
