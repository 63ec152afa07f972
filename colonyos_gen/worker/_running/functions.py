"""The functions that a worker offers."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from colonyos_gen_wire import Function as WireFunction
from colonyos_gen_wire import FunctionArg

from colonyos_gen._arguments import require_span, require_str
from colonyos_gen.worker._running.binding import INPUTS, Binder, name_of, plain_function
from colonyos_gen.worker._running.retries import NO_RETRIES, Retries

SignatureLike: TypeAlias = inspect.Signature | Callable[..., Any]
"""A signature, or a function that has it."""

_STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


class Offer:
    """A function that processes can ask for.

    Args:
        call: What is called.
        name: Name in function specs; None for the function's own.
        timeout: Seconds that it may take; None for no limit but that of the process.
        description: What it does; None for the first paragraph of its docstring.
        signature: What its parameters are; None for its own.
        retries: How often it is tried again within one attempt at a process.

    Raises:
        TypeError: It cannot be called so, it is a generator, or a method without its object; an argument is of a wrong type.
        ValueError: The timeout is not positive.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        name: str | None = None,
        timeout: float | None = None,
        description: str | None = None,
        signature: SignatureLike | None = None,
        retries: Retries = NO_RETRIES,
    ) -> None:
        if not callable(call):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"{call!r} cannot be called, so it cannot be offered")
        require_str("name", name)
        require_str("description", description)
        if signature is None:
            _refuse_unbound(call)
        elif not isinstance(signature, inspect.Signature) and not callable(signature):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(
                f"signature is {signature!r}; it must be an inspect.Signature, or a function that has it"
            )
        if inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call):
            raise TypeError(
                f"{name_of(call)} is a generator; let it return a value, and stream with ctx.stream(…)"
            )
        name = name or getattr(call, "__name__", "")
        if not name or name == "<lambda>":
            raise TypeError("the function has no name of its own; give it one with name=…")
        if timeout is not None:
            require_span(f"timeout of {name}", timeout, positive=True)
        self.call: Callable[..., Any] = call
        self.name: str = name
        self.timeout: float | None = timeout
        self.retries: Retries = retries
        self.description: str = _description(call) if description is None else description
        self.is_async: bool = inspect.iscoroutinefunction(call) or _is_async_object(call)
        self.is_plain: bool = signature is None and retries.on is Exception
        """Whether calling it needs nothing but itself."""
        self._of: SignatureLike | None = signature

    @functools.cached_property
    def binder(self) -> Binder:
        """Its parameters.

        They are looked at when they are first needed, as annotations may name what the module defines further down.
        """
        return Binder(self.call, self._of)

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


def _is_async_object(call: Callable[..., Any]) -> bool:
    """Whether it is an object that is called like a coroutine function."""
    return not inspect.isroutine(call) and inspect.iscoroutinefunction(getattr(type(call), "__call__", None))  # noqa: B004


def _refuse_unbound(call: Callable[..., Any]) -> None:
    """Raise TypeError for a method that is offered where its class is made, without an object that it is of."""
    if inspect.ismethod(call) or not inspect.isfunction(call):
        return
    scope, _, name = plain_function(call).__qualname__.rpartition(".")
    first = next(iter(inspect.signature(call).parameters), "")
    if scope and not scope.endswith("<locals>") and first in ("self", "cls"):
        raise TypeError(
            f"{scope}.{name} needs {first!r}, which no caller can pass; make the object, and offer its method: "
            f"worker.function({scope.rpartition('.')[2].lower()}.{name})"
        )


def _description(call: Callable[..., Any]) -> str:
    described = call.func if isinstance(call, functools.partial) else call
    text = inspect.getdoc(described) or ""
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
