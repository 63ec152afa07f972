"""What a workflow must be for its tasks to run. The server checks part of it, and some of that too late."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from colonyos_gen_wire.types.process import FunctionSpec

_SHOWN = 5
"""How many faults of a kind a message lists."""


class WorkflowError(ValueError):
    """The tasks of a workflow do not fit together. Nothing was sent.

    Attributes:
        tasks: Names of the tasks concerned; for a cycle in their order, the first one once more at the end.
    """

    def __init__(self, message: str, tasks: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tasks: tuple[str, ...] = tuple(tasks)

    def __reduce__(self) -> tuple[type[WorkflowError], tuple[str, tuple[str, ...]]]:
        return type(self), (str(self), self.tasks)


def check(functionspecs: Iterable[FunctionSpec], *, name: str = "") -> None:
    """Refuse nodes that could not run as a workflow; `name` is the workflow's, for the message.

    Raises:
        WorkflowError: There is no node, one without a name, two of the same name, one that depends on a node that there
            is not, or nodes that wait for each other. Dependencies are tested for last.
    """
    parents: dict[str, Sequence[str]] = {}
    for place, spec in enumerate(functionspecs):
        if not spec.nodename:
            raise WorkflowError(f"{_called(name)}: node {place + 1}, {spec.funcname!r}, has no nodename")
        if spec.nodename in parents:
            raise taken(spec.nodename, name)
        parents[spec.nodename] = spec.conditions.dependencies
    check_parents(parents, name=name)


def check_parents(parents: Mapping[str, Iterable[str]], *, name: str = "") -> None:
    """The same for names of tasks, each with those of its parents. Raises WorkflowError."""
    if not parents:
        raise WorkflowError(f"{_called(name)} has no tasks, so it would never end")
    unknown = [(task, each) for task, names in parents.items() for each in names if each not in parents]
    if unknown:
        faults = [f"{task!r} comes after {each!r}{_meant(each, parents)}" for task, each in unknown[:_SHOWN]]
        more = f", and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        raise WorkflowError(
            f"{_called(name)}: {', '.join(faults)}{more}: there is no such task",
            list(dict.fromkeys(task for task, _ in unknown)),
        )
    cycle = find_cycle(parents)
    if cycle:
        raise WorkflowError(f"{_called(name)} has a cycle: {_chain(cycle)}; it would never run", cycle)


def taken(task: str, name: str) -> WorkflowError:
    """The error for a second task of the same name."""
    return WorkflowError(f"{_called(name)} has a task {task!r} already; give this one another name", [task])


def find_cycle(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """Names of tasks that wait for each other, from a parent to its child, closed; empty if there are none."""
    done: set[str] = set()
    for start in parents:
        if start in done:
            continue
        # Up from child to parent, with a stack, since a chain can be longer than calls may be nested.
        path: dict[str, None] = {start: None}
        ahead = [iter(parents[start])]
        while ahead:
            parent = next(ahead[-1], None)
            if parent is None:
                ahead.pop()
                done.add(path.popitem()[0])
            elif parent in path:
                names = list(path)
                loop = names[names.index(parent) :]
                return [loop[0], *reversed(loop[1:]), loop[0]]
            elif parent not in done:
                path[parent] = None
                ahead.append(iter(parents[parent]))
    return []


def _called(name: str) -> str:
    return f"workflow {name!r}" if name else "the workflow"


def _meant(unknown: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(unknown, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _chain(cycle: Sequence[str]) -> str:
    if len(cycle) > 2 * _SHOWN:
        cycle = [*cycle[:_SHOWN], f"({len(cycle) - 2 * _SHOWN} more)", *cycle[-_SHOWN:]]
    return " → ".join(cycle)
