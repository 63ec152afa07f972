"""Python read as a tree."""

from __future__ import annotations

import ast
import gc


def parse(text: str) -> ast.Module:
    """The tree of a module. Raises SyntaxError.

    Python 3.11 raises SystemError instead if the garbage collector runs meanwhile and calls something
    (https://github.com/python/cpython/issues/106905), which it may wherever this is not a program of its own.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_enabled:
            gc.enable()
