"""An OpenRPC 1.3 description of the calls, for tools that browse or mock RPC services."""

from __future__ import annotations

import json
from collections.abc import Mapping

import jinja2

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.targets.openrpc.document import describe


def render(service: Service, _templates: jinja2.Environment, /) -> Mapping[str, str]:
    """The document. It is plain data, so no template is needed."""
    return {"openrpc.json": json.dumps(describe(service), indent=2, ensure_ascii=False) + "\n"}
