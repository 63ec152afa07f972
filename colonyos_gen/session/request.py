"""What is submitted, made from what callers write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from colonyos_gen_wire import Conditions, FunctionSpec, WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.session.failures import FunctionLookupError
from colonyos_gen.workflows.rules import check


@runtime_checkable
class Submittable(Protocol):
    """What can turn itself into a workflow, such as `Workflow`."""

    def spec(self, colonyname: str, /) -> WorkflowSpec:
        """The workflow for a colony."""
        ...


def function_spec(
    funcname: str,
    args: Sequence[Any],
    executortype: str,
    colonyname: str,
    *,
    channels: Iterable[str] = (),
    kwargs: Mapping[str, Any] | None = None,
    priority: int = 0,
    label: str = "",
    env: Mapping[str, str] | None = None,
    maxwaittime: int = -1,
    maxexectime: int = -1,
    maxretries: int = 0,
    more_kwargs: Mapping[str, Any],
) -> FunctionSpec:
    """The spec of a call. Raises TypeError for a keyword argument that is given twice, and for a lone text of channels."""
    if isinstance(channels, str):
        raise TypeError(f"channels is {channels!r}; it must be a list of names, such as [{channels!r}]")
    twice = sorted(set(kwargs or {}) & set(more_kwargs))
    if twice:
        raise TypeError(
            f"{funcname!r} got multiple values for {', '.join(map(repr, twice))}: in kwargs= as well"
        )
    return FunctionSpec(
        funcname=funcname,
        conditions=Conditions(colonyname=colonyname, executortype=executortype),
        args=list(args),
        kwargs={**(kwargs or {}), **more_kwargs},
        channels=list(channels),
        priority=priority,
        label=label,
        env=dict(env or {}),
        maxwaittime=maxwaittime,
        maxexectime=maxexectime,
        maxretries=maxretries,
    )


def completed(spec: FunctionSpec, colonyname: str, executortype: str | None) -> FunctionSpec:
    """`spec` with the colony and the executor type that it may lack. Raises ValueError if it names another type."""
    conditions = spec.conditions
    if executortype and conditions.executortype not in ("", executortype):
        raise ValueError(
            f"to is {executortype!r}, but the function spec of {spec.funcname!r} is for {conditions.executortype!r}; "
            "leave one of them out"
        )
    return replace(
        spec,
        conditions=replace(
            conditions,
            colonyname=conditions.colonyname or colonyname,
            executortype=conditions.executortype or executortype or "",
        ),
    )


def completed_workflow(what: WorkflowSpec | Submittable, colonyname: str) -> WorkflowSpec:
    """The workflow, with the colony that it may lack. Raises WorkflowError for one that could not run."""
    if not isinstance(what, WorkflowSpec):
        return what.spec(colonyname)
    check(what.functionspecs)
    return replace(what, colonyname=what.colonyname or colonyname)


def only_type(funcname: str, offered: Iterable[tuple[str, str]]) -> str:
    """The one executor type that offers `funcname`, among pairs of function name and type.

    Raises FunctionLookupError if none does, or several do.
    """
    types: dict[str, set[str]] = {}
    for name, executortype in offered:
        types.setdefault(name, set()).add(executortype)
    choices = sorted(types.get(funcname, ()))
    if len(choices) != 1:
        raise FunctionLookupError(funcname, choices, sorted(types))
    return choices[0]
