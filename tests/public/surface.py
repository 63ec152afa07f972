"""What can be seen from outside: public modules, their names, and what stands in a signature."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from enum import EnumType
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import colonyos_gen

PACKAGE = "colonyos_gen"
SPELT_OUT = ("colonyos_gen_wire.submission", "colonyos_gen_wire.stubs_")
"""Where the generated methods are that classes of this package inherit."""
PLAIN = (str, int, float, bytes, type(None), tuple)
MADE_BY = {
    "AsyncChannelStream": "AsyncClient.subscribe_channel",
    "AsyncProcessHandle": "AsyncSession.submit",
    "AsyncStream": "clients and handles",
    "AsyncWorkflowHandle": "AsyncSession.submit",
    "ChannelStream": "Client.subscribe_channel",
    "Context": "a worker",
    "Fault": "Faults",
    "Faults": "LocalColony",
    "FunctionLookupError": "sessions",
    "Hazards": "a server",
    "LocalExecutor": "LocalColony.add_executor",
    "LocalUser": "LocalColony.add_user",
    "Occurrence": "a server",
    "OutgoingCall": "a client",
    "OutputMismatch": "handles",
    "ProcessCancelled": "handles",
    "ProcessFailed": "handles",
    "ProcessHandle": "Session.submit",
    "ProcessRun": "a worker",
    "RemovalRefused": "handles",
    "Removed": "Session.remove_all_processes",
    "Stream": "clients and handles",
    "Task": "Workflow.task",
    "TextWriter": "Context.stream",
    "WaitTimeout": "handles",
    "WorkflowHandle": "Session.submit",
}
"""Classes that users get and do not make; their constructors are promised to nobody."""


def public_modules(package: ModuleType = colonyos_gen) -> Iterator[str]:
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
    """What it exports."""
    return sorted(set(module.__all__))


def is_ours(value: object) -> bool:
    """Whether it is written by hand in this package."""
    module: str = getattr(value, "__module__", "") or ""
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def signature(value: Any) -> str:
    """How it is called; defaults that are objects, such as the environment of this process, are left out."""
    if isinstance(value, EnumType):  # Python's own, and other words in each release
        return f"({', '.join(value.__members__)})"
    if inspect.isclass(value) and value.__name__ in MADE_BY:
        return f" (made by {MADE_BY[value.__name__]})"
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(…)"
    shown = [
        each if isinstance(each.default, PLAIN) or each.default is each.empty else each.replace(default=...)
        for each in found.parameters.values()
    ]
    return str(found.replace(parameters=shown))


def bases(cls: type) -> str:
    """The classes that it is one of, those apart that only this package knows."""
    return ", ".join(
        base.__name__
        for base in cls.__mro__[1:]
        if base is not object and not (is_ours(base) and is_hidden(base))
    )


def is_hidden(cls: type) -> bool:
    """Whether no public module exports it."""
    modules = [import_module(name) for name in public_modules()]
    return not any(cls.__name__ in each.__all__ and getattr(each, cls.__name__) is cls for each in modules)


def members(cls: type) -> Iterator[str]:
    """Its public methods, properties and attributes, also those of private bases of this package."""
    seen: set[str] = set()
    for owner in cls.__mro__:
        if not is_ours(owner) and not owner.__module__.startswith(SPELT_OUT):
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
        for name in attributes(owner):
            if name not in seen:
                seen.add(name)
                yield f"    {name}"


def attributes(cls: type) -> list[str]:
    """What its `__init__` sets on itself, and is no secret; also fields that are declared only."""
    declared = [name for name in inspect.get_annotations(cls) if not name.startswith("_")]
    if "__init__" not in vars(cls):
        return declared
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(vars(cls)["__init__"])))
    except (OSError, TypeError):  # made by a decorator, from fields that are declared
        return declared
    return declared + [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and not node.attr.startswith("_")
    ]
