"""What is submitted, made from what callers write."""

from __future__ import annotations

from collections.abc import Iterable

from colonyos_gen_wire import FunctionSpec, WorkflowSpec
from colonyos_gen_wire.submission import Submittable
from msgspec.structs import replace

from colonyos_gen.session._failures import FunctionLookupError
from colonyos_gen.workflows._rules import check


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
