"""Writes the statements that refuse a request before it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from colonyos_gen_codegen.model import Field, Limit, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.python.spelling import function, literal, pattern

_CLASSES = {
    Scalar.STRING: "str",
    Scalar.BOOLEAN: "bool",
    Scalar.BYTES: "bytes | bytearray | memoryview",
}


@dataclass(frozen=True)
class Place:
    """A value inside a request: the expression that reads it, and its path for people."""

    value: str
    path: str
    """The inside of an f-string."""
    index: str = ""
    """The variable that holds the key or index of an item."""
    secret: bool = False

    def attribute(self, field: Field) -> Place:
        """The place of a field of the struct that stands here."""
        return Place(
            f"{self.value}.{field.name}", f"{self.path}.{field.wire}", secret=self.secret or field.secret
        )

    def inside(self) -> Place:
        """The place of an item of the list or map that stands here."""
        stem = re.sub(r"\W+", "_", self.value.removeprefix("value."))
        return Place(f"{stem}_item", f"{self.path}[{{{stem}_at!r}}]", f"{stem}_at", self.secret)


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
            lines = self._types(struct)
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
                if (
                    (field.type.kind != "struct" and field.type.scalar is not Scalar.ANY)
                    or field.refine
                    or field.among
                    or field.json
                ):
                    return True
                if any(inner.limit for inner in field.type.walk()):
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
                for type_ in [*field.type.walk(), *(field.json.walk() if field.json else ())]:
                    if type_.kind == "struct" and type_.name not in found:
                        struct = self._service.struct(type_.name)
                        if self.needed(struct):
                            found[struct.name] = struct
                            todo.append(struct)
        return [found[name] for name in sorted(found)]

    def _types(self, struct: Struct) -> list[str]:
        """A test of the types that no limit tests: patterns and sizes fail on a value of another type by themselves."""
        tests: list[str] = []
        for field in struct.fields:
            value, type_ = f"value.{field.name}", field.type
            if type_.kind == "list":
                tests.append(f"isinstance({value}, list | tuple)")
            elif type_.kind == "map":
                tests.append(f"isinstance({value}, dict)")
            elif type_.kind == "enum" or (type_.kind == "scalar" and type_.scalar is Scalar.INTEGER):
                tests.append(f"(type({value}) is int or _is_number({value}, int))")
            elif type_.kind == "scalar" and type_.scalar is Scalar.NUMBER:
                tests.append(f"(type({value}) is float or _is_number({value}, (int, float)))")
            elif type_.kind == "scalar" and type_.scalar is Scalar.TIME:
                tests.append(f"({value} is None or {value}.tzinfo is not None)")
            elif type_.kind == "scalar" and type_.scalar in _CLASSES and type_.limit is None:
                tests.append(f"isinstance({value}, {_CLASSES[type_.scalar]})")
        return [f"if not ({' and '.join(tests)}):", "    raise TypeError"] if tests else []

    def _field(self, field: Field) -> list[str]:
        place = Place(f"value.{field.name}", field.wire, secret=field.secret)
        lines = self._value(field.type, place, 0)
        for name, limit in field.refine:
            inner = next(f for f in self._service.struct(field.type.name).fields if f.name == name)
            lines += self._limit(inner.type, limit, place.attribute(inner), 0)
        if field.json is not None and self.needed(self._service.struct(field.json.name)):
            name = function(field.json.name)
            lines.append(f'_in_text({field.json.name}, {place.value}, _{name}, f"{{at}}{place.path}.")')
        for path, wire in field.among:
            lines += self._among(field, place, path, wire)
        return lines

    def _among(self, field: Field, place: Place, path: str, wire: str) -> list[str]:
        """Texts inside the elements of a list, each of which some element must have as the value of a field."""
        assert field.type.item is not None
        element = place.inside()
        here, struct = element, self._service.struct(field.type.item.name)
        public = next(inner.name for inner in struct.fields if inner.wire == wire)
        lines = [
            f"known = {{item.{public} for item in {place.value}}}",
            f"for {element.index}, {element.value} in enumerate({place.value}):",
        ]
        inner: Field | None = None
        for step in path.split("."):
            inner = next(each for each in struct.fields if each.wire == step)
            here = here.attribute(inner)
            struct = self._service.struct(inner.type.name) if inner.type.kind == "struct" else struct
        assert inner is not None
        depth = 1
        if inner.type.kind == "list":
            item = replace(here, value="found", path=f"{here.path}[{{found_at!r}}]", index="found_at")
            lines.append(f"    for {item.index}, {item.value} in enumerate({here.value}):")
            here, depth = item, 2
        pad = "    " * depth
        rule = literal(f"the {wire} of one of {field.wire}")
        shown = '"(not shown)"' if here.secret else here.value
        lines += [
            f"{pad}if {here.value} not in known:",
            f'{pad}    refuse(f"{{at}}{here.path}", {shown}, {rule})',
        ]
        return lines

    def _value(self, type_: Type, place: Place, depth: int) -> list[str]:
        pad = "    " * depth
        if type_.kind in {"list", "map"} and type_.item is not None:
            inside = place.inside()
            inner = self._value(type_.item, inside, depth + 1)
            if type_.key is not None:
                inner = self._value(type_.key, replace(inside, value=inside.index), depth + 1) + inner
            if not inner:
                return []
            source = f"enumerate({place.value})" if type_.kind == "list" else f"{place.value}.items()"
            return [f"{pad}for {inside.index}, {inside.value} in {source}:", *inner]
        if type_.kind == "struct":
            struct = self._service.struct(type_.name)
            if not self.needed(struct):
                return []
            call = f'_{function(struct.name)}({place.value}, f"{{at}}{place.path}.")'
            return (
                [f"{pad}if {place.value} is not None:", f"{pad}    {call}"]
                if type_.optional
                else [f"{pad}{call}"]
            )
        if type_.limit is None:
            return []
        return self._limit(type_, type_.limit, place, depth)

    def _limit(self, type_: Type, limit: Limit, place: Place, depth: int) -> list[str]:
        value = place.value
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
            measured = f'{value}.encode("utf-8", "surrogatepass")' if type_.scalar is Scalar.STRING else value
            tests.append(f"len({measured}) > {limit.max_bytes}")
        pad = "    " * depth
        shown = '"(not shown)"' if place.secret else value
        refusal = f'refuse(f"{{at}}{place.path}", {shown}, {literal(limit.rule)})'
        return [f"{pad}if {' or '.join(tests)}:", f"{pad}    {refusal}"]
