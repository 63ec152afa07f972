"""Builds the hazards of the model, and what messages have to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from colonyos_gen_codegen.model import Hazard, HazardOf, LimitConstant, Struct


class Catalog:
    """The hazards of a schema, from the data of its `hazards.yaml`."""

    def __init__(self, data: dict[str, Any], limits: tuple[LimitConstant, ...]) -> None:
        by_name = {limit.name: limit for limit in limits}
        self.hazards = tuple(
            Hazard(
                name=name,
                effect=entry["effect"],
                when=_with_limit(entry["when"], by_name.get(entry.get("limit", ""))),
                what=entry["what"],
                seen=entry["seen"],
                versions=entry["versions"],
                avoid=entry["avoid"],
                limit=by_name.get(entry.get("limit", "")),
            )
            for name, entry in data["hazards"].items()
        )
        self._by_name = {hazard.name: hazard for hazard in self.hazards}

    def of(
        self, definition: dict[str, Any], struct: Struct, structs: Mapping[str, Struct]
    ) -> tuple[HazardOf, ...]:
        """What the message of `definition`, whose request is `struct`, takes part in."""
        return tuple(
            HazardOf(self._by_name[entry])
            if isinstance(entry, str)
            else HazardOf(
                self._by_name[entry["use"]],
                field=public_path(struct, entry["field"], structs),
                wire=entry["field"],
                values=tuple(entry.get("values", [])),
                refused=tuple(entry.get("refused", [])),
                confirm=entry.get("confirm", False),
            )
            for entry in definition.get("x-hazard", [])
        )


def public_path(struct: Struct, path: str, structs: Mapping[str, Struct]) -> str:
    """The path of wire names `path` in public names; lists and maps on the way take no step of their own."""
    names: list[str] = []
    inside: Struct | None = struct
    for wire in path.split("."):
        assert inside is not None
        field = next(field for field in inside.fields if field.wire == wire)
        names.append(field.name)
        inner = next((part.name for part in field.type.walk() if part.kind == "struct"), "")
        inside = structs.get(inner)
    return ".".join(names)


def _with_limit(when: str, limit: LimitConstant | None) -> str:
    return when if limit is None else when.replace("{limit}", str(limit.value))
