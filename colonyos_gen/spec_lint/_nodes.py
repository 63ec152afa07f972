"""What must hold between the nodes of a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from colonyos_gen.spec_lint._json_tree import Node
from colonyos_gen.spec_lint._known_keys import did_you_mean


def node_problems(specs: list[Node]) -> Iterator[tuple[int, str, str]]:
    """Offset, rule and message for names and dependencies of the function specs of a workflow."""
    names: dict[str, Node] = {}
    for spec in specs:
        given = spec.get("nodename")
        if given is None or given.value in ("", None):
            message = "every node of a workflow needs a nodename of its own"
            yield (given or spec).offset, "NODE_IS_NAMED", message
        elif isinstance(given.value, str):
            if given.value in names:
                yield given.offset, "NODE_UNIQUE", f"there is a node '{given.value}' already"
            names.setdefault(given.value, spec)
    graph: dict[str, list[str]] = {}
    for name, spec in names.items():
        graph[name] = []
        for parent in _dependencies(spec):
            if not isinstance(parent.value, str):
                continue  # that is a matter of its type
            if parent.value in graph[name]:
                yield parent.offset, "DEPENDENCY_UNIQUE", f"'{name}' depends on '{parent.value}' already"
            elif parent.value in names:
                graph[name].append(parent.value)
            else:
                hint = did_you_mean(parent.value, list(names))
                yield parent.offset, "DEPENDENCY_EXISTS", f"there is no node '{parent.value}'{hint}"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        first = min(names[name].offset for name in cycle)
        yield first, "NO_CYCLE", f"these nodes wait for each other: {' <- '.join(cycle)}"


def _dependencies(spec: Node) -> list[Node]:
    conditions = spec.get("conditions")
    found = conditions.get("dependencies") if conditions is not None else None
    return found.items if found is not None else []
