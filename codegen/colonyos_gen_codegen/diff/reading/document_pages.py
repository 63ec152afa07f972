"""A document, and how its parts are found."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from colonyos_gen_codegen.diff.nodes import Place
from colonyos_gen_codegen.schema.loader import Document, Pointer

SENT = "ToSend"
"""What the name of a definition ends in that adds limits to another one."""


class Pages:
    """A document of which all definitions stand under one path."""

    def __init__(self, document: Document, file: str, home: tuple[str, ...]) -> None:
        self._document = document
        self._file = file
        self.home = home

    @property
    def data(self) -> dict[str, Any]:
        """The whole document."""
        data: dict[str, Any] = self._document.data
        return data

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """The types and requests by name, without those that add limits to others."""
        return {name: each for name, each in self.all.items() if self.plain(name) == name and name != "Time"}

    @cached_property
    def all(self) -> dict[str, Any]:
        """All definitions by name."""
        found: dict[str, Any] = self.data
        for key in self.home:
            found = found[key]
        return found

    def plain(self, name: str) -> str:
        """The name of a definition without what it ends in where limits are added."""
        if "x-of" in self.all.get(name, {}):
            return str(self.all[name]["x-of"])
        shorter = name.removesuffix(SENT)  # documents from before x-of
        return shorter if shorter in self.all else name

    def referred(self, ref: str) -> str:
        """The definition that `$ref` means."""
        return self.plain(ref.rpartition("/")[2])

    def place(self, pointer: Pointer) -> Place:
        """Where a part of the document stands."""
        position = self._document.position(pointer)
        return Place(self._file, position.line, position.column)
