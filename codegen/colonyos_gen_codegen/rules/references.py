"""Rules about `$ref`: they stay inside the schema, lead somewhere, and every type is led to."""

from __future__ import annotations

import re

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, Part, fields_of, is_struct


@rule("REF_IS_LOCAL", "A $ref is relative and stays inside the schema folder.")
def ref_is_local(outline: Outline) -> Problems:
    for reference in outline.references:
        if not _is_local(reference.part.document.file, reference.text):
            yield (
                reference.position,
                f"{reference.text} leaves the schema folder; refer to a file below types/",
            )


@rule("REF_RESOLVES", "A $ref names a type, or a request, that exists.")
def ref_resolves(outline: Outline) -> Problems:
    for reference in outline.references:
        document, text = reference.part.document, reference.text
        if _is_local(document.file, text) and outline.target(document, text) is None:
            yield reference.position, f"{text} leads to no type; write <file>#/$defs/<Name>"


@rule("TYPE_USED", "Some message, type or the manifest refers to every type.")
def type_used(outline: Outline) -> Problems:
    used: set[tuple[str, str]] = set()
    for reference in outline.references:
        part = reference.part
        target = outline.target(part.document, reference.text)
        # A type that only refers to itself, say with a list, is not used.
        if target is not None and (part.document, part.pointer[:2]) != (target.document, target.pointer):
            used.add(target.key)
    for item in outline.types:
        if item.key not in used:
            yield item.at(), f"nothing refers to {item.name}; use it or remove it"


@rule("TYPE_IS_FINITE", "A struct contains itself only through a list, a map or an optional field.")
def type_is_finite(outline: Outline) -> Problems:
    direct: dict[tuple[str, str], list[Part]] = {}
    for struct in [*outline.structs, *outline.messages]:
        held = [outline.resolved(field) for field in fields_of(struct) if "$ref" in field.data]
        direct[struct.key] = [item for item in held if is_struct(item.data)]
    for struct in [*outline.structs, *outline.messages]:
        reached: set[tuple[str, str]] = set()
        pending = list(direct[struct.key])
        while pending:
            item = pending.pop()
            if item.key not in reached:
                reached.add(item.key)
                pending += direct[item.key]
        if struct.key in reached:
            yield struct.at(), f"{struct.name} contains itself without end; make a field optional with anyOf"


def _is_local(file: str, ref: str) -> bool:
    """Whether `ref` stays inside the schema folder, going by its text alone."""
    path = ref.partition("#")[0]
    if path.startswith(("/", "\\")) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path):
        return False
    depth = file.count("/")
    for step in path.split("/")[:-1]:
        depth += -1 if step == ".." else 0 if step == "." else 1
        if depth < 0:
            return False
    return True
