"""Rules about the division of a schema into files."""

from __future__ import annotations

from pathlib import PurePosixPath

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline


@rule("DOMAIN_IS_FILE", "The `domain` of a file is its name without the ending.")
def domain_is_file(outline: Outline) -> Problems:
    for folder in ("types", "rpc"):
        for document in outline.schema.group(folder):
            stem = PurePosixPath(document.file).stem
            domain = document.data["domain"]
            if domain != stem:
                yield document.position(("domain",)), f"the domain is '{domain}', but the file '{stem}'"


@rule("EXAMPLE_HAS_MESSAGE", "Examples stand in the file of their message's domain, under its msgtype.")
def example_has_message(outline: Outline) -> Problems:
    known: dict[str, set[str]] = {}
    for message in outline.messages:
        stem = PurePosixPath(message.document.file).stem
        known.setdefault(stem, set()).add(message.data["properties"]["msgtype"]["const"])
    for document in outline.schema.group("examples"):
        stem = PurePosixPath(document.file).stem
        if stem not in known:
            yield Position(document.file), f"there are no messages in rpc/{stem}.yaml"
            continue
        for msgtype in document.data:
            if msgtype not in known[stem]:
                yield document.position((msgtype,)), f"rpc/{stem}.yaml has no message '{msgtype}'"
