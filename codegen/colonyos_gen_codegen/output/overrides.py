"""Templates of somebody's own, which win over those of the targets, and must be of use."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

import jinja2


class OverrideError(Exception):
    """A template of somebody's own is read by nothing; names it, and what may have been meant."""


class Overrides:
    """A folder with `TARGET/NAME`, a template each, for the templates of `targets`, whose folders are given by name."""

    def __init__(self, folder: Path, targets: Mapping[str, Path]) -> None:
        self._folder = folder
        self._targets = targets
        self._loaders: dict[str, _Noting] = {}

    def loader(self, target: str) -> jinja2.BaseLoader:
        """What reads the templates for one target, and notes which are read."""
        return self._loaders.setdefault(target, _Noting(self._folder / target))

    def require_use(self) -> None:
        """Raise `OverrideError` unless each file was read, or is for a target that was not asked for."""
        files = sorted(
            path.relative_to(self._folder)
            for path in self._folder.rglob("*")
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(self._folder).parts)
        )
        problems = [problem for file in files if (problem := self._problem(file))]
        if not files:
            problems = [f"{self._folder}: there is no template in it; they go by TARGET/NAME"]
        if problems:
            raise OverrideError("; ".join(problems))

    def _problem(self, file: Path) -> str:
        target, *rest = file.parts
        if target not in self._targets or not rest:
            return f"{self._folder / file}: there is no target {target!r}{_meant(target, self._targets)}"
        name = "/".join(rest)
        if target not in self._loaders or name in self._loaders[target].read:
            return ""
        own = self._targets[target]
        templates = [path.relative_to(own).as_posix() for path in own.rglob("*") if path.is_file()]
        return f"{self._folder / file}: target {target!r} reads no template {name!r}{_meant(name, templates)}"


class _Noting(jinja2.FileSystemLoader):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.read: set[str] = set()

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        found = super().get_source(environment, template)
        self.read.add(template)
        return found


def _meant(name: str, known: Mapping[str, Path] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known)) or 'none'}"
