"""What a JSON value means by the schema: every field there, nothing else, and no null that stands for an empty value."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any, cast

from colonyos_gen_codegen.model import Field, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.vectors.samples import Step, path_of

_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)").fullmatch
_EMPTY: dict[str, Any] = {"list": [], "map": {}}
_KINDS: dict[Scalar, tuple[type, ...]] = {
    Scalar.STRING: (str,),
    Scalar.INTEGER: (int,),
    Scalar.NUMBER: (int, float),
    Scalar.BOOLEAN: (bool,),
    Scalar.TIME: (str,),
    Scalar.BYTES: (str,),
}


class Wrong(Exception):
    """The value is not what the schema says; `path` says where."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        super().__init__(path_of(steps))
        self.path = path_of(steps)


class Meaning:
    """Reads JSON values by the types of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def of(self, type_: Type, raw: Any, steps: tuple[Step, ...] = ()) -> Any:
        """The meaning of `raw`. Raises `Wrong`."""
        if raw is None and type_.optional:
            return None
        if type_.kind == "list":
            assert type_.item is not None
            items = cast("list[Any]", _require(raw, list, steps))
            return [self.of(type_.item, item, (*steps, index)) for index, item in enumerate(items)]
        if type_.kind == "map":
            assert type_.item is not None
            entries = cast("dict[str, Any]", _require(raw, dict, steps))
            return {key: self.of(type_.item, item, (*steps, key)) for key, item in entries.items()}
        if type_.kind == "struct":
            return self.in_struct(self._service.struct(type_.name), raw, steps)
        return self._leaf(type_, raw, steps)

    def in_struct(self, struct: Struct, raw: Any, steps: tuple[Step, ...] = ()) -> dict[str, Any]:
        """The meaning of an object. Raises `Wrong`."""
        given = cast("dict[str, Any]", _require(raw, dict, steps))
        made: dict[str, Any] = {}
        if struct.msgtype is not None:
            if given.get("msgtype", struct.msgtype) != struct.msgtype:
                raise Wrong((*steps, "msgtype"))
            made["msgtype"] = struct.msgtype
        for field in struct.fields:
            made[field.wire] = self._field(field, given, (*steps, field.wire))
        return made

    def _field(self, field: Field, given: dict[str, Any], steps: tuple[Step, ...]) -> Any:
        if field.wire not in given:
            if field.required:
                raise Wrong(steps)
            if field.default is None and field.type.kind == "struct" and not field.type.optional:
                return self.of(field.type, {}, steps)
            return None if field.default is None else self.of(field.type, field.default, steps)
        raw = given[field.wire]
        if raw is None and field.go_null:
            raw = _EMPTY.get(field.type.kind, "")
        return self.of(field.type, raw, steps)

    def _leaf(self, type_: Type, raw: Any, steps: tuple[Step, ...]) -> Any:
        kind = Scalar.INTEGER if type_.kind == "enum" else type_.scalar
        if kind is Scalar.ANY or (raw is None and kind is Scalar.TIME):
            return raw
        if not isinstance(raw, _KINDS[kind]) or (isinstance(raw, bool) and kind is not Scalar.BOOLEAN):
            raise Wrong(steps)
        if kind is Scalar.TIME:
            return self._time(str(raw), steps)
        if kind is Scalar.BYTES:
            try:
                base64.b64decode(str(raw), validate=True)
            except binascii.Error:
                raise Wrong(steps) from None
        return raw

    def _time(self, raw: str, steps: tuple[Step, ...]) -> str | None:
        if not _is_time(raw) or not _is_date(raw):
            raise Wrong(steps)
        return None if int(raw[:4]) <= 1 else raw


def _is_date(time: str) -> bool:
    """Whether there is such a day and hour; a year of 0 is how Go writes an unset time west of Greenwich."""
    try:
        datetime.fromisoformat(time[:19].replace("0000-", "0004-", 1))
    except ValueError:
        return False
    return True


def _require(raw: Any, kind: type, steps: tuple[Step, ...]) -> Any:
    if not isinstance(raw, kind):
        raise Wrong(steps)
    return raw
