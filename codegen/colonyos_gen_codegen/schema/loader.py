"""Reads the files of a schema folder, and remembers where every value stands.

YAML is read as YAML 1.2 core: `no`, `12:30:45` and dates are plain text. Where PyYAML's YAML 1.1 would have read something
else the loader reports it, since editors and other tools may disagree about such a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from colonyos_gen_codegen.schema.findings import Finding, Position

Pointer = tuple[str | int, ...]
"""Path of a value inside its document: keys and list indices from the root."""

NO_HAZARDS: dict[str, Any] = {"description": "", "effects": {}, "hazards": {}}

_CORE_INT = re.compile(r"[-+]?[0-9]+")
_CORE_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CORE_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB]..)\\u([dD][c-fC-F]..)|.)")
_TAGS: dict[type, str] = {bool: "bool", int: "int", float: "float", type(None): "null", str: "str"}


@dataclass
class Document:
    """One file of the schema: its plain data and the position of every key and value."""

    file: str
    data: Any = None
    positions: dict[Pointer, Position] = field(default_factory=dict[Pointer, Position])

    def position(self, pointer: Pointer) -> Position:
        """Where `pointer` stands, or else the nearest enclosing value that is known."""
        while pointer and pointer not in self.positions:
            pointer = pointer[:-1]
        return self.positions.get(pointer, Position(self.file))


@dataclass
class Schema:
    """Every document of a schema folder, by path relative to that folder, and what went wrong while reading."""

    root: Path
    documents: dict[str, Document]
    findings: list[Finding]

    @property
    def manifest(self) -> Document:
        return self.documents["colonyos.yaml"]

    @property
    def hazards(self) -> Document:
        """The catalog of hazards, which a schema may do without."""
        return self.documents.get("hazards.yaml") or Document("hazards.yaml", NO_HAZARDS)

    def group(self, folder: str) -> Iterator[Document]:
        """The documents directly inside `folder`, in the order of their names."""
        for name in sorted(self.documents):
            if name.startswith(folder + "/"):
                yield self.documents[name]


def load(root: Path) -> Schema:
    """Read every schema file below `root` (`meta/` excepted). Problems become findings, never exceptions."""
    findings: list[Finding] = []
    documents: dict[str, Document] = {}
    paths = [path for path in root.rglob("*") if path.suffix in {".yaml", ".yml", ".json"} and path.is_file()]
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if name.startswith("meta/"):
            continue
        content = path.read_bytes().replace(b"\r\n", b"\n")
        documents[name] = read(name, content, findings)
    if "colonyos.yaml" not in documents:
        message = f"the service manifest is missing from {root.name}/; a schema folder needs one"
        findings.append(Finding(Position("colonyos.yaml"), "FILE_READS", message))
        documents["colonyos.yaml"] = Document("colonyos.yaml", {})
    return Schema(root, documents, findings)


def read(name: str, content: bytes, findings: list[Finding]) -> Document:
    """Parse one file; `name` is how findings call it."""
    document = Document(name)
    try:
        text = content.decode("utf-8")
        if name.endswith(".json"):
            text = _json_as_yaml(text)
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        findings.append(Finding(Position(name, line), "FILE_READS", "the file is not UTF-8"))
        return document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = Position(name, mark.line + 1, mark.column + 1) if mark else Position(name)
        findings.append(Finding(position, "FILE_READS", f"not readable as YAML: {error.problem}"))
        return document
    except yaml.YAMLError as error:
        findings.append(Finding(Position(name), "FILE_READS", f"not readable as YAML: {error}"))
        return document
    except RecursionError:
        findings.append(Finding(Position(name), "FILE_READS", "the values are nested too deeply"))
        return document
    if node is not None:
        try:
            document.data = _Builder(document, findings).build(node, ())
        except RecursionError:
            findings.append(Finding(Position(name), "FILE_READS", "the values are nested too deeply"))
    return document


def _json_as_yaml(text: str) -> str:
    """`text` with the two things that JSON allows and YAML does not: pairs of surrogates, and a bare DEL."""

    def escape(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        return f"\\U{(int(match[1], 16) - 0xD800 << 10) + int(match[2], 16) - 0xDC00 + 0x10000:08x}"

    return _JSON_ESCAPE.sub(escape, text).replace("\x7f", "\\x7f")


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Builder:
    """Turns YAML nodes into plain data, and writes down positions and findings on the way."""

    def __init__(self, document: Document, findings: list[Finding]) -> None:
        self._document = document
        self._findings = findings
        self._seen: dict[int, yaml.Node] = {}

    def build(self, node: yaml.Node, pointer: Pointer) -> Any:
        position = self._position(node)
        if id(node) in self._seen:
            # PyYAML hands out the same node for an anchor and its aliases.
            self._report(
                node, "NO_ALIAS", f"what stands here is used again at {_dotted(pointer)}; write it out there"
            )
            if isinstance(node, yaml.CollectionNode):  # it may hold itself
                return None
        self._seen[id(node)] = node
        self._document.positions.setdefault(pointer, position)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode):
            items: list[yaml.Node] = node.value
            return [self.build(item, (*pointer, index)) for index, item in enumerate(items)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> dict[str, Any]:
        result: dict[str, Any] = {}
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        for key_node, value_node in pairs:
            key = self.build(key_node, (*pointer, "<key>"))
            self._document.positions.pop((*pointer, "<key>"), None)
            if not isinstance(key, str):
                self._report(key_node, "KEY_IS_TEXT", f"the key {key!r} is not text; put it in quotes")
                key = str(key)
            if key in result:
                self._report(
                    key_node, "KEY_UNIQUE", f"the key '{key}' stands twice in this mapping; remove one"
                )
                continue
            self._document.positions[(*pointer, key)] = self._position(key_node)
            result[key] = self.build(value_node, (*pointer, key))
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.style not in (None, ""):  # plain scalars: None from the Python parser, "" from the C one
            return text
        value = _core(text)
        read_as = str(node.tag).rpartition(":")[2]
        if read_as != _TAGS[type(value)]:
            message = (
                f"{text!r} is {read_as} in YAML 1.1 and {_TAGS[type(value)]} in YAML 1.2; put it in quotes"
            )
            self._report(node, "YAML_PORTABLE", message)
        return value

    def _position(self, node: yaml.Node) -> Position:
        return Position(self._document.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _report(self, node: yaml.Node, rule: str, message: str) -> None:
        self._findings.append(Finding(self._position(node), rule, message))


def _dotted(pointer: Pointer) -> str:
    return ".".join(str(part) for part in pointer) or "the top"


def _core(text: str) -> Any:
    """The value of a plain scalar under the core schema of YAML 1.2."""
    if text in _CORE_WORDS:
        return _CORE_WORDS[text]
    if _CORE_INT.fullmatch(text):
        return int(text)
    if _CORE_FLOAT.fullmatch(text):
        return float(text)
    return text
