"""Reads a document that was made of a schema: the JSON Schema, or the OpenRPC one. Each tells less than the schema does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from colonyos_gen_codegen.diff.nodes import Node, Side
from colonyos_gen_codegen.diff.problem import SourceError
from colonyos_gen_codegen.diff.reading.document_messages import from_json_schema, from_openrpc
from colonyos_gen_codegen.diff.reading.document_pages import Pages
from colonyos_gen_codegen.diff.reading.document_types import add_fields, type_node
from colonyos_gen_codegen.schema.findings import Finding
from colonyos_gen_codegen.schema.loader import read

_NEITHER = {"scalar", "domain", "shared error", "reply only", "endpoint", "words", "example", "key limits"}
_UNKNOWN = (
    "names of scalars, secret fields, keys of roles, which errors are shared, x-waits, words, examples, endpoints, the "
    "envelope, units inside lists and maps, limits of types that are not sent, domains as such, and when null is for empty"
)
_JSON_SCHEMA = ("a JSON Schema", {"parameter"}, "parameters of calls")
_OPENRPC = (
    "an OpenRPC document",
    {"number", "text", "table", "envelope error", "hazardous field"},
    "the order of parameters, x-about, when-null, when-empty, payloadtype, hazardous fields, and limits, texts, tables and "
    "errors of the manifest",
)


def read_document(path: Path, which: str, argument: str) -> Side:
    """A document as one side of the comparison.

    Raises:
        SourceError: It cannot be read, or is none of the two.
    """
    findings: list[Finding] = []
    document = read(path.name, path.read_bytes().replace(b"\r\n", b"\n"), findings)
    data: Any = document.data
    remedy = "name colonyos.schema.json or openrpc.json, as `generate` and `export` write them"
    if findings and data is None:
        raise SourceError(which, argument, str(findings[0]), remedy)
    if not isinstance(data, dict) or not ("x-messages" in data or "openrpc" in data):
        raise SourceError(which, argument, "the file is neither of the documents", remedy)
    shown = os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)
    is_json_schema = "x-messages" in data
    pages = Pages(
        document, Path(shown).as_posix(), ("$defs",) if is_json_schema else ("components", "schemas")
    )
    root = Node("schema", "", "the schema", pages.place(()))
    try:
        messages = from_json_schema(pages, root) if is_json_schema else from_openrpc(pages, root)
        for name, definition in pages.definitions.items():
            if name in messages:
                message = messages[name]
                add_fields(pages, message, name, definition, limits_of=name)
            elif (node := type_node(pages, name, definition)) is not None:
                root.children.append(node)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise SourceError(
            which, argument, f"the document is not as we write it ({error!r})", remedy
        ) from error
    root.children += messages.values()
    kind, missing, more = _JSON_SCHEMA if is_json_schema else _OPENRPC
    unknown = f"{kind} cannot tell {_UNKNOWN}; nor {more}: none of these is compared"
    return Side(argument, root, unknown, frozenset(_NEITHER | missing))
