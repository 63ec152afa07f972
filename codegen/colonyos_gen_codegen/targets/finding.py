"""Finds targets: built-in ones, those of other distributions, and folders that somebody names."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import jinja2

from colonyos_gen_codegen.model import Service

ENTRY_POINTS = "colonyos_gen.targets"
"""The group in which a distribution offers targets: the name of each, and its module."""


class Render(Protocol):
    """Renders a service with the templates of its own target."""

    def __call__(self, service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]: ...


class TargetError(Exception):
    """Something that should be a target is none; says what it lacks."""


class TargetFailedError(TargetError):
    """A target failed while it rendered, or made something else than texts; says where."""


@dataclass(frozen=True)
class Target:
    """One registered target."""

    name: str
    summary: str
    """The first line of its docstring."""
    render: Render
    templates: Path
    """The folder of its templates; it need not exist."""
    origin: str
    """Where it comes from, for people."""


def beside(path: Iterable[str], package: str) -> Iterator[Target]:
    """The folders with a module in `path`, which is that of `package`."""
    for info in pkgutil.iter_modules(path):
        if info.ispkg:
            module = importlib.import_module(f"{package}.{info.name}")
            yield _target(info.name, module, "built in")


def installed() -> Iterator[Target]:
    """What other distributions offer by entry points; what is none says so when it is asked to render."""
    for entry in entry_points(group=ENTRY_POINTS):
        origin = f"entry point {entry.value!r} of {_distribution(entry)}"
        try:
            yield _target(entry.name, _loaded(entry, origin), origin)
        except TargetError as error:
            yield Target(entry.name, f"cannot be used: {error}", _refusing(str(error)), Path(), origin)


def _loaded(entry: EntryPoint, origin: str) -> ModuleType:
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:  # whatever the module of somebody else raises
        raise TargetError(f"target {entry.name!r}, {origin}: {type(error).__name__}: {error}") from error
    if not isinstance(module, ModuleType):
        raise TargetError(f"target {entry.name!r}, {origin}: it must name a module")
    return module


def _refusing(problem: str) -> Render:
    def render(_service: Service, _templates: jinja2.Environment, /) -> Mapping[str, str]:
        raise TargetError(problem)

    return render


def in_folder(folder: Path) -> Target:
    """The target in a folder. Raises `TargetError`."""
    file = folder / "__init__.py"
    if not file.is_file():
        raise TargetError(
            f"target folder {folder}: there is no {file.name} in it; it needs one with a docstring and"
            " a function render(service, templates)"
        )
    name = folder.resolve().name
    imported = f"colonyos_gen_target_{name}"
    spec = importlib.util.spec_from_file_location(imported, file, submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[imported] = module  # for the imports of its own modules
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the module of somebody else raises
        del sys.modules[imported]
        raise TargetError(f"target folder {folder}: {type(error).__name__}: {error}") from error
    return _target(name, module, f"folder {folder}")


def _target(name: str, module: ModuleType, origin: str) -> Target:
    render = getattr(module, "render", None)
    if not callable(render):
        raise TargetError(f"target {name!r}, {origin}: it has no function render(service, templates)")
    summary = (module.__doc__ or "").strip().partition("\n")[0]
    if not summary:
        raise TargetError(f"target {name!r}, {origin}: it has no docstring, which says what it makes")
    templates = Path(module.__file__ or name).parent / "templates"
    return Target(name, summary, cast(Render, render), templates, origin)


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unknown distribution"
