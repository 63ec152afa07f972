"""Rules about breaking changes that are accepted."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, cast

from colonyos_gen_codegen.diff import RULES as CHANGES
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.loader import Pointer
from colonyos_gen_codegen.schema.outline import Json, Outline


@rule("ACCEPTANCE_FITS", "x-accept names a rule of `schema diff` that tells of changes that break something.")
def acceptance_fits(outline: Outline) -> Problems:
    for document in outline.schema.documents.values():
        if document.file.startswith("examples/"):
            continue
        for pointer, name in _accepted(document.data, ()):
            if name not in CHANGES:
                near = difflib.get_close_matches(name, CHANGES, 1)
                hint = f"did you mean {near[0]}?" if near else "see `diff --rules`"
                yield document.position(pointer), f"there is no rule {name} of changes; {hint}"
            elif not (CHANGES[name].request.breaks or CHANGES[name].reply.breaks):
                yield document.position(pointer), f"{name} never breaks anything; leave the acceptance out"


def _accepted(data: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Every rule that is accepted inside, with its place."""
    if isinstance(data, dict):
        for key, value in cast("Json", data).items():
            if key == "x-accept" and isinstance(value, list):
                for index, entry in enumerate(cast("Sequence[Any]", value)):
                    yield (*at, key, index, "rule"), str(entry["rule"])
            else:
                yield from _accepted(value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(cast("Sequence[Any]", data)):
            yield from _accepted(item, (*at, index))
