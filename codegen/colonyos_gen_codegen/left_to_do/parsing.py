"""Python read as a tree."""

from __future__ import annotations

import ast
import gc


def parse(text: str) -> ast.Module:
    """The tree of a module. Raises SyntaxError.

    Python 3.11 raises SystemError instead if the garbage collector runs meanwhile and what it calls parses something, too,
    as writing a traceback does (https://github.com/python/cpython/issues/106905).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_enabled:
            gc.enable()
