"""Tables of fields and parameters. A column that would stay empty is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from colonyos_gen_codegen.model import Field, Parameter, Scalar, Service, Type
from colonyos_gen_codegen.targets.docs.links import Links
from colonyos_gen_codegen.targets.docs.markdown import cell, code, lifetime, neutral


@dataclass(frozen=True)
class Row:
    """What a table says about one field or parameter."""

    name: str
    type: Type
    description: str
    field: Field | None


class Tables:
    """Writes the tables of one page."""

    def __init__(self, service: Service, links: Links) -> None:
        self._service = service
        self._links = links

    def of_fields(self, fields: Iterable[Field]) -> str:
        """The table of the fields of a type."""
        return self._table("Field", [Row(f.name, f.type, f.description, f) for f in fields])

    def of_parameters(self, parameters: Iterable[Parameter]) -> str:
        """The table of the parameters of a method."""
        return self._table("Parameter", [Row(p.name, p.type, _meaning(p), p.field) for p in parameters])

    def _table(self, head: str, rows: Iterable[Row]) -> str:
        columns: dict[str, list[str]] = {
            name: [] for name in (head, "Type", "Unit", "Default", "Limit", "Description")
        }
        for row in rows:
            columns[head].append(code(row.name))
            columns["Type"].append(neutral(row.type, self._links.to))
            columns["Unit"].append(cell(row.field.unit or "") if row.field else "")
            columns["Default"].append(self._default(row.field))
            columns["Limit"].append(_limit(row))
            columns["Description"].append(" ".join([cell(row.description), *_notes(row.field)]).strip())
        return _grid({name: cells for name, cells in columns.items() if any(cells)})

    def _default(self, field: Field | None) -> str:
        if field is None or field.required:
            return "*required*"
        if field.type.kind == "scalar" and field.type.scalar is Scalar.TIME:
            return "unset"
        shown = code(json.dumps(field.default, ensure_ascii=False))
        if field.type.kind == "enum":
            members = self._service.enum(field.type.name).members
            shown += "".join(f" ({member.name})" for member in members if member.value == field.default)
        return shown


def _grid(columns: dict[str, list[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cells) + " |" for cells in zip(*columns.values(), strict=True)]
    return "\n".join(lines)


def _meaning(parameter: Parameter) -> str:
    if not parameter.unpack:
        return parameter.description
    sent = " and ".join(f"`{source}`" for source, _ in parameter.unpack)
    return f"{parameter.description} Only its {sent} {'is' if len(parameter.unpack) == 1 else 'are'} sent."


def _limit(row: Row) -> str:
    rules = list(dict.fromkeys(cell(part.limit.rule) for part in row.type.walk() if part.limit is not None))
    if row.field is not None and row.field.json is not None:
        rules.append(f"JSON of a {code(row.field.json.name)}")
    if row.field is not None:
        rules += [f"{code(name)} {cell(limit.rule)}" for name, limit in row.field.refine]
        rules += [f"each of {code(path)} a {code(wire)} of the list" for path, wire in row.field.among]
    return "; ".join(rules)


def _notes(field: Field | None) -> list[str]:
    if field is None:
        return []
    notes: list[str] = []
    if field.name != field.wire:
        notes.append(f"Key on the wire: {code(field.wire)}.")
    return [*notes, *lifetime(field)]
