"""What this package promises: every public name with its signature, so that a change of it is seen in review.

After a change that is meant, write the list anew, read what changed in it, and say it in CHANGELOG:

    UPDATE_EXPECTED=1 python -m pytest tests/public

Types and constants of the schema (`colonyos_gen_wire`) are here by name only: the schema says what they are. The calls and
options that it gives to clients and sessions are here with their signatures, since they are how people use it.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import colonyos_gen_wire

import colonyos_gen

from .surface import (
    MADE_BY,
    PACKAGE,
    bases,
    is_hidden,
    is_ours,
    members,
    public_modules,
    public_names,
    signature,
)

LIST = Path(__file__).parent / "names.txt"


def lines() -> Iterator[str]:
    for modulename in public_modules():
        module = import_module(modulename)
        yield modulename
        for name in public_names(module):
            yield from described(modulename, name, getattr(module, name))
        yield ""


def described(modulename: str, name: str, value: Any) -> Iterator[str]:
    if name in colonyos_gen_wire.__all__ and value is getattr(colonyos_gen_wire, name):
        yield f"  {name} = colonyos_gen_wire.{name}"
        return
    home: str = getattr(value, "__module__", "") or ""
    if home.startswith("colonyos_gen_wire"):
        yield f"  {name} of colonyos_gen_wire"
        return
    if not is_ours(value):
        yield f"  {name}: {of_what_kind(value)}"
        return
    if home not in (modulename, PACKAGE) and not any(part.startswith("_") for part in home.split(".")):
        yield f"  {name} = {home}.{name}"
        return
    yield f"  {name}{signature(value) if callable(value) else f': {type(value).__name__}'}"
    if inspect.isclass(value):
        if shown := bases(value):
            yield f"    is {shown}"
        yield from sorted(members(value))


def of_what_kind(value: object) -> str:
    """A constant by its type and, if that is short, its value; an alias by what it stands for."""
    if isinstance(value, str | int | float):
        return f"{type(value).__name__} = {value!r}"
    if isinstance(value, Collection):
        return type(cast(object, value)).__name__
    return re.sub(r"colonyos_gen(\.\w+)*\.", "", str(value))


def test_public_names_are_as_reviewed() -> None:
    found = "\n".join(lines())
    if os.environ.get("UPDATE_EXPECTED"):
        LIST.write_text(found, encoding="utf-8")
    assert found.splitlines() == LIST.read_text(encoding="utf-8").splitlines(), "see the top of this file"


def test_each_public_module_says_what_it_exports() -> None:
    assert [name for name in public_modules() if not hasattr(import_module(name), "__all__")] == []


def importable() -> set[str]:
    """What a user can import by that name, from here or from elsewhere."""
    return {name for modulename in public_modules() for name in public_names(import_module(modulename))}


def annotated(cls: type) -> Iterator[tuple[str, Any]]:
    if cls.__name__ not in MADE_BY:
        yield cls.__name__, cls
    for owner in cls.__mro__:
        if is_ours(owner):
            for name, value in vars(owner).items():
                if not name.startswith("_"):
                    yield f"{cls.__name__}.{name}", getattr(value, "fget", getattr(value, "__func__", value))


def words(function: Any) -> set[str]:
    """The names in its annotations, text in `Literal` apart."""
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return set()
    given = [each.annotation for each in found.parameters.values()] + [found.return_annotation]
    texts = [re.sub(r"""(['"]).*?\1""", "", text) for text in map(str, given)]
    return {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}


def test_signatures_use_types_that_can_be_imported() -> None:
    known = importable()
    hidden: set[str] = set()
    for modulename in public_modules():
        module = import_module(modulename)
        for name in public_names(module):
            value = getattr(module, name)
            if not is_ours(value) or not callable(value):
                continue
            for where, function in annotated(value) if inspect.isclass(value) else [(name, value)]:
                scope: ModuleType | None = (
                    inspect.getmodule(inspect.unwrap(function)) if callable(function) else None
                )
                for word in words(function) - known if scope is not None else ():
                    meant = vars(scope).get(word)
                    if word.startswith("_") or (is_ours(meant) and is_hidden_type(meant)):
                        hidden.add(f"{where}: {word}")
    assert sorted(hidden) == []


def is_hidden_type(value: object) -> bool:
    return inspect.isclass(value) and is_hidden(value)


def test_what_users_do_not_make_is_there() -> None:
    assert set(MADE_BY) <= importable()
    assert all(inspect.isclass(getattr(colonyos_gen, name, type)) for name in MADE_BY)
