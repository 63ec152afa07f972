"""Specs of blueprints against the schemas of their kinds, with the texts of the real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from colonyos_gen_wire.types.blueprint import SchemaProperty, ValidationSchema

from colonyos_gen.server._blueprints.wording import go_text, go_type
from tests.server.kit.blueprint_lab import NOBODY, add, blueprint, define, get, update
from tests.server.kit.lab import Refused, lab


def typed(name: str, **settings: Any) -> SchemaProperty:
    return SchemaProperty(type=name, **settings)


SCHEMA = ValidationSchema(
    type="object",
    required=["text", "size"],
    properties={
        "text": typed("string", enum=["x", "r s"]),
        "size": typed("number"),
        "flag": typed("boolean"),
        "tree": typed(
            "object",
            properties={
                "leaf": typed("boolean"),
                "branch": typed("object", properties={"z": typed("string")}),
            },
        ),
        "list": typed("array", items=typed("number", enum=[1, 2.5])),
        "rows": typed("array", items=typed("array", items=typed("string"))),
        "any": typed("", enum=[1, "a", True, None, 1e21, 1e-7, 123456789.5]),
        "deep": typed("", enum=[[1], {"a": 1}]),
        "whole": typed("integer"),
        "choice": typed("integer", enum=[1]),
        "untyped": typed("", properties={"x": typed("string")}, items=typed("string")),
        "odd": typed("strange", properties={"x": typed("string")}),
    },
)
GOOD: dict[str, Any] = {"text": "x", "size": 1}
ANY = "[1 a true <nil> 1e+21 1e-07 1.234567895e+08]"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tree": 1}, "field 'tree' must be an object, got float64"),
    ({"tree": []}, "field 'tree' must be an object, got []interface {}"),
    ({"tree": None}, "field 'tree' must be an object, got <nil>"),
    ({"tree": {"leaf": 2}}, "field 'tree.leaf' must be a boolean, got float64"),
    ({"tree": {"branch": {"z": 5}}}, "field 'tree.branch.z' must be a string, got float64"),
    ({"tree": {"branch": 3}}, "field 'tree.branch' must be an object, got float64"),
    ({"text": None}, "field 'text' must be a string, got <nil>"),
    ({"text": "z"}, "field 'text' must be one of [x r s], got z"),
    ({"size": True}, "field 'size' must be a number, got bool"),
    ({"flag": 1}, "field 'flag' must be a boolean, got float64"),
    ({"list": {}}, "field 'list' must be an array, got map[string]interface {}"),
    ({"list": [1, "2"]}, "field 'list[1]' must be a number, got string"),
    ({"list": [1, 3]}, "field 'list[1]' must be one of [1 2.5], got 3"),
    ({"rows": [["a"], ["b", 1]]}, "field 'rows[1][1]' must be a string, got float64"),
    ({"rows": [3]}, "field 'rows[0]' must be an array, got float64"),
    ({"any": 2}, f"field 'any' must be one of {ANY}, got 2"),
    ({"any": False}, f"field 'any' must be one of {ANY}, got false"),
    ({"any": 1234567}, f"field 'any' must be one of {ANY}, got 1.234567e+06"),
    ({"any": [1, "a", None]}, f"field 'any' must be one of {ANY}, got [1 a <nil>]"),
    ({"any": {"b": 1, "a": [True]}}, f"field 'any' must be one of {ANY}, got map[a:[true] b:1]"),
    ({"deep": 5}, "field 'deep' must be one of [[1] map[a:1]], got 5"),
    ({"choice": "x"}, "field 'choice' must be one of [1], got x"),
]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "required field 'text' is missing"),
        ({"text": 5}, "required field 'size' is missing"),
        *(({**GOOD, **entry}, text) for entry, text in REFUSED),
    ],
)
def test_what_a_schema_forbids(spec: dict[str, Any], text: str) -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY, schema=SCHEMA)
            good = await add(here, user, blueprint(spec=GOOD))
            for call in (
                add(here, user, blueprint("new", spec=spec)),
                update(here, user, blueprint(spec=spec)),
            ):
                with pytest.raises(Refused) as refused:
                    await call
                assert (refused.value.status, refused.value.message) == (
                    400,
                    f"blueprint validation failed: {text}",
                )
            assert await get(here, user) == good

    asyncio.run(main())


@pytest.mark.parametrize(
    "entry",
    [
        {"any": None},
        {"any": True},
        {"any": 1.0},
        # Comparing these crashes the real server.
        {"deep": [1]},
        {"deep": {"a": 1.0}},
        {"list": [1, 2.5, 1]},
        {"tree": {"other": 1}},
        {"other": [None]},
        {"whole": "the type integer is not checked"},
        {"untyped": {"x": 5}},
        {"untyped": [5]},
        {"odd": {"x": 5}},
    ],
)
def test_what_a_schema_lets_pass(entry: dict[str, Any]) -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY, schema=SCHEMA)
            added = await add(here, user, blueprint(spec={**GOOD, **entry}))
            assert added.spec == {**GOOD, **entry}

    asyncio.run(main())


def test_names_and_values_are_no_keywords() -> None:
    schema = ValidationSchema(
        required=["a.b"], properties={"$ref": typed("number"), "{field}": typed("string", enum=["{x}"])}
    )

    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY, schema=schema)
            with pytest.raises(Refused, match=r"required field 'a\.b' is missing"):
                await add(here, user, blueprint(spec={"$ref": 1}))
            with pytest.raises(Refused, match=r"field '\$ref' must be a number, got string"):
                await add(here, user, blueprint(spec={"a.b": 1, "$ref": "http://127.0.0.1:9/schema"}))
            with pytest.raises(Refused, match=r"field '\{field\}' must be one of \[\{x\}\], got \{0\}"):
                await add(here, user, blueprint(spec={"a.b": 1, "{field}": "{0}"}))

    asyncio.run(main())


def test_values_that_go_very_deep() -> None:
    deep: Any = 5
    for _ in range(800):
        deep = [deep]

    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await define(here, handler=NOBODY, schema=ValidationSchema(properties={"a": typed("", enum=[1])}))
            # How deep a comparison goes depends on the version of Python.
            with pytest.raises(
                Refused, match=r"400 (Failed to add blueprint, invalid JSON|blueprint validation)"
            ):
                await add(here, user, blueprint(spec={"a": deep}))
            await add(here, user, blueprint(spec={"b": deep}))
            assert (await update(here, user, blueprint(spec={"b": deep}))).metadata.generation == 1
            assert (await update(here, user, blueprint(spec={"b": [deep]}))).metadata.generation == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (100, "100"),
        (-2.50, "-2.5"),
        (123456, "123456"),
        (1000000, "1e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (12345678901234567890123, "1.2345678901234568e+22"),
        ("a\nb", "a\nb"),
        ([], "[]"),
        ({}, "map[]"),
    ],
)
def test_wording_of_values(value: object, text: str) -> None:
    assert go_text(value) == text


def test_wording_of_types() -> None:
    values: tuple[object, ...] = (None, True, 1, 1.5, "", [], {})
    assert [go_type(value) for value in values] == [
        "<nil>",
        "bool",
        "float64",
        "float64",
        "string",
        "[]interface {}",
        "map[string]interface {}",
    ]
