"""What is submitted, made from what callers write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from colonyos_gen_wire import FunctionSpec, WorkflowSpec
from colonyos_gen_wire.submission import Submittable
from msgspec.structs import replace

from colonyos_gen._arguments import require_timeout
from colonyos_gen.session._failures import FunctionLookupError
from colonyos_gen.workflows._options import require_no_misspelling
from colonyos_gen.workflows._rules import check

CALL_OPTIONS = ("timeout", "returns")
"""What `call` takes beside the options of a submission."""


def check_call(funcname: object, timeout: object, options: Mapping[str, Any]) -> None:
    """Look at what `call` takes itself.

    Raises:
        TypeError: `funcname` is no name, or a keyword argument is nearly the name of an option of `call`.
        InvalidRequestError: `timeout` is no number of seconds from 0 on.
    """
    if not isinstance(funcname, str):
        name = getattr(funcname, "__name__", None) if callable(funcname) else None
        meant = f", such as {name!r}" if isinstance(name, str) else "; submit() takes specs and workflows"
        raise TypeError(f"{funcname!r} cannot be called; it must be the name of a function{meant}")
    require_timeout("call", "timeout", timeout)
    for name in options:
        require_no_misspelling(name, CALL_OPTIONS)


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
