"""What valid requests can do to a server, and the messages that take part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from colonyos_gen_codegen.model.constants import LimitConstant


@dataclass(frozen=True)
class Hazard:
    """Something that valid requests can do to a server, to its data or to others."""

    name: str
    effect: str
    when: str
    what: str
    seen: str
    versions: str
    avoid: str
    limit: LimitConstant | None = None
    """The number that the condition depends on."""


@dataclass(frozen=True)
class HazardOf:
    """That a message takes part in a hazard; with a `field`, only with some contents of it."""

    hazard: Hazard
    field: str | None = None
    """Path of the public names from the request to the value."""
    wire: str | None = None
    """The same in wire names."""
    values: tuple[Any, ...] = ()
    """Contents that make the request hazardous; none for every content."""
    refused: tuple[Any, ...] = ()
    """Contents that would be hazardous, and that a limit of the field keeps from being sent."""
    confirm: bool = False
    """Whether a client sends such a request only to a caller who asks for it in so many words."""
