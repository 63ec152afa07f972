"""Checking the spec of a blueprint against the schema of its kind.

Such a schema is only a part of JSON Schema: of the types it knows `string`, `number`, `boolean`, `object` and `array`,
any other admits everything; `required` counts at the top only; `properties` count where the type is `object`, and
`items` where it is `array`. There are no references and no other keywords, so this takes no library.
"""

from __future__ import annotations

from typing import Any, cast

from colonyos_gen_wire.types.blueprint import SchemaProperty, ValidationSchema
from msgspec.structs import replace

from colonyos_gen.server._blueprints.wording import go_text, go_type
from colonyos_gen.server._caller.access import AnyMethod, error_of
from colonyos_gen.server._caller.refusal import Refusal

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}
_VOWELS = tuple("aeiou")


def require_valid(method: AnyMethod, spec: dict[str, Any], schema: ValidationSchema) -> None:
    """Refuse a spec that the schema does not allow, in the words that `method` has for the first flaw."""
    try:
        for name in schema.required:
            if name not in spec:
                error = error_of(method, "blueprint_validation_failed_required_field_is_missing")
                raise Refusal(error, field=name)
        _require_all(method, "", spec, schema.properties)
    except RecursionError:
        raise Refusal(error_of(method, "invalid_json")) from None


def _require_all(
    method: AnyMethod, prefix: str, values: dict[str, Any], properties: dict[str, SchemaProperty]
) -> None:
    for name, rule in properties.items():
        if name in values:
            _require(method, prefix + name, values[name], rule)


def _require(method: AnyMethod, path: str, value: Any, rule: SchemaProperty) -> None:
    """Refuse a value, which is found at `path` of the spec, such as `ports[0].name`."""
    if not _is_of(value, rule.type):
        error = error_of(method, "blueprint_validation_failed_field_must_be_a_got")
        if rule.type.startswith(_VOWELS):
            error = replace(error, text=error.text.replace(" a {type}", " an {type}"))
        raise Refusal(error, field=path, type=rule.type, gotype=go_type(value))
    if rule.type == "array" and rule.items is not None:
        for index, item in enumerate(value):
            _require(method, f"{path}[{index}]", item, rule.items)
    if rule.enum and not any(_is_same(value, each) for each in rule.enum):
        error = error_of(method, "blueprint_validation_failed_field_must_be_one_of")
        raise Refusal(error, field=path, values=go_text(rule.enum), value=go_text(value))
    if rule.type == "object":
        _require_all(method, f"{path}.", value, rule.properties)


def _is_of(value: Any, name: str) -> bool:
    expected = _TYPES.get(name)
    if expected is None:
        return True
    return isinstance(value, expected) and (name == "boolean" or not isinstance(value, bool))


def _are_same(ours: list[object], theirs: list[object]) -> bool:
    return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))


def _is_same(one: object, other: object) -> bool:
    """Whether two values are the same in JSON, where 1.0 is 1, but true is not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return _are_same(cast("list[object]", one), cast("list[object]", other))
    if isinstance(one, dict) and isinstance(other, dict):
        mine, yours = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return mine.keys() == yours.keys() and _are_same(list(mine.values()), [yours[key] for key in mine])
    return bool(one == other)
