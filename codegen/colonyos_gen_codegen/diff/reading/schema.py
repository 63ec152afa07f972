"""Reads the files of a schema."""

from __future__ import annotations

from colonyos_gen_codegen.diff.nodes import Node, Place, Side
from colonyos_gen_codegen.diff.reading.manifest import (
    read_domains,
    read_examples,
    read_hazards,
    read_manifest,
)
from colonyos_gen_codegen.diff.reading.messages import message_node
from colonyos_gen_codegen.diff.reading.reader import Reader
from colonyos_gen_codegen.diff.reading.types import type_node
from colonyos_gen_codegen.schema.loader import Schema
from colonyos_gen_codegen.schema.outline import Outline


def read_schema(schema: Schema, name: str, *, prefix: str = "", revision: str = "") -> Side:
    """A schema of the right shape, as one side of the comparison; `prefix` goes before the names of its files."""
    outline = Outline(schema)
    reader = Reader(outline, prefix, revision)
    root = Node("schema", "", "the schema", Place(f"{prefix}colonyos.yaml", revision=revision))
    read_manifest(reader, root)
    read_hazards(reader, root)
    read_domains(reader, root)
    root.children += [type_node(reader, part) for part in outline.types]
    root.children += [message_node(reader, part) for part in outline.messages]
    read_examples(reader, root)
    return Side(name, root)
