"""One bundled JSON Schema (2020-12) of the whole protocol.

Every type, enum and request stands in `$defs`; `x-messages` says which reply and which errors belong to which request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import jinja2

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.targets.jsonschema.document import bundle


def render(service: Service, _templates: jinja2.Environment, /) -> Mapping[str, str]:
    """The bundled schema. It is plain data, so no template is needed."""
    return {"colonyos.schema.json": json.dumps(bundle(service), indent=2, ensure_ascii=False) + "\n"}
