"""One task of a workflow that is being built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias

from colonyos_gen.workflows._rules import WorkflowError

if TYPE_CHECKING:
    from typing import Self

    from colonyos_gen_wire.types.process import FunctionSpec

After: TypeAlias = "Task | str | Iterable[After]"
"""What a task comes after: a task, the name of one, also of one that is yet to come, or any nesting of those."""


class Owner(Protocol):
    """The workflow of a task."""

    name: str


class Task:
    """A function call in a workflow. Made by `Workflow.task` and `Workflow.add`.

    Attributes:
        name: Name of the task, unique in its workflow.
        spec: What it runs; its node name and its dependencies are those of the task, whatever it says.
    """

    __slots__ = ("_parents", "_workflow", "name", "spec")

    def __init__(self, workflow: Owner, name: str, spec: FunctionSpec) -> None:
        self._workflow = workflow
        self._parents: dict[str, None] = {}
        self.name: str = name
        self.spec: FunctionSpec = spec

    @property
    def parents(self) -> list[str]:
        """Names of the tasks that this one comes after, in the order in which their outputs become its input."""
        return list(self._parents)

    def after(self, *others: After) -> Self:
        """Let this task wait for `others` as well, and return it.

        Raises:
            WorkflowError: One of them is a task of another workflow.
            TypeError: One of them is neither a task nor a name.
        """
        for parent in self._names(others):
            self._parents[parent] = None
        return self

    def _names(self, others: After) -> Iterator[str]:
        if isinstance(others, Task):
            if others._workflow is not self._workflow:
                theirs, ours = others._workflow.name, self._workflow.name
                raise WorkflowError(
                    f"{self.name!r} of workflow {ours!r} cannot come after {others.name!r} of another, {theirs!r}",
                    [self.name, others.name],
                )
            yield others.name
        elif isinstance(others, str):
            yield others
        elif isinstance(others, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            for each in others:
                yield from self._names(each)
        else:
            raise TypeError(f"{self.name!r} comes after tasks or names of tasks, not {type(others).__name__}")

    def __repr__(self) -> str:
        return f"<Task {self.name!r} of {self._workflow.name!r}: {self.spec.funcname}>"
