"""Pydantic v2 models of every type and request, in one module.

datamodel-code-generator writes the classes from the bundled JSON Schema; `models.py.jinja` puts around them what it cannot
express: points in time with a year that Python lacks, enums that keep unknown values, and the tables by message type.
"""

from __future__ import annotations

from collections.abc import Mapping

import jinja2

from colonyos_gen_codegen.model import Reply, Scalar, Service, Type
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.jsonschema.document import definitions
from colonyos_gen_codegen.targets.pydantic.classes import Source, generate_classes
from colonyos_gen_codegen.targets.pydantic.simplified import OWN_MODULE, simplify

_SCALARS = {
    Scalar.STRING: "str",
    Scalar.INTEGER: "int",
    Scalar.NUMBER: "float",
    Scalar.BOOLEAN: "bool",
    Scalar.TIME: "Time",
    Scalar.BYTES: "str",
    Scalar.ANY: "Any",
}


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """The module with the models."""
    enums = {enum.name for enum in service.enums}
    source: Source = generate_classes(simplify(definitions(service), enums), OWN_MODULE)
    text = templates.get_template("models.py.jinja").render(
        banner=BANNER, service=service, source=source, reply_annotation=reply_annotation
    )
    return {"pydantic/colonyos_models.py": text}


def reply_annotation(reply: Reply) -> str:
    """What the payload of a reply is validated as."""
    if reply.type is None:
        return "Any"
    return _annotation(reply.type) + (" | None" if reply.go_null else "")


def _annotation(type_: Type) -> str:
    if type_.kind == "list":
        assert type_.item is not None
        spelled = f"list[{_annotation(type_.item)}]"
    elif type_.kind == "map":
        assert type_.item is not None
        spelled = f"dict[str, {_annotation(type_.item)}]"
    else:
        spelled = type_.name or _SCALARS[type_.scalar]
    return f"{spelled} | None" if type_.optional else spelled
