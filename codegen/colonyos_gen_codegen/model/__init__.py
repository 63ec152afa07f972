"""The protocol as the generator's targets see it: language-neutral, resolved, and immutable.

Nothing here knows how a language spells a type; names are those of the schema: `name` is the public one, `wire` the key.
"""

from __future__ import annotations

from colonyos_gen_codegen.model.constants import LimitConstant, Table, TextConstant
from colonyos_gen_codegen.model.hazards import Hazard, HazardOf
from colonyos_gen_codegen.model.messages import About, ErrorCase, Example, Message, Method, Parameter, Reply
from colonyos_gen_codegen.model.service import Domain, Role, Service
from colonyos_gen_codegen.model.values import (
    Argument,
    Enumeration,
    Field,
    FileForm,
    Limit,
    Member,
    Option,
    Scalar,
    Struct,
    Type,
)

__all__ = [
    "About",
    "Argument",
    "Domain",
    "Enumeration",
    "ErrorCase",
    "Example",
    "Field",
    "FileForm",
    "Hazard",
    "HazardOf",
    "Limit",
    "LimitConstant",
    "Member",
    "Message",
    "Method",
    "Option",
    "Parameter",
    "Reply",
    "Role",
    "Scalar",
    "Service",
    "Struct",
    "Table",
    "TextConstant",
    "Type",
]
