"""Advice about spec files: what the server would ignore, misread or refuse. Nothing here refuses anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from colonyos_gen_wire import FunctionSpec, WorkflowSpec
from colonyos_gen_wire.codec import read_as_server
from colonyos_gen_wire.shape import StructOf
from colonyos_gen_wire.terminal import visible

from colonyos_gen.spec_lint._json_tree import JsonError, Node, line_and_column, read_tree
from colonyos_gen.spec_lint._known_keys import key_problems
from colonyos_gen.spec_lint._nodes import node_problems

RULES = {
    "JSON_READS": "The file is JSON in UTF-8.",
    "VALUE_FITS": "Every value has the type that the server reads.",
    "KEY_IS_KNOWN": "Every key is one that the server knows; it ignores others without a word. Case does not matter.",
    "KEY_UNIQUE": "No key is in an object twice.",
    "FUNCTION_IS_NAMED": "Every function spec has a funcname.",
    "DEADLINE_IS_MEANT": "A deadline of 0 is no limit to the command line, but over at once to the server.",
    "NODE_IS_NAMED": "Every node of a workflow has a nodename.",
    "NODE_UNIQUE": "No two nodes of a workflow have the same nodename.",
    "DEPENDENCY_EXISTS": "Nodes depend on nodes of the same workflow.",
    "DEPENDENCY_UNIQUE": "No node depends on the same node twice.",
    "NO_CYCLE": "No node waits for itself, not even by way of others.",
}
"""What each rule advises; the ids are stable."""

Problems = Iterator[tuple[int, str, str]]
_PLACE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One piece of advice; as text it is `file:line:column RULE message`."""

    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1, in characters."""
    rule: str
    """Its id in `RULES`."""
    message: str

    def __str__(self) -> str:
        return visible(f"{self.file}:{self.line}:{self.column} {self.rule} {self.message}")


def lint_spec(path: str | Path, content: str | bytes | None = None) -> list[Finding]:
    """Advice about a spec file, in the order of its text; none if it is fine.

    Args:
        path: The file: a function spec, a list of them, which is a workflow, or an object with `functionspecs`.
        content: What is in it, so that it need not be read; `path` is only a name then.

    Raises:
        OSError: The file cannot be read.
    """
    raw = Path(path).read_bytes() if content is None else content
    try:
        text = raw if isinstance(raw, str) else raw.decode()
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        line, column = line_and_column(before, len(before))
        return [Finding(str(path), line, column, "JSON_READS", "this is not UTF-8")]
    try:
        tree = read_tree(text)
    except JsonError as error:
        found = [(error.offset, "JSON_READS", str(error))]
    else:
        found = list(_problems(tree))
    return sorted(
        Finding(str(path), *line_and_column(text, offset), rule, message) for offset, rule, message in found
    )


def _problems(tree: Node) -> Problems:
    listed = tree.get("functionspecs")
    if isinstance(tree.value, list) or listed is not None:
        if listed is not None:
            yield from _workflow_problems(tree, listed)
        specs = tree.items if listed is None else listed.items
        for spec in specs:
            yield from _function_problems(spec)
        yield from node_problems(specs)
    elif isinstance(tree.value, dict):
        yield from _function_problems(tree)
        yield from _deadline_problems(tree)
    else:
        yield tree.offset, "VALUE_FITS", "a spec file holds an object or a list"


def _workflow_problems(tree: Node, listed: Node) -> Problems:
    bare = Node(
        {member.key: member.node.value for member in tree.members if member.node is not listed}, tree.offset
    )
    bare.members = [member for member in tree.members if member.node is not listed]
    yield from key_problems(bare, StructOf(WorkflowSpec), WorkflowSpec)
    if not isinstance(listed.value, list | None):
        yield listed.offset, "VALUE_FITS", "functionspecs must be a list"
    yield from _type_problems(bare, WorkflowSpec)


def _function_problems(spec: Node) -> Problems:
    yield from key_problems(spec, StructOf(FunctionSpec), FunctionSpec)
    yield from _type_problems(spec, FunctionSpec)
    name = spec.get("funcname")
    if isinstance(spec.value, dict | None) and (name is None or name.value in ("", None)):
        yield (name or spec).offset, "FUNCTION_IS_NAMED", "a function spec needs a funcname"


def _type_problems(node: Node, type_: type[msgspec.Struct]) -> Problems:
    try:
        read_as_server(type_, node.value)
    except msgspec.ValidationError as error:
        message = str(error)
    else:
        return
    place = _PLACE.search(message)
    found = _at(node, place[1]) if place else node
    yield found.offset, "VALUE_FITS", message[: place.start()] if place else message


def _deadline_problems(spec: Node) -> Problems:
    """Of a single function: in workflows the server itself takes 0 for no limit."""
    value = spec.get("maxexectime")
    if value is not None and value.value == 0:
        yield (
            value.offset,
            "DEADLINE_IS_MEANT",
            "0 is no limit to the colonies command line and to from_file, but over at once to the server; write -1",
        )


def _at(node: Node, path: str) -> Node:
    """The value under a path such as `.conditions.nodes`, or the nearest one around it."""
    for step in _STEP.finditer(path):
        if step[1] is not None:
            inner = node.get(step[1])
        else:
            inner = node.items[int(step[2])] if int(step[2]) < len(node.items) else None
        if inner is None:
            break
        node = inner
    return node
