"""Workflows that are being built, up to the specification that a server takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

from colonyos_gen_wire.submission import TaskMaking
from colonyos_gen_wire.types.process import Conditions, FunctionSpec
from colonyos_gen_wire.types.workflow import WorkflowSpec
from msgspec.structs import replace

from colonyos_gen._arguments import require_type_name
from colonyos_gen._tracebacks import short_traceback, short_tracebacks
from colonyos_gen.workflows._options import function_spec, require_no_misspelling
from colonyos_gen.workflows._rules import WorkflowError, check_parents, taken
from colonyos_gen.workflows._task import After, Task

if TYPE_CHECKING:
    from typing import Self


@short_traceback
def workflow(name: str, *, to: str | None = None) -> Workflow:
    """Start a workflow. See `Workflow`.

    Args:
        name: What it is called in errors and pictures, and the label of its tasks that have no other.
        to: Executor type of the tasks that neither have one nor a parent that has.
    """
    return Workflow(name, to=to)


@short_tracebacks
class Workflow(TaskMaking[Task, After]):
    """Tasks and their order.

        with workflow("sweep", to="hpc") as wf:
            prep = wf.task("prep")
            runs = [wf.task("sim", i, after=prep) for i in range(500)]
            wf.task("reduce", after=runs)

    The `with` is optional; at its end the tasks are checked. A task starts when all its parents have succeeded, and has
    their outputs, in one list and in the order of `after`, as its input.
    """

    def __init__(self, name: str, *, to: str | None = None) -> None:
        require_type_name("workflow", "to", to)
        self.name: str = name
        """What the workflow is called."""
        self.to: str | None = to
        """Executor type of the tasks that neither have one nor a parent that has."""
        self._tasks: dict[str, Task] = {}
        self._numbers: dict[str, int] = {}

    @classmethod
    def from_spec(cls, spec: WorkflowSpec | Iterable[FunctionSpec], name: str = "workflow") -> Self:
        """A workflow with the nodes of `spec`, to be drawn, extended or sent.

        Raises WorkflowError for nodes without a name and names that occur twice; the rest is checked when it is sent.
        """
        made = cls(name)
        nodes = spec.functionspecs if isinstance(spec, WorkflowSpec) else spec
        for place, node in enumerate(nodes):
            if not node.nodename:
                raise WorkflowError(
                    f"workflow {name!r}: node {place + 1}, {node.funcname!r}, has no nodename"
                )
            made.add(node, label=node.label)
        return made

    def _task(
        self,
        funcname: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
        *,
        to: str | None,
        after: After | None,
        name: str | None,
    ) -> Task:
        require_type_name("task", "to", to)
        for value in (*args, *options.values(), *_values_of(options.get("kwargs"))):
            if isinstance(value, Task):
                raise TypeError(
                    f"{funcname}: task {value.name!r} is given as an argument; with after= its output becomes input"
                )
        for keyword in options:
            require_no_misspelling(keyword, ("after",))
        spec = function_spec("task", funcname, args, Conditions(executortype=to or ""), options)
        return self.add(spec, after=after, name=name, label=options.get("label"))

    def add(
        self,
        spec: FunctionSpec,
        *,
        after: After | None = None,
        name: str | None = None,
        label: str | None = None,
    ) -> Task:
        """Add a task that runs `spec`: for files, and all else that `task` has no argument for.

        Args:
            spec: What to run. It comes after its `conditions.dependencies`, and after `after`.
            after: Further tasks that must succeed first.
            name: Name of the task; None for the `nodename` of `spec`, else as in `task`.
            label: Label of the process; None for that of `spec`, else the name of the workflow.

        Raises:
            WorkflowError: The name is taken, or `after` has a task of another workflow.
        """
        name = (name or spec.nodename) or self._free_name(spec.funcname)
        if name in self._tasks:
            raise taken(name, self.name)
        label = (spec.label or self.name) if label is None else label
        task = Task(self, name, replace(spec, nodename=name, label=label))
        task.after(spec.conditions.dependencies, *(() if after is None else (after,)))
        self._tasks[name] = task
        return task

    @property
    def tasks(self) -> dict[str, Task]:
        """The tasks by their names, in the order in which they were added."""
        return dict(self._tasks)

    def check(self) -> None:
        """Raise WorkflowError if there are no tasks, if they wait for each other, or for one that there is not."""
        check_parents({name: task.parents for name, task in self._tasks.items()}, name=self.name)

    def spec(self, colonyname: str) -> WorkflowSpec:
        """What a server takes, with the tasks in the order in which they were added.

        Raises:
            WorkflowError: See `check`; or a task has no executor type, and inherits none.
        """
        self.check()
        types = self._executortypes()
        lost = [name for name in self._tasks if not types[name]]
        if lost:
            raise WorkflowError(
                f"workflow {self.name!r}: {', '.join(map(repr, lost[:5]))}{' and others' if len(lost) > 5 else ''} "
                "cannot run: there is no executor type; give the task or the workflow one with to=",
                lost,
            )
        return WorkflowSpec(
            colonyname=colonyname,
            functionspecs=[
                _node(task, executortype=types[name], colonyname=colonyname)
                for name, task in self._tasks.items()
            ],
        )

    def to_mermaid(self, *, fold: bool = True) -> str:
        """The workflow as a Mermaid flowchart.

        With `fold`, alike tasks of a wide workflow are one node, `500 of them`. Raises WorkflowError; see `check`.
        """
        from colonyos_gen import pictures

        self.check()
        return pictures.workflow_to_mermaid(self._drafts(), fold=fold)

    def to_svg(self, path: str | PathLike[str] | None = None, *, fold: bool = True) -> str:
        """The workflow as an SVG picture, which is also written to `path` if that is given.

        With `fold`, alike tasks of a wide workflow are one box, `500 of them`. Raises WorkflowError, see `check`, and OSError
        if the file cannot be written.
        """
        from colonyos_gen import pictures

        self.check()
        return pictures.save(pictures.draw_workflow(self._drafts(), title=self.name, fold=fold), path)

    def _repr_svg_(self) -> str | None:
        try:
            return self.to_svg()
        except WorkflowError:  # it is still being built
            return None

    def _drafts(self) -> list[FunctionSpec]:
        types = self._executortypes()
        return [_node(task, executortype=types[name]) for name, task in self._tasks.items()]

    def _free_name(self, funcname: str) -> str:
        name, number = funcname, self._numbers.get(funcname, 1)
        while name in self._tasks:
            number += 1
            name = f"{funcname}-{number}"
        self._numbers[funcname] = number
        return name

    def _executortypes(self) -> dict[str, str]:
        """Executor type of each task, its own or the one of its nearest first parents; empty where there is none."""
        types: dict[str, str] = {}
        for name in self._tasks:
            line: list[str] = []
            at: str | None = name
            while at is not None and at not in types:
                line.append(at)
                task = self._tasks[at]
                if task.spec.conditions.executortype:
                    types[at] = task.spec.conditions.executortype
                    break
                at = next(iter(task.parents), None)
            types |= dict.fromkeys(line, self.to or "" if at is None else types[at])
        return types

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.check()

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"<Workflow {self.name!r}: {len(self)} tasks>"


def _values_of(kwargs: object) -> Iterable[Any]:
    return kwargs.values() if isinstance(kwargs, dict) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _node(task: Task, *, executortype: str, colonyname: str = "") -> FunctionSpec:
    spec = task.spec
    conditions = replace(
        spec.conditions,
        executortype=executortype,
        colonyname=colonyname,
        dependencies=task.parents,
        executornames=list(spec.conditions.executornames),
        gpu=replace(spec.conditions.gpu),
    )
    return replace(
        spec,
        conditions=conditions,
        args=list(spec.args),
        kwargs=dict(spec.kwargs),
        env=dict(spec.env),
        channels=list(spec.channels),
    )
