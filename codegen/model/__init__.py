"""The protocol as the generator's targets see it: language-neutral, resolved, and immutable.

Nothing here knows how a language spells a type; names are those of the schema: `name` is the public one, `wire` the key.
"""

from __future__ import annotations

from codegen.model.constants import LimitConstant, Table, TextConstant
from codegen.model.hazards import Hazard, HazardOf
from codegen.model.messages import About, ErrorCase, Example, Message, Method, Parameter, Reply
from codegen.model.service import Domain, Role, Service
from codegen.model.values import (
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
