"""Cuts types that contain themselves: a document whose references are all written out would have no end."""

from __future__ import annotations

from colonyos_gen_codegen.targets.jsonschema.values import JsonSchema

CUT = "x-cut"
_HOME = "#/components/schemas/"


def cut(schemas: dict[str, JsonSchema]) -> dict[str, list[str]]:
    """Replace every reference that leads back to where it stands by any object, which names the type as `x-cut`.

    Returns where that was done: for each definition the paths of the properties in it.
    """
    places: dict[str, list[str]] = {}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name not in done:
            inside(name, schemas[name], (*above, name), "")
            done.add(name)

    def inside(name: str, schema: JsonSchema, above: tuple[str, ...], at: str) -> None:
        target = str(schema.get("$ref", "")).removeprefix(_HOME)
        if target in above:
            schema.clear()
            schema.update(_instead_of(target))
            places.setdefault(name, []).append(at)
        elif target:
            visit(target, above)
        for key, value in schema.get("properties", {}).items():
            inside(name, value, above, f"{at}.{key}" if at else key)
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                inside(name, schema[key], above, at + ("[]" if key == "items" else ".*"))
        for key in ("anyOf", "allOf"):
            for branch in schema.get(key, []):
                inside(name, branch, above, at)

    for each in list(schemas):
        visit(each, ())
    return places


def _instead_of(name: str) -> JsonSchema:
    return {"type": "object", "description": f"Another {name}, which is not written out again.", CUT: name}
