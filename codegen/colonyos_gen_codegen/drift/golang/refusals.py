"""The texts with which a handler refuses, as far as they are written down in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from colonyos_gen_codegen.drift.golang.inference import Scope
from colonyos_gen_codegen.drift.golang.syntax import arguments, below, called, field, string, text, unwrapped
from colonyos_gen_codegen.drift.surface import Text

if TYPE_CHECKING:
    from tree_sitter import Node

HOLE = "{}"
"""What stands in a text for something that is only known when it is sent."""
_VERB = re.compile(r"%[-+# 0]*[\d.]*[a-zA-Z]")
_DEEPEST = 6


def refusals(scope: Scope, body: Node) -> tuple[Text, ...]:
    """The texts of `errors.New(...)` and `fmt.Errorf(...)` in `body`, each once."""
    found: dict[str, Text] = {}
    for call in below(body, "call_expression"):
        function = text(field(call, "function"))
        given = arguments(call)
        if function not in ("errors.New", "fmt.Errorf") or not given:
            continue
        told = _written(scope, unwrapped(given[0]), 0)
        if called(call) == "Errorf":
            told = _VERB.sub(HOLE, told.replace("%%", "%"))
        if told.replace(HOLE, "").strip():
            found.setdefault(told, Text(told, scope.file.place(call)))
    return tuple(found.values())


def _written(scope: Scope, node: Node | None, depth: int) -> str:
    """A text with a hole for each part that is not written down."""
    literal = string(node)
    if literal is not None:
        return literal
    if node is None or depth > _DEEPEST:
        return HOLE
    if node.type == "binary_expression" and text(field(node, "operator")) == "+":
        parts = (_written(scope, unwrapped(field(node, side)), depth + 1) for side in ("left", "right"))
        return "".join(parts).replace(HOLE + HOLE, HOLE)
    if node.type == "identifier":
        known = scope.bound(text(node), node.start_byte)
        if known and known.value is not None and not known.parameter:
            return _written(scope, unwrapped(known.value), depth + 1)
    return HOLE
