"""The statements that refuse a request before it is sent."""

from __future__ import annotations

from colonyos_gen_codegen.model import Field, Limit, Scalar, Service, Struct, Type
from colonyos_gen_codegen.targets.go.names import Names
from colonyos_gen_codegen.targets.go.spelling import is_pointer, pattern, reader, text


class Checks:
    """Writes the body of `check` of a struct, and collects the patterns in use."""

    def __init__(self, service: Service, names: Names) -> None:
        self._service = service
        self._names = names
        self.patterns: dict[str, str] = {}
        """Variable by pattern, as a literal."""
        self.sent = self._find_sent()
        """Names of the structs that stand in some request."""

    def _find_sent(self) -> set[str]:
        sent: set[str] = set()
        todo = [message.struct for message in self._service.messages if message.registered]
        while todo:
            for field in todo.pop().fields:
                for part in (*field.type.walk(), *(field.json.walk() if field.json else ())):
                    if part.kind == "struct" and part.name not in sent:
                        sent.add(part.name)
                        todo.append(self._service.struct(part.name))
        return sent

    def body(self, struct: Struct) -> str:
        """The statements, with a tab before each line."""
        lines: list[str] = []
        for field in struct.fields:
            value, at = f"v.{self._names.field(struct, field)}", f"at.key({text(field.wire)})"
            lines += self._value(field.type, value, at, field.secret, 0)
            lines += self._refined(field, value, at)
            if field.json is not None:
                name = self._names.type(field.json.name)
                lines.append(f"inText(c, {at}, {value}, {reader(field.json)}, (*{name}).check)")
            for path, wire in field.among:
                lines += self._among(field, value, at, path, wire, f"known{len(lines)}")
        return "".join(f"\t{line}\n" for line in lines)

    def _refined(self, field: Field, value: str, at: str) -> list[str]:
        lines: list[str] = []
        for name, limit in field.refine:
            struct = self._service.struct(field.type.name)
            inner = next(each for each in struct.fields if each.name == name)
            place = f"{at}.key({text(inner.wire)})"
            lines += self._limit(
                inner.type, limit, f"{value}.{self._names.field(struct, inner)}", place, inner.secret
            )
        if lines and is_pointer(field.type):
            return [f"if {value} != nil {{", *(f"\t{line}" for line in lines), "}"]
        return lines

    def _value(self, type_: Type, value: str, at: str, secret: bool, depth: int) -> list[str]:
        if type_.kind == "struct":
            call = f"{value}.check(c, {at})"
            return [f"if {value} != nil {{", f"\t{call}", "}"] if is_pointer(type_) else [call]
        if type_.kind in {"list", "map"}:
            return self._items(type_, value, at, secret, depth)
        if is_pointer(type_):
            inner = self._scalar(type_, f"*{value}", at, secret)
            return [f"if {value} != nil {{", *(f"\t{line}" for line in inner), "}"] if inner else []
        return self._scalar(type_, value, at, secret)

    def _items(self, type_: Type, value: str, at: str, secret: bool, depth: int) -> list[str]:
        assert type_.item is not None
        is_any = type_.item.kind == "scalar" and type_.item.scalar is Scalar.ANY
        if is_any and (type_.kind == "list" or type_.key is None):
            return [f"c.any{type_.kind.capitalize()}({at}, {value})"]
        number = str(depth + 1) if depth else ""
        item, index = f"item{number}", f"i{number}" if type_.kind == "list" else f"key{number}"
        place = f"{at}.item({index})" if type_.kind == "list" else f"{at}.key({index})"
        inner = self._value(type_.item, item, place, secret, depth + 1)
        if type_.kind == "list":
            return (
                [f"for {index}, {item} := range {value} {{", *(f"\t{line}" for line in inner), "}"]
                if inner
                else []
            )
        keys = self._value(type_.key or Type("scalar", Scalar.STRING), index, place, secret, depth + 1)
        held = [f"{item} := {value}[{index}]"] if inner else []
        body = [f"\t{line}" for line in (*keys, *held, *inner)]
        return [f"for _, {index} := range sorted({value}) {{", *body, "}"]

    def _scalar(self, type_: Type, value: str, at: str, secret: bool) -> list[str]:
        shown = "hidden" if secret else value
        lines: list[str] = []
        if type_.kind == "scalar" and type_.scalar is Scalar.STRING:
            lines.append(f"c.text({at}, {value}, {shown})")
        elif type_.kind == "scalar" and type_.scalar is Scalar.NUMBER:
            lines.append(f"c.number({at}, {value})")
        elif type_.kind == "scalar" and type_.scalar is Scalar.ANY:
            lines.append(f"c.any({at}, {value})")
        if type_.limit is not None:
            lines += self._limit(type_, type_.limit, value, at, secret)
        return lines

    def _limit(self, type_: Type, limit: Limit, value: str, at: str, secret: bool) -> list[str]:
        del type_
        shown = "hidden" if secret else value
        lines: list[str] = []
        if limit.pattern is not None:
            name = self.patterns.setdefault(pattern(limit), f"pattern{len(self.patterns) + 1}")
            lines.append(f"c.pattern({at}, {value}, {shown}, {name}, {text(limit.rule)})")
        tests: list[str] = []
        if limit.minimum is not None:
            tests.append(f"{value} < {limit.minimum}")
        if limit.maximum is not None:
            tests.append(f"{value} > {limit.maximum}")
        tests += [f"{value} == {number}" for number in limit.excluded]
        if limit.max_bytes is not None:
            tests.append(f"len({value}) > {limit.max_bytes}")
            shown = f"sizeOf({value})"
        if tests:
            refusal = f"c.refuse({at}, {shown}, {text(limit.rule)})"
            lines += [f"if {' || '.join(tests)} {{", f"\t{refusal}", "}"]
        return lines

    def _among(self, field: Field, value: str, at: str, path: str, wire: str, known: str) -> list[str]:
        """Texts inside the elements of a list, each of which some element must have as the value of a field."""
        assert field.type.item is not None
        struct = self._service.struct(field.type.item.name)
        own = next(inner for inner in struct.fields if inner.wire == wire)
        lines = [
            f"{known} := map[string]bool{{}}",
            f"for _, item := range {value} {{",
            f"\t{known}[item.{self._names.field(struct, own)}] = true",
            "}",
            f"for i, item := range {value} {{",
        ]
        found, place, inner = "item", f"{at}.item(i)", None
        for step in path.split("."):
            inner = next(each for each in struct.fields if each.wire == step)
            found, place = f"{found}.{self._names.field(struct, inner)}", f"{place}.key({text(step)})"
            struct = self._service.struct(inner.type.name) if inner.type.kind == "struct" else struct
        assert inner is not None
        rule, pad = text(f"the {wire} of one of {field.wire}"), "\t"
        if inner.type.kind == "list":
            lines.append(f"\tfor j, text := range {found} {{")
            found, place, pad = "text", f"{place}.item(j)", "\t\t"
        lines += [f"{pad}if !{known}[{found}] {{", f"{pad}\tc.refuse({place}, {found}, {rule})", f"{pad}}}"]
        if pad == "\t\t":
            lines.append("\t}")
        return [*lines, "}"]
