"""Checking the spec of a blueprint against the schema of its kind.

Such a schema is only a part of JSON Schema: of the types it knows `string`, `number`, `boolean`, `object` and `array`,
any other admits everything; `required` counts at the top only; `properties` count where the type is `object`, and
`items` where it is `array`. So a schema is rewritten to what it means, and checked by the library jsonschema, which
the extra `server` installs. References and other keywords of JSON Schema never get that far.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from colonyos_gen_wire.types.blueprint import SchemaProperty, ValidationSchema
from msgspec.structs import replace

from colonyos_gen.server._blueprints.wording import go_text, go_type
from colonyos_gen.server._caller.access import AnyMethod, error_of
from colonyos_gen.server._caller.refusal import NEEDS_LIBRARY, Refusal

if TYPE_CHECKING:
    from jsonschema import ValidationError

_CHECKED_TYPES = ("string", "number", "boolean", "object", "array")
_VOWELS = tuple("aeiou")


def require_valid(method: AnyMethod, spec: dict[str, Any], schema: ValidationSchema) -> None:
    """Refuse a spec that the schema does not allow, in the words that `method` has for the first flaw."""
    try:
        flaw = _first_flaw(spec, schema)
        refusal = None if flaw is None else _refusal(method, flaw, spec)
    except RecursionError:
        refusal = Refusal(error_of(method, "invalid_json"))
    if refusal is not None:
        raise refusal


def _first_flaw(spec: dict[str, Any], schema: ValidationSchema) -> ValidationError | None:
    # Rules are tried in the order in which they stand, as long as somebody asks for flaws.
    return next(_validator()(_rules_of_spec(schema)).iter_errors(spec), None)


def _validator() -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise Refusal(
            NEEDS_LIBRARY, library="jsonschema", what="blueprints of a kind with a schema"
        ) from None
    return Draft202012Validator


def _rules_of_spec(schema: ValidationSchema) -> dict[str, Any]:
    return {"required": schema.required, "properties": _rules_of_all(schema.properties)}


def _rules_of_all(properties: dict[str, SchemaProperty]) -> dict[str, Any]:
    return {name: _rules_of(each) for name, each in properties.items()}


def _rules_of(each: SchemaProperty) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if each.type in _CHECKED_TYPES:
        rules["type"] = each.type
    if each.type == "array" and each.items is not None:
        rules["items"] = _rules_of(each.items)
    if each.enum:
        rules["enum"] = each.enum
    if each.type == "object":
        rules["properties"] = _rules_of_all(each.properties)
    return rules


def _refusal(method: AnyMethod, flaw: ValidationError, spec: dict[str, Any]) -> Refusal:
    rule: Any = flaw.validator_value
    if flaw.validator == "required":
        error = error_of(method, "blueprint_validation_failed_required_field_is_missing")
        return Refusal(error, field=next(name for name in rule if name not in spec))
    field = _path(flaw.absolute_path)
    if flaw.validator == "enum":
        error = error_of(method, "blueprint_validation_failed_field_must_be_one_of")
        return Refusal(error, field=field, values=go_text(rule), value=go_text(flaw.instance))
    error = error_of(method, "blueprint_validation_failed_field_must_be_a_got")
    if rule.startswith(_VOWELS):
        error = replace(error, text=error.text.replace(" a {type}", " an {type}"))
    return Refusal(error, field=field, type=rule, gotype=go_type(flaw.instance))


def _path(steps: Iterable[str | int]) -> str:
    """Where in a spec something is, such as `ports[0].name`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".")
