"""Everything that a client needs beyond types, as data: signing, endpoints, roles, messages, errors, limits, hazards.

`protocol.json` says it, and `protocol.schema.json` says how that document is made. Types are those of `colonyos.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import jinja2

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.protocol.document import describe


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """The document and its schema."""
    schema = templates.get_template("protocol.schema.json.jinja").render(banner=BANNER)
    return {
        "protocol.json": json.dumps(describe(service), indent=2, ensure_ascii=False) + "\n",
        "protocol.schema.json": json.dumps(json.loads(schema), indent=2, ensure_ascii=False) + "\n",
    }
