"""What all readers of schema files share: places, lifetimes, acceptances."""

from __future__ import annotations

import json
from typing import Any

from colonyos_gen_codegen.diff.nodes import Acceptance, Node, Place
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part

LIFETIME = ("x-since", "x-until")
ACCEPT = "x-accept"


class Reader:
    """Reads one schema; `prefix` goes before the names of its files, and `revision` is what they are of."""

    def __init__(self, outline: Outline, prefix: str, revision: str) -> None:
        self.outline = outline
        self._prefix = prefix
        self._revision = revision

    def place(self, position: Position) -> Place:
        """A position, with the file as people find it."""
        return Place(self._prefix + position.file, position.line, position.column, self._revision)

    def node(self, kind: str, name: str, label: str, part: Part) -> Node:
        """A thing that stands at `part`, with what may stand at everything."""
        node = Node(kind, name, label, self.place(part.at()))
        for key in LIFETIME:
            self.fact(node, part, key, None)
        node.facts["deprecated"] = bool(part.data.get("deprecated") or part.data.get("x-deprecated"))
        node.places["deprecated"] = self.place(
            part.at("x-deprecated" if "x-deprecated" in part.data else "deprecated")
        )
        if not isinstance(part.data.get("x-deprecated", False), bool):  # since when, and what to use instead
            node.words["x-deprecated"] = json.dumps(part.data["x-deprecated"], sort_keys=True)
        self.words(node, part, "description")
        self.acceptances(node, part)
        return node

    def acceptances(self, node: Node, part: Part) -> None:
        """Take up what is accepted at `part`."""
        for index, entry in enumerate(part.data.get(ACCEPT, [])):
            place = self.place(part.at(ACCEPT, index))
            node.accepted.append(Acceptance(entry["rule"], entry["reason"], entry.get("of"), place))

    def fact(self, node: Node, part: Part, key: str, default: Any, name: str | None = None) -> None:
        """Take over the value of `key` as a fact."""
        node.facts[name or key] = part.data.get(key, default)
        if key in part.data:
            node.places[name or key] = self.place(part.at(key))

    def words(self, node: Node, part: Part, *keys: str) -> None:
        """Take over texts that are there for readers alone."""
        for key in keys:
            if key in part.data:
                node.words[key] = str(part.data[key])
