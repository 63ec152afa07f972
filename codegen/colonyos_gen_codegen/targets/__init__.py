"""The languages and documents that the model is rendered to, one folder each.

A target is a module in this folder with a docstring and a function `render(service, templates)` that returns the text
of every file it wants, by path relative to `generated/`. The registry finds it by its folder; nothing else needs to
change.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import jinja2

from colonyos_gen_codegen.model import Service


class Render(Protocol):
    """Renders a service with the templates of its own target."""

    def __call__(self, service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Target:
    """One registered target."""

    name: str
    summary: str
    render: Render


def registry() -> dict[str, Target]:
    """Every target, by name, in alphabetical order."""
    found: dict[str, Target] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        summary = (module.__doc__ or "").strip().partition("\n")[0]
        found[info.name] = Target(info.name, summary, module.render)
    return found
