"""Requests drawn from the schema by dice: such as follow it, and such as almost do.

The sister of `tests/server/fuzz/schema_strategies.py` for conversations: what is drawn next depends on what was answered
before, and the same seed draws the same again.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, cast

from tests.server.fuzz.schema_document import Json, places, resolved, the_schema

SCHEMA = the_schema()
MESSAGES: Json = SCHEMA["x-messages"]
MAX_ITEMS = 3
DEPTH = 6

_WORDS = ["", "a", "b", "A", "é", "x y", "a/b", "/a", "{}", "%", "_", "'", '"', "0", "\u202e\U0001f4a9", " "]
_INTEGERS = [0, 1, -1, 2, 3, 10, 60, 100, 101, 127, 128, 500, 501, 2**31 - 1, -(2**31)]
_TIMES = ["0001-01-01T00:00:00Z", "2099-12-31T23:59:59.999999999+14:00", None]
_OWN: Mapping[str, Sequence[Any]] = {
    "maxexectime": [-1, -1, -1, 100, 3600],
    "maxwaittime": [-1, -1, 0, 100, 3600],
    "maxretries": [-1, 0, 1, 3],
    "priority": [0, 0, 1, -1, 50000, -50000, 50001],
    "process.timeout": [-1],
    "generator.timeout": [-1, 0, 3600],
    "interval": [-1, 3600, 100000, 0],
    "cronexpression": ["0 0 0 1 1 *", "@yearly", "0 0 0 1 1", "* * *", "", "TZ=UTC 0 0 3 1 1 ?"],
    "trigger": [50, 100],
    "cpu": ["", "0m", "100m", "1000m", "4"],
    "availablecpu": ["", "0m", "100m", "1000m", "4"],
    "mem": ["", "0Mi", "100Mi", "1Gi", "500Ki", "2GiB"],
    "availablemem": ["", "0Mi", "100Mi", "1Gi"],
    "storage": ["", "", "", "0Mi", "1Gi"],
    "lastheardfromtime": ["0001-01-01T00:00:00Z", None],
    "count": [0, 1, 2, 5, 100, 101, -1, 500, 501],
    "days": [0, 1, 30, 31, -1],
    "seconds": [0, 1, 100, 100000, -1],
    "since": [0, 1, -1],
    "state": [0, 1, 2, 3, 4, -1, 5],
    "attributetype": [0, 1, 2, 3, 4, -1],
    "limit": [0, 1, 2, 100, -1],
    "afterseq": [0, 0, 1, 2, -1, 100],
    "sequence": [0, 1, 2, 3, -1],
}
"""Fields of which the schema says little, and nearly all values mean nothing, or too much: short deadlines are left out,
since what they lead to depends on the second in which the servers look."""
_FLAWS: list[Any] = [
    None, None, True, 0, -1, 1.5, 10**30, 2**31, 2**63 - 1, -(2**63), 1e308, "", "\0", "x" * 300,
    "\u202e\U0001f4a9", "9999-99-99T99:99:99Z", [], [None], [[[[]]]], {}, {"": None}, {"msgtype": "x"}, "1", False,
]  # fmt: skip
"""What stands where something else should."""


class Drawing:
    """Payloads for the messages of the schema.

    Args:
        dice: What decides.
        known: Values that mean something to the servers, by the name of a field, or by `domain.field` where a name has
            several meanings. It may grow.
    """

    def __init__(self, dice: Random, known: Mapping[str, Sequence[Any]]) -> None:
        self._dice = dice
        self._known = known

    def valid(self, msgtype: str) -> Json:
        """A payload that follows the schema."""
        message = MESSAGES[msgtype]
        return cast("Json", self._value(message["request"], "", message["domain"], 0))

    def of_type(self, name: str, domain: str) -> Json:
        """A value of a type of the schema."""
        return cast("Json", self._value({"$ref": f"#/$defs/{name}"}, "", domain, 0))

    def flawed(self, payload: Json) -> Json:
        """`payload` with one flaw or a few."""
        spoilt = copy.deepcopy(payload)
        for _ in range(self._dice.choice([1, 1, 1, 2, 3])):
            found = places(spoilt)
            if not found:
                break
            holder, key = self._dice.choice(found)
            if isinstance(holder, dict):
                self._spoil(cast("Json", holder), key)
            else:
                holder[key] = copy.deepcopy(self._dice.choice(_FLAWS))
        return spoilt

    def _spoil(self, holder: Json, key: str) -> None:
        value = holder.pop(key, None)
        match self._dice.choice(["replace", "replace", "replace", "drop", "rename", "nest", "add"]):
            case "drop":
                pass
            case "rename":
                holder[self._dice.choice([key.upper(), key.title(), key + " ", ""])] = value
            case "nest":
                holder[key] = [value] if self._dice.random() < 0.5 else {"value": value}
            case "add":
                holder[key] = value
                holder[self._text()] = self.anything()
            case _:
                holder[key] = copy.deepcopy(self._dice.choice(_FLAWS))

    def anything(self, depth: int = 0) -> Any:
        """Any JSON."""
        match self._dice.randrange(8 if depth < 3 else 6):
            case 0:
                return None
            case 1:
                return self._dice.random() < 0.5
            case 2:
                return self._dice.randint(-(2**53), 2**53)
            case 3:
                return self._dice.choice([0.5, -1.25, 1e21, 1e-7, 1.0, 123456.789])
            case 4 | 5:
                return self._text()
            case 6:
                return [self.anything(depth + 1) for _ in range(self._dice.randrange(MAX_ITEMS + 1))]
            case _:
                return {
                    self._text(): self.anything(depth + 1) for _ in range(self._dice.randrange(MAX_ITEMS))
                }

    def _value(self, schema: Json, field: str, domain: str, depth: int) -> Any:
        schema = resolved(schema, SCHEMA)
        if "const" in schema:
            return schema["const"]
        for name in (f"{domain}.{field}", field):
            known = self._known.get(name)
            if known and schema.get("type") in ("string", "integer") and self._dice.random() < 0.85:
                return self._dice.choice(known)
            if name in _OWN:
                return self._dice.choice(_OWN[name])
        return self._by_type(schema, field, domain, depth)

    def _by_type(self, schema: Json, field: str, domain: str, depth: int) -> Any:
        if "anyOf" in schema and "x-enum-values" not in schema:
            return self._value(self._dice.choice(schema["anyOf"]), field, domain, depth)
        types = schema.get("type", ())
        kinds = [types] if isinstance(types, str) else list(types)
        return self._of(self._dice.choice(kinds), schema, field, domain, depth) if kinds else self.anything()

    def _of(self, kind: str, schema: Json, field: str, domain: str, depth: int) -> Any:
        match kind:
            case "null":
                return None
            case "boolean":
                return self._dice.random() < 0.5
            case "integer":
                return self._integer(schema)
            case "number":
                return self._dice.choice([0.0, 0.5, -1.5, 3.0])
            case "string":
                return self._string(schema)
            case "array":
                many = 0 if depth >= DEPTH else self._dice.choice([0, 0, 1, 1, 2, MAX_ITEMS])
                return [self._value(schema["items"], field, domain, depth + 1) for _ in range(many)]
            case "object" if "properties" in schema:
                return self._object(schema, domain, depth)
            case _:
                inner = schema.get("additionalProperties")
                if depth >= DEPTH or not inner:
                    return {}
                many = self._dice.choice([0, 0, 1, 2])
                return {
                    self._text(): self.anything()
                    if inner is True
                    else self._value(inner, "", domain, depth + 1)
                    for _ in range(many)
                }

    def _object(self, schema: Json, domain: str, depth: int) -> Json:
        needed = set(schema.get("required", ()))
        drawn: Json = {}
        for name, inner in schema["properties"].items():
            # What has an object in it, or a value that means something, is seldom left out.
            likely = "$ref" in inner or f"{domain}.{name}" in self._known or name in self._known
            often = 1.0 if name in needed else 0.0 if depth >= DEPTH else 0.85 if likely else 0.4
            if self._dice.random() < often:
                drawn[name] = self._value(inner, name, domain, depth + 1)
        return drawn

    def _integer(self, schema: Json) -> int:
        if "x-enum-values" in schema:
            return cast("int", self._dice.choice(schema["x-enum-values"]))
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and self._dice.random() < 0.9:
            return self._dice.randint(low, low + 1000 if high is None else high)
        return self._dice.choice(_INTEGERS)

    def _string(self, schema: Json) -> str | None:
        if schema.get("format") == "date-time":
            return self._dice.choice(_TIMES)
        if "contentEncoding" in schema:
            return base64.b64encode(self._dice.randbytes(self._dice.randrange(12))).decode()
        if "{64}" in schema.get("pattern", ""):
            return "" if self._dice.random() < 0.1 else f"{self._dice.getrandbits(256):064x}"
        return self._text()

    def _text(self) -> str:
        return "".join(self._dice.choice(_WORDS) for _ in range(self._dice.randrange(3)))
