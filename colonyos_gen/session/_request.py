"""What is submitted, made from what callers write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from colonyos_gen_wire import Conditions, FunctionSpec, WorkflowSpec
from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS
from msgspec.structs import replace

from colonyos_gen.session._failures import FunctionLookupError
from colonyos_gen.workflows._rules import check


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
    options_and_kwargs: Mapping[str, Any],
) -> FunctionSpec:
    """The spec of a call.

    Args:
        options_and_kwargs: What `FUNCTION_SPEC_OPTIONS` names is an option, and has the default of `FunctionSpec` when it is
            missing; all else is a keyword argument of the function.

    Raises:
        TypeError: A keyword argument is given twice, or channels is a lone text.
    """
    options = {name: value for name, value in options_and_kwargs.items() if name in FUNCTION_SPEC_OPTIONS}
    more = {name: value for name, value in options_and_kwargs.items() if name not in FUNCTION_SPEC_OPTIONS}
    kwargs: Mapping[str, Any] = options.pop("kwargs", None) or {}
    env: Mapping[str, str] = options.pop("env", None) or {}
    channels: Iterable[str] = options.pop("channels", ())
    if isinstance(channels, str):
        raise TypeError(f"channels is {channels!r}; it must be a list of names, such as [{channels!r}]")
    twice = sorted(set(kwargs) & set(more))
    if twice:
        raise TypeError(
            f"{funcname!r} got multiple values for {', '.join(map(repr, twice))}: in kwargs= as well"
        )
    return FunctionSpec(
        funcname=funcname,
        conditions=Conditions(colonyname=colonyname, executortype=executortype),
        args=list(args),
        kwargs={**kwargs, **more},
        env=dict(env),
        channels=list(channels),
        **options,
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
