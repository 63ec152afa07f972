"""What annotations that are text mean."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from colonyos_gen._values.losses import is_a


def meaning_of(text: str, names: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    """The value of an annotation, without parameters that only type checkers know, as those of `pandas.Series[float]`.

    Args:
        text: The annotation.
        names: The names of the module.
        own: Further names, which win.

    Raises:
        Exception: Whatever the text raises, often as it names what was imported for type checkers only.
    """
    module, local = dict(names), dict(own)
    try:
        return eval(text, module, local)
    except TypeError:  # such as: type 'Series' is not subscriptable
        plain = _Plain(module, local).visit(ast.parse(text, mode="eval"))
        return eval(compile(plain, "<annotation>", "eval"), module, local)


def _class_of(value: object) -> Any:
    return type(value)


class _Plain(ast.NodeTransformer):
    """Takes parameters away from classes that have none when the program runs."""

    def __init__(self, module: dict[str, Any], local: dict[str, Any]) -> None:
        self._module = module
        self._local = local

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        base: Any = eval(
            compile(ast.Expression(node.value), "<annotation>", "eval"), self._module, self._local
        )
        takes = hasattr(base, "__class_getitem__") or hasattr(_class_of(base), "__getitem__")
        return node.value if is_a(base, type) and not takes else node
