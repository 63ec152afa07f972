"""What this package promises: every public name with its signature, so that a change of it is seen in review.

After a change that is meant, write the list anew, read what changed in it, and say it in CHANGELOG:

    UPDATE_EXPECTED=1 python -m pytest tests/public

What comes from the schema (`colonyos_gen_wire`) is not repeated here: the schema is its list.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
from collections.abc import Iterator
from enum import EnumType
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import colonyos_gen

LIST = Path(__file__).parent / "names.txt"
PACKAGE = "colonyos_gen"
SPELT_OUT = "colonyos_gen_wire.submission"
"""Generated methods that are given to classes of this package."""
PLAIN = (str, int, float, bytes, type(None), tuple)


def public_modules(package: ModuleType) -> Iterator[str]:
    """The modules without an underscore on the way to them; command lines are told by their `--help`."""
    yield package.__name__
    for found in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{found.name}"
        if found.name.startswith("_") or found.name in {"cli", "demo"}:
            continue
        if found.ispkg:
            yield from public_modules(import_module(name))
        else:
            yield name


def public_names(module: ModuleType) -> list[str]:
    """What it exports: `__all__`, or whatever it defines itself without an underscore."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    )


def is_ours(value: object) -> bool:
    module: str = getattr(value, "__module__", "") or ""
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def signature(value: Any) -> str:
    """How it is called; defaults that are objects, such as the environment of this process, are left out."""
    if isinstance(value, EnumType):  # Python's own, and other words in each release
        return f"({', '.join(value.__members__)})"
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(…)"
    shown = [
        each if isinstance(each.default, PLAIN) or each.default is each.empty else each.replace(default=...)
        for each in found.parameters.values()
    ]
    return str(found.replace(parameters=shown))


def members(cls: type) -> Iterator[str]:
    """Its public methods and properties, also those of private bases of this package."""
    seen: set[str] = set()
    for owner in cls.__mro__:
        if not is_ours(owner) and owner.__module__ != SPELT_OUT:
            continue
        for name, value in vars(owner).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            function: Any = getattr(value, "__func__", value)
            if isinstance(function, FunctionType):
                awaited = "async " if inspect.iscoroutinefunction(function) else ""
                yield f"    {awaited}{name}{signature(function)}"
            else:
                yield f"    {name}"


def lines() -> Iterator[str]:
    for modulename in public_modules(colonyos_gen):
        module = import_module(modulename)
        yield modulename
        for name in public_names(module):
            value = getattr(module, name)
            if not is_ours(value):
                continue
            if value.__module__ != modulename and not value.__module__.rpartition(".")[2].startswith("_"):
                home = value.__module__
                if not any(part.startswith("_") for part in home.split(".")) and home != PACKAGE:
                    yield f"  {name} = {home}.{name}"
                    continue
            yield f"  {name}{signature(value) if callable(value) else ''}"
            if inspect.isclass(value):
                yield from sorted(members(value))
        yield ""


def test_public_names_are_as_reviewed() -> None:
    found = "\n".join(lines())
    if os.environ.get("UPDATE_EXPECTED"):
        LIST.write_text(found, encoding="utf-8")
    assert found.splitlines() == LIST.read_text(encoding="utf-8").splitlines(), "see the top of this file"
