"""References from one definition to another, in the same file or the next."""

from __future__ import annotations

from colonyos_gen_codegen.schema.loader import Document, Schema


def resolve(schema: Schema, file: str, ref: str) -> tuple[Document, str]:
    """The document and the definition name that `ref`, standing in `file`, points to."""
    path, _, fragment = ref.partition("#/$defs/")
    if path:
        parts = file.split("/")[:-1]
        for part in path.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        file = "/".join(parts)
    return schema.documents[file], fragment
