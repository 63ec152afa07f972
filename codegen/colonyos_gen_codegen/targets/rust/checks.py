"""The statements that refuse a request before it is sent."""

from __future__ import annotations

from colonyos_gen_codegen.model import Field, Limit, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.rust.spelling import snake, text, type_of


def body(service: Service, struct: Struct) -> list[str]:
    """The lines of `check`."""
    lines: list[str] = []
    for field in struct.fields:
        value, at = f"self.{snake(field.name)}", f"at.key({text(field.wire)})"
        if any(_has_own(part) for part in field.type.walk()):
            lines.append(f"crate::limits::Check::check(&{value}, &{at}, limits);")
        lines += _leaves(field.type, value, f"&{value}", at, field.secret, 0)
        lines += _refined(service, field, value, at)
        if field.json is not None:
            lines.append(f"limits.inside::<{type_of(field.json)}>(&{at}, &{value});")
        for path, wire in field.among:
            lines += _among(service, field, value, at, path, wire)
    return lines


def _has_own(type_: Type) -> bool:
    """Whether a type checks its values itself."""
    scalar = type_.kind == "scalar" and type_.scalar in {Scalar.ANY, Scalar.NUMBER}
    return scalar or type_.kind == "struct"


def _inner(type_: Type) -> list[Limit]:
    return [part.limit for part in type_.walk() if part.limit is not None]


def _leaves(type_: Type, value: str, ref: str, at: str, secret: bool, depth: int) -> list[str]:
    """What the limits of a type say of a value, and of those inside it."""
    if not _inner(type_):
        return []
    item, index = f"item{depth or ''}", f"index{depth or ''}"
    if type_.optional and type_.kind in {"scalar", "enum"}:
        of_item = _limit(type_, type_.limit, f"*{item}", item, at, secret)
        return _block(f"if let std::option::Option::Some({item}) = {ref}", of_item)
    if type_.kind == "list":
        assert type_.item is not None
        inner = _leaves(type_.item, f"*{item}", item, f"{at}.item({index})", secret, depth + 1)
        return _block(f"for ({index}, {item}) in {value.lstrip('*')}.iter().enumerate()", inner)
    if type_.kind == "map":
        assert type_.item is not None
        place = f"{at}.key({index})"
        keys = _leaves(type_.key, f"*{index}", index, place, secret, depth + 1) if type_.key else []
        inner = _leaves(type_.item, f"*{item}", item, place, secret, depth + 1)
        if not inner:
            return _block(f"for {index} in {value.lstrip('*')}.keys()", keys)
        return _block(f"for ({index}, {item}) in {ref}", [*keys, *inner])
    return _limit(type_, type_.limit, value, ref, at, secret)


def _block(head: str, lines: list[str]) -> list[str]:
    return [f"{head} {{", *(f"    {line}" for line in lines), "}"] if lines else []


def _limit(type_: Type, limit: Limit | None, value: str, ref: str, at: str, secret: bool) -> list[str]:
    if limit is None:
        return []
    lines: list[str] = []
    if limit.pattern is not None:
        hidden = str(secret).lower()
        lines.append(f"limits.pattern(&{at}, {ref}, {hidden}, {_raw(limit.pattern)}, {text(limit.rule)});")
    if limit.minimum is not None or limit.maximum is not None or limit.excluded:
        number = f"i64::from({value})" if type_.kind == "enum" else value
        point = ".0" if type_.kind == "scalar" and type_.scalar is Scalar.NUMBER else ""
        least, most = (
            "std::option::Option::None" if bound is None else f"std::option::Option::Some({bound}{point})"
            for bound in (limit.minimum, limit.maximum)
        )
        excluded = ", ".join(f"{one}{point}" for one in limit.excluded)
        lines.append(f"limits.range(&{at}, {number}, {least}, {most}, &[{excluded}], {text(limit.rule)});")
    if limit.max_bytes is not None:
        held = f"{value.lstrip('*')}{'.0' if type_.scalar is Scalar.BYTES else ''}.len()"
        lines.append(f"limits.size(&{at}, {held}, {limit.max_bytes}, {text(limit.rule)});")
    return lines


def _raw(pattern: str) -> str:
    """A pattern as a literal, in which nothing is escaped."""
    marks = "#" * (1 + max((len(part) - len(part.lstrip("#")) for part in pattern.split('"')[1:]), default=0))
    return f'r{marks}"{pattern}"{marks}' if '"' in pattern else f'r"{pattern}"'


def _refined(service: Service, field: Field, value: str, at: str) -> list[str]:
    """Limits that the fields of a struct have here only."""
    held = "refined" if field.type.optional else value
    lines: list[str] = []
    for name, limit in field.refine:
        inner = next(one for one in service.struct(field.type.name).fields if one.name == name)
        place, own = f"{at}.key({text(inner.wire)})", f"{held}.{snake(inner.name)}"
        lines += _limit(inner.type, limit, own, f"&{own}", place, inner.secret)
    return (
        _block(f"if let std::option::Option::Some(refined) = &{value}", lines)
        if field.type.optional
        else lines
    )


def _among(service: Service, field: Field, value: str, at: str, path: str, wire: str) -> list[str]:
    """Texts inside the elements of a list, each of which some element must have as the value of a field."""
    assert field.type.item is not None
    struct = service.struct(field.type.item.name)
    own = next(inner for inner in struct.fields if inner.wire == wire)
    found, place, inner = "item", f"{at}.item(index)", own
    for step in path.split("."):
        inner = next(each for each in struct.fields if each.wire == step)
        found, place = f"{found}.{snake(inner.name)}", f"{place}.key({text(step)})"
        struct = service.struct(inner.type.name) if inner.type.kind == "struct" else struct
    rule = text(f"the {wire} of one of {field.wire}")
    if inner.type.kind == "list":
        call = [f"limits.among(&{place}.item(number), text, &known, {rule});"]
        call = _block(f"for (number, text) in {found}.iter().enumerate()", call)
    else:
        call = [f"limits.among(&{place}, &{found}, &known, {rule});"]
    known = f"{value}.iter().map(|one| one.{snake(own.name)}.as_str()).collect()"
    return [
        f"let known: std::collections::BTreeSet<&str> = {known};",
        *_block(f"for (index, item) in {value}.iter().enumerate()", call),
    ]
