"""Types of Go as JSON shows them: tags, embedded structs, pointers, generic types, and methods that write JSON."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.program import File, Package, Program, TypeDecl
from colonyos_gen_codegen.drift.golang.syntax import children, string, text, unwrapped
from colonyos_gen_codegen.drift.golang.syntax import field as part
from colonyos_gen_codegen.drift.surface import Field, Kind, Shape, Struct

if TYPE_CHECKING:
    from tree_sitter import Node

_PLAIN: dict[str, Kind] = {
    "string": "string", "bool": "boolean", "float32": "number", "float64": "number", "any": "any", "error": "any",
    **dict.fromkeys(("int", "int8", "int16", "int32", "int64", "rune"), "integer"),
    **dict.fromkeys(("uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte"), "integer"),
}  # fmt: skip
_FOREIGN: dict[tuple[str, str], Kind] = {
    ("time", "Time"): "time",
    ("time", "Duration"): "integer",
    ("encoding/json", "RawMessage"): "any",
    ("encoding/json", "Number"): "number",
}
_WRITERS = ("MarshalJSON", "MarshalText")
_TAG = re.compile(r'(?:^|\s)json:"((?:[^"\\]|\\.)*)"')
_KEY = re.compile(r"[\w!#$%&()*+\-./:;<=>?@\[\]^{|}~ ]+")
"""What Go takes for a key."""
_WORDS = re.compile(r"\w+")
_DEEPEST = 12


@dataclass(frozen=True)
class TypeRef:
    """A type as it is written in a file, with what the parameters of a generic type stand for there."""

    node: Node
    file: File
    bound: tuple[tuple[str, TypeRef], ...] = ()

    def parameter(self, name: str) -> TypeRef | None:
        """What the parameter called `name` stands for."""
        return dict(self.bound).get(name)


def bare(ref: TypeRef) -> TypeRef:
    """Without pointers and parentheses, and with the parameters of generic types filled in."""
    while True:
        node = unwrapped(ref.node)
        if node is not None and node.type == "pointer_type":
            ref = TypeRef(node.named_children[0], ref.file, ref.bound)
            continue
        if node is not None and node.type == "type_identifier":
            filled = ref.parameter(text(node))
            if filled is not None:
                ref = filled
                continue
        return TypeRef(node, ref.file, ref.bound) if node is not None else ref


def declared(program: Program, ref: TypeRef) -> tuple[TypeDecl, TypeRef] | None:
    """The named type that `ref` is, and its meaning with parameters filled in; None for other types."""
    ref = bare(ref)
    node, given = ref.node, list[TypeRef]()
    if node.type == "generic_type":
        given = [TypeRef(child, ref.file, ref.bound) for child in children(part(node, "type_arguments"))]
        inner = part(node, "type")
        node = inner if inner is not None else node
    package: Package | str | None = ref.file.package
    name = text(node)
    if node.type == "qualified_type":
        package = program.imported(ref.file, text(part(node, "package")))
        name = text(part(node, "name"))
    elif node.type != "type_identifier":
        return None
    found = program.type(package, name) if isinstance(package, Package) else None
    if found is None:
        return None
    bound = tuple(zip(found.parameters, given, strict=False))
    return found, TypeRef(found.node, found.file, bound)


@dataclass
class Reader:
    """Makes shapes of types, and remembers the structs in them."""

    program: Program
    structs: dict[str, Struct] = field(default_factory=dict[str, Struct])
    enums: dict[str, set[tuple[str, str]]] = field(default_factory=dict[str, set[tuple[str, str]]])
    """For each struct, the named types of its plain values (pairs of folder and name)."""
    _named: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _path: list[str] = field(default_factory=list[str])
    """The struct and the fields on the way, of which a struct without a name gets one."""

    def shape(self, ref: TypeRef, depth: int = 0) -> Shape:
        """What a value of this type looks like in JSON."""
        node = unwrapped(ref.node)
        if node is None or depth > _DEEPEST:
            return Shape("unreadable")
        match node.type:
            case "pointer_type":
                inner = self.shape(TypeRef(node.named_children[0], ref.file, ref.bound), depth + 1)
                return Shape(inner.kind, inner.item, inner.struct, nullable=True, enum=inner.enum)
            case "slice_type" | "array_type" | "implicit_length_array_type":
                element = part(node, "element")
                item = (
                    self.shape(TypeRef(element, ref.file, ref.bound), depth + 1) if element else Shape("any")
                )
                octets = node.type == "slice_type" and text(element) in ("byte", "uint8")
                return Shape("bytes") if octets else Shape("list", item)
            case "map_type":
                value = part(node, "value")
                return Shape(
                    "map", self.shape(TypeRef(value, ref.file, ref.bound), depth + 1) if value else None
                )
            case "interface_type":
                return Shape("any")
            case "struct_type":
                where = f"{ref.file.path}:{node.start_point.row + 1}:{node.start_point.column}"
                return Shape("struct", struct=self._struct(where, "".join(self._path), ref, node))
            case "type_identifier" | "qualified_type" | "generic_type":
                return self._named_shape(ref, node, depth)
            case _:
                return Shape("unreadable")

    def _named_shape(self, ref: TypeRef, node: Node, depth: int) -> Shape:
        if node.type == "type_identifier":
            filled = ref.parameter(text(node))
            if filled is not None:
                return self.shape(filled, depth + 1)
        found = declared(self.program, ref)
        if found is None:
            return Shape(self._foreign(ref, node))
        decl, meaning = found
        if decl.alias:
            return self.shape(meaning, depth + 1)
        writer = self.writer(decl)
        target = unwrapped(decl.node)
        if target is not None and target.type == "struct_type":
            arguments = [text(argument.node) for _, argument in meaning.bound]
            name = decl.name + "".join(word for argument in arguments for word in _WORDS.findall(argument))
            id = f"{decl.file.package.folder}.{decl.name}{arguments or ''}"
            return Shape("struct", struct=self._struct(id, name, meaning, target, writer))
        if writer:
            return Shape("unreadable")
        shape = self.shape(meaning, depth + 1)
        if shape.item is None and shape.kind in ("string", "integer"):
            self._named.add((decl.file.package.folder, decl.name))
            return Shape(shape.kind, enum=decl.name)
        return shape

    def _foreign(self, ref: TypeRef, node: Node) -> Kind:
        if node.type == "type_identifier":
            return _PLAIN.get(text(node), "unreadable")
        package = self.program.imported(ref.file, text(part(node, "package")))
        return (
            _FOREIGN.get((package, text(part(node, "name"))), "unreadable")
            if isinstance(package, str)
            else "unreadable"
        )

    def writer(self, decl: TypeDecl) -> str:
        """The method with which a type writes its JSON by itself; empty for none."""
        return next((name for name in _WRITERS if (decl.name, name) in decl.file.package.methods), "")

    def _struct(self, id: str, name: str, ref: TypeRef, node: Node, writer: str = "") -> str:
        if id not in self.structs:
            place = ref.file.place(node)
            self.structs[id] = Struct(id, name, (), place, writer)  # first, since a struct may hold itself
            before, self._named = self._named, set()
            path, self._path = self._path, [name]
            fields = tuple(self._fields(ref, node).values())
            unreadable = writer or self._writer_inside(ref, node)
            self.structs[id] = Struct(id, name, fields, place, unreadable)
            self.enums[id], self._named = self._named, before
            self._path = path
        return id

    def _writer_inside(self, ref: TypeRef, node: Node) -> str:
        """The method that an embedded type lends to the struct around it."""
        for entry in children(children(node, "field_declaration_list")[0], "field_declaration"):
            if part(entry, "name") is None and not _tag(entry):
                kind = part(entry, "type")
                found = declared(self.program, TypeRef(kind, ref.file, ref.bound)) if kind else None
                if kind and found is None and self._may_be_unread(TypeRef(kind, ref.file, ref.bound)):
                    return f"{text(kind)}, which stands in it, is in no file that could be read"
                if found and self.writer(found[0]):
                    return f"{self.writer(found[0])} of {found[0].name}"
        return ""

    def _may_be_unread(self, ref: TypeRef) -> bool:
        """Whether a type without a declaration may have one in a file that could not be read."""
        node = bare(ref).node
        node = part(node, "type") or node
        if node.type == "qualified_type":
            package = self.program.imported(ref.file, text(part(node, "package")))
            ours = (
                isinstance(package, Package) or package.startswith(f"{self.program.module}/")
                if package
                else False
            )
        else:
            ours = text(node) not in _PLAIN
        return bool(self.program.unread) and ours

    def _fields(self, ref: TypeRef, node: Node, depth: int = 0) -> dict[str, Field]:
        own: dict[str, Field] = {}
        lent: dict[str, Field] = {}
        twice: set[str] = set()
        tagged: Counter[str] = Counter()
        for entry in children(children(node, "field_declaration_list")[0], "field_declaration"):
            kind = part(entry, "type")
            key, *options = _tag(entry).split(",")
            if kind is None or (key == "-" and not options):
                continue
            key = key if _KEY.fullmatch(key) else ""  # which is no key for Go
            if text(kind).lstrip("*").startswith("sync.") and not key and part(entry, "name") is None:
                continue  # embedded, and all of it is hidden
            names = [name for name in entry.children_by_field_name("name") if name.is_named]
            if not names and not key:
                promoted = self._promoted(TypeRef(kind, ref.file, ref.bound), depth)
                if promoted is not None:
                    twice |= set(lent) & set(promoted)  # in Go two of the same depth cancel each other
                    lent |= promoted
                    continue
            for name in [text(name) for name in names] or [text(kind).lstrip("*").rpartition(".")[2]]:
                if not name[0].isupper():
                    continue
                self._path.append(name)
                shape = self.shape(TypeRef(kind, ref.file, ref.bound))
                self._path.pop()
                if "string" in options and shape.kind in ("integer", "number", "boolean"):
                    shape = Shape("string", nullable=shape.nullable)
                omitted = "omitempty" in options and not (
                    shape.kind in ("struct", "time") and not shape.nullable
                )
                at = ref.file.place(entry)
                tagged[key] += 1
                if name in own and not key and tagged[name]:
                    continue
                own[key or name] = Field(key or name, name, shape, at, omitted or "omitzero" in options)
        for key, times in tagged.items():
            if key and times > 1:  # in Go they cancel each other, and what is embedded stays hidden
                del own[key]
                twice.add(key)
        return {key: entry for key, entry in lent.items() if key not in twice} | own

    def _promoted(self, ref: TypeRef, depth: int) -> dict[str, Field] | None:
        """The fields of an embedded struct; None for what is no struct, and is a field like any other."""
        found = declared(self.program, ref)
        target = unwrapped(found[0].node) if found else None
        while (
            found
            and target is not None
            and target.type in ("type_identifier", "qualified_type", "generic_type")
        ):
            found = declared(self.program, found[1])
            target = unwrapped(found[0].node) if found else None
        if found is None or target is None or target.type != "struct_type" or depth > _DEEPEST:
            return None
        return self._fields(found[1], target, depth + 1)


def _tag(entry: Node) -> str:
    found = _TAG.search(string(part(entry, "tag")) or "")
    return found[1] if found else ""
