"""The languages and documents that the model is rendered to, one folder each.

A target is a folder with a module `__init__.py`, which has a docstring and a function `render(service, templates)`, and with
its templates in `templates/`. `render` returns the text of every file it wants, by path relative to the output. Its name is
that of the folder. The registry finds the folders beside this file, those of other distributions by their entry points, and
those that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colonyos_gen_codegen.targets.finding import (
    ENTRY_POINTS,
    Render,
    Target,
    TargetError,
    TargetFailedError,
    beside,
    in_folder,
    installed,
)

__all__ = ["ENTRY_POINTS", "Render", "Target", "TargetError", "TargetFailedError", "registry"]


def registry(folders: Sequence[Path] = ()) -> dict[str, Target]:
    """Every target, by name, in alphabetical order: the built-in ones, those of entry points, and those in `folders`.

    Raises:
        TargetError: One of them is no target, or two have one name.
    """
    found: dict[str, Target] = {}
    for target in (*beside(__path__, __name__), *installed(), *(in_folder(each) for each in folders)):
        if target.name in found:
            other = found[target.name]
            raise TargetError(
                f"two targets are called {target.name!r}: {other.origin} and {target.origin}; rename one of them"
            )
        found[target.name] = target
    return {name: found[name] for name in sorted(found)}
