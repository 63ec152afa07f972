"""What the reference says about the contents with which a message takes part in a hazard."""

from __future__ import annotations

import json

from colonyos_gen_codegen.model import HazardOf
from colonyos_gen_codegen.targets.docs.markdown import code


def contents(entry: HazardOf) -> str:
    """The contents that count, and whether they are sent; empty where every request takes part."""
    if entry.field is None:
        return ""
    values = " or ".join(code(json.dumps(value)) for value in entry.refused or entry.values)
    if entry.refused:
        return f"{code(entry.field)} such as {values}: refused before sending"
    told = f"{code(entry.field)} {values}" if values else f"whatever its {code(entry.field)} is"
    return f"{told}: only with {code('hazardous=True')}" if entry.confirm else told
