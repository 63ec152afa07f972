"""The functions that a worker offers."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from colonyos_gen_wire import Function as WireFunction
from colonyos_gen_wire import FunctionArg

from colonyos_gen.worker._running.binding import INPUTS, Binder

_STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


class Offer:
    """A function that processes can ask for.

    Args:
        call: What is called.
        name: Name in function specs; None for the function's own.
        timeout: Seconds that it may take; None for no limit but that of the process.
        description: What it does; None for the first paragraph of its docstring.

    Raises:
        TypeError: It cannot be called so, or it is a generator.
        ValueError: The timeout is not positive.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        name: str | None = None,
        timeout: float | None = None,
        description: str | None = None,
    ) -> None:
        if inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call):
            raise TypeError(
                f"{call.__qualname__} is a generator; let it return a value, and stream with ctx.stream(…)"
            )
        name = name or getattr(call, "__name__", "")
        if not name or name == "<lambda>":
            raise TypeError("the function has no name of its own; give it one with name=…")
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout of {name} is {timeout!r}; it must be a positive number of seconds")
        self.call: Callable[..., Any] = call
        self.name: str = name
        self.timeout: float | None = timeout
        self.description: str = _description(call) if description is None else description
        self.is_async: bool = inspect.iscoroutinefunction(call)

    @functools.cached_property
    def binder(self) -> Binder:
        """Its parameters. Raises TypeError if an annotation means nothing.

        They are looked at when they are first needed, as annotations may name what the module defines further down.
        """
        return Binder(self.call)

    def on_wire(self, executorname: str, executortype: str, colonyname: str) -> WireFunction:
        """The function, as the server is told of it."""
        return WireFunction(
            executorname=executorname,
            executortype=executortype,
            colonyname=colonyname,
            funcname=self.name,
            description=self.description,
            args=[
                _argument(each, self.binder.type_of(each.name))
                for each in self.binder.parameters
                if each.name != INPUTS
            ],
        )


def _description(call: Callable[..., Any]) -> str:
    text = inspect.getdoc(call) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def _argument(parameter: inspect.Parameter, wanted: Any) -> FunctionArg:
    shown = parameter.annotation
    if shown is inspect.Parameter.empty:
        text = ""
    else:
        text = shown if isinstance(shown, str) else getattr(wanted, "__name__", str(wanted))
    stars = _STARS.get(parameter.kind, "")
    return FunctionArg(
        name=f"{stars}{parameter.name}",
        type=text,
        required=not stars and parameter.default is inspect.Parameter.empty,
    )
