"""What an older server release has not, taken out of what the embedded server reads and writes.

    Server(as_version="1.9.7")

Messages that came later are refused as that release refuses what it does not know, fields that came later are neither read
nor written, and values of enums that came later count as values that nobody knows. The rest, such as the texts of other
refusals and what was done otherwise, is as in the newest release.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, cast, get_type_hints

import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.base import OpenIntEnum
from colonyos_gen_wire.codec import shape_of
from colonyos_gen_wire.constants import LARGEST_INT32, RELEASES, SERVER_VERSION
from colonyos_gen_wire.fields import FIELDS, VALUES_SINCE
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.shape import ListOf, MapOf, Property, Shape, StructOf

from colonyos_gen.server._caller.access import AnyMethod

_NOBODY_KNOWS = LARGEST_INT32
"""A value of an enum that no release has."""


class AsVersion:
    """One server release, and what it has.

    Args:
        version: The release, with or without its `v`.

    Raises:
        ValueError: The schema does not know it.
    """

    def __init__(self, version: str = SERVER_VERSION) -> None:
        self.version: str = version if version.startswith("v") else f"v{version}"
        if self.version not in RELEASES:
            raise ValueError(f"no server release {version!r} is known; known are {', '.join(RELEASES)}")
        later = RELEASES[RELEASES.index(self.version) + 1 :]
        self._later = frozenset(later)
        self.is_older: bool = bool(later)
        """Whether it is not the newest, so that there may be something to leave out."""

    def has(self, since: str | None) -> bool:
        """Whether it has what is there since then."""
        return since not in self._later

    def refusals(self) -> tuple[ErrorSpec, ErrorSpec]:
        """How it refuses an empty message type, and an unknown one."""
        if self.has(errors.UNKNOWN_PAYLOADTYPE.since):
            return errors.PAYLOADTYPE_EMPTY, errors.UNKNOWN_PAYLOADTYPE
        return errors.UNKNOWN_PAYLOADTYPE_OF_OLD, errors.UNKNOWN_PAYLOADTYPE_OF_OLD

    def read(self, method: AnyMethod, text: bytes) -> bytes:
        """The JSON of a request, without what the release would not read; as it is, if it is no JSON."""
        if not self.is_older:
            return text
        try:
            payload: object = json.loads(text)
        except (ValueError, RecursionError):
            return text
        shown = self._without(StructOf(method.request), payload, folds=True)
        return json.dumps(shown, ensure_ascii=False).encode() if shown != payload else text

    def written(self, kind: Any, payload: bytes) -> bytes:
        """The JSON of a reply, or of a row of one, of the type `kind`, without what the release would not write."""
        if not self.is_older:
            return payload
        value: object = json.loads(payload)
        shown = self._without(shape_of(kind), value, folds=False)
        if shown == value:
            return payload
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()

    def _without(self, shape: Shape | None, value: Any, *, folds: bool) -> Any:
        """A value without what came later; with `folds`, keys are found in any case, as servers read them."""
        if isinstance(shape, ListOf) and isinstance(value, list):
            return [self._without(shape.item, item, folds=folds) for item in cast("Sequence[Any]", value)]
        if not isinstance(value, dict):
            return value
        entries = cast("dict[str, Any]", value)
        if isinstance(shape, MapOf):
            return {key: self._without(shape.item, item, folds=folds) for key, item in entries.items()}
        if not isinstance(shape, StructOf):
            return entries
        fields = {field.wire.lower() if folds else field.wire: field for field in FIELDS[shape.type]}
        kept: dict[str, Any] = {}
        for key, item in entries.items():
            field = fields.get(key.lower() if folds else key)
            if field is None or self.has(field.since):
                kept[key] = item if field is None else self._known(shape.type, field, item, folds=folds)
        return kept

    def _known(self, owner: type[msgspec.Struct], field: Property, value: Any, *, folds: bool) -> Any:
        values = VALUES_SINCE.get(_enum_of(owner, field.name)) if isinstance(value, int) else None
        if values is not None and not self.has(values.get(cast("int", value))):
            return _NOBODY_KNOWS
        return self._without(field.shape, value, folds=folds)


@cache
def _enum_of(owner: type[msgspec.Struct], name: str) -> Any:
    hint = get_type_hints(owner).get(name)
    return hint if isinstance(hint, type) and issubclass(hint, OpenIntEnum) else None
