"""Reads the manifest, the catalog of hazards, the domains and the examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.reading.reader import Reader
from colonyos_gen_codegen.schema.outline import Json, Part


def read_manifest(reader: Reader, root: Node) -> None:
    """Give the root what the manifest says."""
    part = reader.outline.manifest
    reader.acceptances(root, part)
    for key in ("service", "protocol", "default_port"):
        reader.fact(root, part, key, None)
    reader.words(root, part, "description")
    server = part.inside("server")
    reader.fact(root, server, "version", None, "server")
    for key in ("commit", "description"):
        root.words[f"server {key}"] = str(server.data.get(key, ""))
    envelope = part.inside("envelope")
    for key in ("request", "reply", "error"):
        root.facts[f"envelope {key}"] = _referred(envelope.data[key])
        root.places[f"envelope {key}"] = reader.place(envelope.at(key))
    reader.fact(root, envelope, "error_payloadtype", None)
    reader.fact(root, envelope, "description", None, "signing")
    reader.fact(root, part, "signing", None, "scheme")
    for key, text in part.data.get("idempotency", {}).items():
        root.words[f"idempotency {key}"] = str(text)
    root.children.extend(_entries(reader, part))
    _texts(reader, root, part, "codes", "code")
    for index, error in enumerate(part.parts("envelope_errors")):
        del index
        root.children.append(_error(reader, "envelope error", str(error.data["name"]), error))
    for kind in part.data.get("reply_only", {}):
        node = Node("reply only", kind, f"reply_only.{kind}", reader.place(part.at("reply_only", kind)))
        node.facts["type"] = _referred(part.data["reply_only"][kind])
        root.children.append(node)


def read_hazards(reader: Reader, root: Node) -> None:
    """Give the root the hazards and their effects."""
    document = reader.outline.schema.hazards
    part = Part(document, (), document.data)
    root.words["hazards"] = str(part.data.get("description", ""))
    _texts(reader, root, part, "effects", "effect")
    for name, hazard in reader.outline.hazards.items():
        node = reader.node("hazard", name, f"hazard {name}", hazard)
        for key in ("effect", "when", "limit"):
            reader.fact(node, hazard, key, None)
        reader.words(node, hazard, "what", "seen", "versions", "avoid")
        root.children.append(node)


def read_domains(reader: Reader, root: Node) -> None:
    """Give the root its domains, each with its words and what is accepted for its files."""
    found: dict[str, Node] = {}
    for folder in ("types", "rpc"):
        for document in reader.outline.schema.group(folder):
            part = Part(document, (), document.data)
            name = str(document.data["domain"])
            node = found.get(name) or Node("domain", name, f"domain {name}", reader.place(part.at("domain")))
            found[name] = node
            node.words[folder] = str(document.data.get("description", ""))
            reader.acceptances(node, part)
    root.children.extend(found.values())


def read_examples(reader: Reader, root: Node) -> None:
    """Give the root its examples, as words, by message type and title."""
    for document in reader.outline.schema.group("examples"):
        content: dict[str, list[dict[str, Any]]] = document.data or {}
        for msgtype, entries in content.items():
            for index, entry in enumerate(entries):
                place = reader.place(document.position((msgtype, index)))
                node = Node("example", f"{msgtype}: {entry['title']}", f"example of {msgtype}", place)
                node.facts["content"] = json.dumps([entry["request"], entry["reply"]], sort_keys=True)
                root.children.append(node)


def _entries(reader: Reader, part: Part) -> Iterator[Node]:
    for role in part.parts("roles"):
        node = reader.node("role", role.name, f"role {role.name}", role)
        reader.fact(node, role, "key", None)
        reader.fact(node, role, "worker", default=False)
        yield node
    for endpoint in part.parts("endpoints"):
        node = reader.node("endpoint", endpoint.name, f"endpoint {endpoint.name}", endpoint)
        for key in ("method", "path"):
            reader.fact(node, endpoint, key, None)
        yield node
    for error in part.parts("errors"):
        yield _error(reader, "shared error", error.name, error)
    for kind, key in (("number", "limits"), ("text", "texts"), ("table", "tables")):
        for entry in part.parts(key):
            node = reader.node(kind, entry.name, f"{key}.{entry.name}", entry)
            reader.fact(node, entry, "value", None)
            reader.fact(node, entry, "values", {})
            reader.fact(node, entry, "unit", None)
            yield node


def _texts(reader: Reader, root: Node, part: Part, key: str, kind: str) -> None:
    """Give the root what stands under `key` as a text by name."""
    for name, text in part.data.get(key, {}).items():
        node = Node(kind, name, f"{kind} {name}", reader.place(part.at(key, name)))
        node.words["description"] = str(text)
        root.children.append(node)


def _error(reader: Reader, kind: str, name: str, part: Part) -> Node:
    node = reader.node(kind, name, f"{kind} {name}", part)
    for key in ("code", "status", "text"):
        reader.fact(node, part, key, None)
    reader.fact(node, part, "malformed", default=False)
    node.words["when"] = str(part.data.get("when", ""))
    return node


def _referred(data: Json) -> str:
    return str(data["$ref"]).rpartition("/")[2]
