"""Which messages carry a type, and which way. Types may hold themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.nodes import Node, Side
from colonyos_gen_codegen.diff.registry import CALLERS, WORKERS


class Reach:
    """The messages of both schemas, with the types inside their requests and replies. Types go by their new names."""

    def __init__(self, old: Side, new: Side, names: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._requests: dict[str, list[str]] = {}
        self._replies: dict[str, list[str]] = {}
        self._people: dict[str, str] = {}
        self._directions: dict[str, str] = {}
        self._envelope: set[str] = set()
        self._look(new, {}, {})
        self._look(old, names, labels)

    def of_type(self, name: str) -> Scope:
        """Where a type counts, by its new name, or by the old one of what is gone."""
        requests, replies = self._requests.get(name, []), self._replies.get(name, [])
        if name in self._envelope:
            return Scope()
        if not requests and not replies:
            direction = self._directions.get(name, "both")
            return Scope(sent=direction != "reply", answered=direction != "request")
        return self._scope(requests, replies)

    def of_message(self, label: str) -> Scope:
        """Where a message counts: both ways."""
        return self._scope([label], [label])

    def _scope(self, requests: list[str], replies: list[str]) -> Scope:
        people = {self._people[label] for label in (*requests, *replies)}
        return Scope(
            tuple(requests),
            tuple(replies),
            tuple(who for who in (CALLERS, WORKERS) if who in people),
            sent=bool(requests),
            answered=bool(replies),
        )

    def _look(self, side: Side, renamed: Mapping[str, str], called: Mapping[str, str]) -> None:
        workers = {role.name for role in side.root.all("role") if role.facts.get("worker")}
        types = side.types()
        for node in types.values():
            self._directions.setdefault(
                renamed.get(node.name, node.name), str(node.facts.get("x-direction", "both"))
            )
        for key in ("request", "reply", "error"):
            start = side.root.facts.get(f"envelope {key}")
            self._envelope |= {
                renamed.get(name, name) for name in _inside([str(start)] if start else [], types)
            }
        for message in side.messages():
            roles: list[str] = message.facts.get("x-roles") or []
            of_workers = bool(roles) and set(roles) <= workers
            label = called.get(message.label, message.label)
            self._people.setdefault(label, WORKERS if of_workers else CALLERS)
            replies = [name for reply in message.all("reply") if reply.value for name in reply.value.names()]
            for carried, start in ((self._requests, _fields(message)), (self._replies, replies)):
                for name in _inside(start, types):
                    labels = carried.setdefault(renamed.get(name, name), [])
                    if label not in labels:
                        labels.append(label)


def _fields(node: Node) -> list[str]:
    """The types that the fields of a struct or request hold, those of JSON in a text as well."""
    found = [name for field in node.all("field") if field.value for name in field.value.names()]
    return found + [field.facts["x-json"] for field in node.all("field") if field.facts.get("x-json")]


def _inside(start: Iterable[str], types: Mapping[str, Node]) -> set[str]:
    """These types and all inside them."""
    seen: set[str] = set()
    pending = list(start)
    while pending:
        name = pending.pop()
        if name not in seen and name in types:
            seen.add(name)
            pending += _fields(types[name])
    return seen
