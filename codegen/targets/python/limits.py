"""Writes the statements that refuse a request before it is sent."""

from __future__ import annotations

import re

from codegen.model import Field, Limit, Service, Struct, Type
from codegen.targets.python.spelling import function, literal, pattern


class Limits:
    """Collects the patterns in use, and the checking function of every struct that has something to check."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.patterns: dict[str, str] = {}
        """Constant name by pattern."""
        self._memo: dict[str, list[str]] = {}

    def statements(self, struct: Struct) -> list[str]:
        """The body of the function that checks `struct`; empty when nothing can be wrong."""
        if struct.name not in self._memo:
            self._memo[struct.name] = []  # a type that holds itself asks again while it is being built
            lines: list[str] = []
            for field in struct.fields:
                lines += self._field(field)
            self._memo[struct.name] = lines
        return self._memo[struct.name]

    def needed(self, struct: Struct) -> bool:
        """Whether the struct, or one inside it, has limits."""
        seen: set[str] = set()
        todo = [struct]
        while todo:
            current = todo.pop()
            if current.name in seen:
                continue
            seen.add(current.name)
            for field in current.fields:
                if field.refine or any(inner.limit for inner in field.type.walk()):
                    return True
                todo += [
                    self._service.struct(inner.name) for inner in field.type.walk() if inner.kind == "struct"
                ]
        return False

    def inner(self, roots: list[Struct]) -> list[Struct]:
        """The structs inside `roots`, at any depth, that have something to check."""
        found: dict[str, Struct] = {}
        todo = list(roots)
        while todo:
            for field in todo.pop().fields:
                for type_ in field.type.walk():
                    if type_.kind == "struct" and type_.name not in found:
                        struct = self._service.struct(type_.name)
                        if self.needed(struct):
                            found[struct.name] = struct
                            todo.append(struct)
        return [found[name] for name in sorted(found)]

    def _field(self, field: Field) -> list[str]:
        lines = self._value(field.type, f"value.{field.name}", f'f"{{at}}{field.wire}"', 0)
        for name, limit in field.refine:
            inner = next(f for f in self._service.struct(field.type.name).fields if f.name == name)
            lines += self._limit(
                limit, f"value.{field.name}.{inner.name}", f'f"{{at}}{field.wire}.{inner.wire}"', 0
            )
        return lines

    def _value(self, type_: Type, value: str, at: str, depth: int) -> list[str]:
        pad = "    " * depth
        if type_.kind in {"list", "map"} and type_.item is not None:
            stem = re.sub(r"\W+", "_", value.removeprefix("value."))
            index, item = f"{stem}_at", f"{stem}_item"
            place = f'{at[:-1]}[{{{index}!r}}]"'
            inner = self._value(type_.item, item, place, depth + 1)
            if not inner:
                return []
            source = f"enumerate({value})" if type_.kind == "list" else f"{value}.items()"
            return [f"{pad}for {index}, {item} in {source}:", *inner]
        if type_.kind == "struct":
            struct = self._service.struct(type_.name)
            if not self.needed(struct):
                return []
            call = f'_{function(struct.name)}({value}, {at[:-1]}.")'
            return (
                [f"{pad}if {value} is not None:", f"{pad}    {call}"] if type_.optional else [f"{pad}{call}"]
            )
        if type_.limit is None:
            return []
        return self._limit(type_.limit, value, at, depth)

    def _limit(self, limit: Limit, value: str, at: str, depth: int) -> list[str]:
        tests: list[str] = []
        if limit.pattern is not None:
            name = self.patterns.setdefault(pattern(limit), f"_PATTERN_{len(self.patterns) + 1}")
            tests.append(f"not {name}({value})")
        if limit.minimum is not None:
            tests.append(f"{value} < {limit.minimum}")
        if limit.maximum is not None:
            tests.append(f"{value} > {limit.maximum}")
        tests += [f"{value} == {number}" for number in limit.excluded]
        if limit.max_bytes is not None:
            tests.append(f"len({value}) > {limit.max_bytes}")
        pad = "    " * depth
        return [f"{pad}if {' or '.join(tests)}:", f"{pad}    refuse({at}, {value}, {literal(limit.rule)})"]
