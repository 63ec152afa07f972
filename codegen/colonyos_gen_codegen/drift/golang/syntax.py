"""Small questions to the syntax tree of a Go file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.surface import DriftError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parser() -> Parser:
    """A parser of Go.

    Raises:
        DriftError: tree-sitter or its grammar of Go is not installed.
    """
    try:
        import tree_sitter_go
        from tree_sitter import Language, Parser
    except ImportError as error:
        raise DriftError(
            f"reading Go needs {error.name or 'tree-sitter'}: pip install 'colonyos-gen[codegen]'"
        ) from error
    return Parser(Language(tree_sitter_go.language()))


def text(node: Node | None) -> str:
    """The source of `node`; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def line(node: Node) -> int:
    """The line on which it starts, from 1."""
    return node.start_point.row + 1


def children(node: Node | None, *types: str) -> list[Node]:
    """The named children of these types, or all of them."""
    if node is None:
        return []
    return [
        child
        for child in node.named_children
        if (not types or child.type in types) and child.type != "comment"
    ]


def field(node: Node | None, name: str) -> Node | None:
    """The child called `name`."""
    return node.child_by_field_name(name) if node else None


def below(node: Node, *types: str) -> Iterator[Node]:
    """All nodes of these types in `node`, itself included, in the order of the source."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type in types:
            yield current
        waiting.extend(reversed(current.named_children))


def unwrapped(node: Node | None) -> Node | None:
    """Without the parentheses around it, and the wrappers that some versions of the grammar put there."""
    while node is not None and node.type in (
        "parenthesized_expression",
        "parenthesized_type",
        "literal_element",
        "type_elem",
    ):
        inner = children(node)
        if len(inner) != 1:
            break
        node = inner[0]
    return node


def string(node: Node | None) -> str | None:
    """The text that a string literal stands for; None for anything else."""
    if node is None:
        return None
    if node.type == "raw_string_literal":
        return text(node)[1:-1].replace("\r", "")
    if node.type != "interpreted_string_literal":
        return None
    return _ESCAPE.sub(_unescaped, text(node)[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    for group, base in ((1, 16), (2, 16), (3, 16), (4, 8)):
        if found[group]:
            return chr(int(found[group], base))
    return _SHORT.get(found[5], found[5])


def arguments(call: Node) -> list[Node]:
    """The arguments of a call."""
    return children(field(call, "arguments"))


def called(call: Node) -> str:
    """The last name of what is called: `Register` of `registry.Register(...)`."""
    function = unwrapped(field(call, "function"))
    return (
        text(field(function, "field"))
        if function and function.type == "selector_expression"
        else text(function)
    )
