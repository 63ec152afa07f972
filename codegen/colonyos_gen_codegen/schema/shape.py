"""Checks the files of a schema against the JSON Schemas in `meta/`, which editors use as well."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError as MetaSchemaError
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from colonyos_gen_codegen.schema.findings import Finding, Position
from colonyos_gen_codegen.schema.folder import SCHEMA
from colonyos_gen_codegen.schema.loader import Document, Pointer, Schema

KINDS = ("service", "hazards", "types", "rpc", "examples", "baseline")
_FILES = {"colonyos.yaml": "service", "hazards.yaml": "hazards", "baseline.json": "baseline"}
_OWN_META = SCHEMA / "meta"
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "an integer",
    "boolean": "true or false",
}

Findings = Iterator[Finding]
Validators = dict[str, Draft202012Validator]


def check_shape(schema: Schema) -> list[Finding]:
    """Findings of META_SCHEMA and FILE_IS_KNOWN. A file that could not be read has been reported already."""
    unreadable = {finding.position.file for finding in schema.findings if finding.rule == "FILE_READS"}
    try:
        validators = _validators(tuple(_meta_text(schema.root / "meta", kind) for kind in KINDS))
    except _BrokenMeta as error:
        return [Finding(Position(f"meta/{error.kind}.schema.json"), "META_SCHEMA", str(error))]
    findings: list[Finding] = []
    for name, document in schema.documents.items():
        if name in unreadable:
            continue
        kind = kind_of(name)
        if kind is None:
            message = "nothing reads this file; expected are types/*.yaml, rpc/*.yaml and examples/*.json"
            findings.append(Finding(Position(name), "FILE_IS_KNOWN", message))
            continue
        try:
            findings.extend(_check(document, validators[kind]))
        except Unresolvable as error:
            message = f"not usable as a JSON Schema: {error}"
            findings.append(Finding(Position(f"meta/{kind}.schema.json"), "META_SCHEMA", message))
    return findings


def kind_of(name: str) -> str | None:
    """Which of KINDS the file `name` is, going by its path."""
    if name in _FILES:
        return _FILES[name]
    folder, _, file = name.partition("/")
    ending = {"types": ".yaml", "rpc": ".yaml", "examples": ".json"}.get(folder)
    return folder if ending and "/" not in file and file.endswith(ending) else None


class _BrokenMeta(Exception):
    """A file of `meta/` is no JSON Schema."""

    def __init__(self, kind: str, reason: object) -> None:
        super().__init__(f"not usable as a JSON Schema: {reason}")
        self.kind = kind


def _meta_text(folder: Path, kind: str) -> str:
    """The JSON Schema for `kind`: the folder's own, or else the one that comes with the generator."""
    path = folder / f"{kind}.schema.json"
    try:
        return (path if path.is_file() else _OWN_META / path.name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _BrokenMeta(kind, error) from error


@lru_cache(maxsize=4)
def _validators(texts: tuple[str, ...]) -> Validators:
    """One validator for each of KINDS, made anew only when a text has changed."""
    schemas: dict[str, Any] = {}
    for kind, text in zip(KINDS, texts, strict=True):
        try:
            schemas[kind] = json.loads(text)
            Draft202012Validator.check_schema(schemas[kind])
        except (ValueError, MetaSchemaError) as error:
            raise _BrokenMeta(kind, str(error).partition("\n")[0]) from error
    resources = [(f"{kind}.schema.json", DRAFT202012.create_resource(item)) for kind, item in schemas.items()]
    registry: Registry[Any] = Registry[Any]().with_resources(resources).crawl()
    # Each starts as a mere reference, so that files refer to themselves and to each other alike.
    return {kind: Draft202012Validator({"$ref": f"{kind}.schema.json"}, registry=registry) for kind in KINDS}


def _check(document: Document, validator: Draft202012Validator) -> Findings:
    if document.data is None:
        yield Finding(Position(document.file), "META_SCHEMA", "the file is empty")
        return
    errors = cast("Iterable[ValidationError]", validator.iter_errors(document.data))  # pyright: ignore[reportUnknownMemberType]
    for error in errors:
        pointer: Pointer = tuple(error.absolute_path)
        for key, message in _explain(error):
            where = document.position(pointer if key is None else (*pointer, key))
            yield Finding(where, "META_SCHEMA", message)


def _explain(error: ValidationError) -> Iterator[tuple[str | None, str]]:
    """What is wrong, in words, each with the key that is to blame if it is not the value as a whole."""
    instance: Any = error.instance
    keyword: Any = error.validator  # None where the schema is just false
    demand: Any = error.validator_value
    key = error.absolute_path[-1] if error.absolute_path else "the file"
    match keyword:
        case None | "not":
            yield None, f"'{key}' does not go together with the keys beside it"
        case "additionalProperties":
            known: list[str] = sorted(cast("dict[str, Any]", error.schema).get("properties", {}))
            unknown: list[str] = sorted(set(instance) - set(known))
            for name in unknown:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known) or 'none'}"
                yield name, f"'{name}' is not a known key; {hint}"
        case "required":
            for name in demand:
                if name not in instance:
                    yield None, f"the key '{name}' is missing"
        case "dependentRequired":
            for name, needed in demand.items():
                if name in instance:
                    for other in set(needed) - set(instance):
                        yield name, f"'{name}' needs the key '{other}' beside it"
        case "type":
            names = [demand] if isinstance(demand, str) else demand
            yield None, f"{_show(key)} must be {' or '.join(_TYPES.get(name, name) for name in names)}"
        case "enum":
            yield None, f"{_show(key)} must be one of {', '.join(map(_json, demand))}, not {_json(instance)}"
        case "const":
            yield None, f"{_show(key)} must be {_json(demand)} here, not {_json(instance)}"
        case "contains":
            yield None, f"{_show(key)} must contain {_json(demand.get('const'))}"
        case "minLength" | "minItems" | "minProperties" if not instance:
            yield None, f"{_show(key)} must not be empty"
        case "pattern":
            yield None, f"{_show(key)} must match {demand}, unlike {_json(instance)}"
        case _:
            yield None, f"{_show(key)}: {error.message}"


def _show(key: str | int) -> str:
    return f"entry {key + 1}" if isinstance(key, int) else key if key == "the file" else f"'{key}'"


def _json(value: Any) -> str:
    """`value` as JSON, on one short line."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
