"""Arguments of a process, bound to the parameters of a Python function and converted to their types."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from colonyos_gen.worker._running.context import Context

CONTEXT = "ctx"
"""Name of the parameter that receives the context; one of any name does that is annotated with `Context`."""
INPUTS = "inputs"
"""Name of the parameter that receives the outputs of the parents, in workflows."""


class BindingError(Exception):
    """The arguments of a process do not fit the function."""


class Binder:
    """The parameters of one function.

    Args:
        function: Function, with or without annotations. Values of parameters without one are passed as they arrived.

    Raises:
        TypeError: An annotation names something that does not exist, or that no JSON value can be converted to.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = getattr(function, "__name__", type(function).__name__)
        signature = inspect.signature(function)
        self._parameters = dict(signature.parameters)
        self._types = {name: _type_of(function, parameter) for name, parameter in self._parameters.items()}
        self._context = next((name for name in self._parameters if self._is_context(name)), None)
        self.parameters: list[inspect.Parameter] = [
            parameter for name, parameter in self._parameters.items() if name != self._context
        ]
        """The parameters that are bound, in order."""
        self._signature = signature
        self._described = str(inspect.Signature([self._shown(each) for each in self.parameters]))
        for parameter in self.parameters:
            self._test(parameter)

    @property
    def takes_context(self) -> bool:
        """Whether the function asks for the context."""
        return self._context is not None

    def type_of(self, name: str) -> Any:
        """The type that a parameter is converted to; `Any` without annotation."""
        return self._types[name]

    def bound(self, context: Context, subject: tuple[Any, ...]) -> inspect.BoundArguments:
        """The arguments for a process: its own, or the one thing in `subject`.

        Raises BindingError, and what the types of the user raise.
        """
        if subject:
            return self.place(subject[0], context)
        process = context.process
        inputs = process.input if process.parents else None
        return self.bind(process.spec.args, process.spec.kwargs, inputs, context)

    def bind(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        inputs: Sequence[Any] | None,
        context: Context | None,
    ) -> inspect.BoundArguments:
        """The arguments to call the function with.

        Args:
            args: Positional arguments, JSON values.
            kwargs: Keyword arguments, JSON values.
            inputs: Outputs of the parents in a workflow, for a parameter `inputs` that `kwargs` does not name; None
                outside of workflows.
            context: What is passed to functions that ask for it.

        Raises:
            BindingError: They do not fit; the message names the function, the parameter and the value's type.
        """
        given = inspect.Signature(self.parameters)
        keywords = dict(kwargs)
        if inputs is not None and INPUTS in self._types and INPUTS not in keywords:
            # Taken out first, so that the positional arguments pass it over.
            given = given.replace(parameters=[each for each in self.parameters if each.name != INPUTS])
            extra = {INPUTS: list(inputs)}
        else:
            extra = {}
        try:
            bound = given.bind(*args, **keywords)
        except TypeError as error:
            raise self._misfit(error) from None
        values = {name: self._convert(name, value) for name, value in (bound.arguments | extra).items()}
        if self._context is not None:
            values[self._context] = context
        full = inspect.BoundArguments(self._signature, values)  # pyright: ignore[reportArgumentType]
        full.apply_defaults()
        return full

    def place(self, subject: Any, context: Context | None) -> inspect.BoundArguments:
        """The arguments for a function that gets one thing, as it is, and the context if it asks for it.

        Raises:
            BindingError: It takes something else.
        """
        try:
            bound = inspect.Signature(self.parameters).bind(subject)
        except TypeError as error:
            raise self._misfit(error) from None
        values = dict(bound.arguments)
        if self._context is not None:
            values[self._context] = context
        full = inspect.BoundArguments(self._signature, values)  # pyright: ignore[reportArgumentType]
        full.apply_defaults()
        return full

    def _misfit(self, problem: object) -> BindingError:
        return BindingError(f"{problem}; the function is {self._name}{self._described}")

    def _shown(self, parameter: inspect.Parameter) -> inspect.Parameter:
        """The parameter with its annotation evaluated, which reads better than in quotes."""
        if parameter.annotation is inspect.Parameter.empty:
            return parameter
        return parameter.replace(annotation=self._types[parameter.name])

    def _is_context(self, name: str) -> bool:
        return name == CONTEXT or self._types[name] is Context

    def _convert(self, name: str, value: Any) -> Any:
        kind = self._parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            return tuple(
                self._convert_one(f"*{name}[{index}]", name, each) for index, each in enumerate(value)
            )
        if kind is inspect.Parameter.VAR_KEYWORD:
            return {key: self._convert_one(key, name, each) for key, each in value.items()}
        return self._convert_one(name, name, value)

    def _convert_one(self, shown: str, name: str, value: Any) -> Any:
        try:
            return msgspec.convert(value, self._types[name], strict=False, dec_hook=_from_text)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise self._misfit(f"argument {shown}: {error}") from None

    def _test(self, parameter: inspect.Parameter) -> None:
        try:
            msgspec.json.Decoder(self._types[parameter.name])
        except TypeError as error:
            raise TypeError(
                f"{self._name}: parameter {parameter.name} is annotated with a type that no JSON value can be converted "
                f"to: {error}"
            ) from None


def _type_of(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    if parameter.name == CONTEXT or annotation.split(".")[-1] == Context.__name__:
        return Context  # often imported for type checkers only
    plain = inspect.unwrap(function)
    names: Mapping[str, Any] = inspect.getclosurevars(plain).nonlocals if inspect.isfunction(plain) else {}
    try:
        meaning = eval(annotation, getattr(plain, "__globals__", {}), dict(names))
        # In quotes, where all annotations are text already.
        return (
            eval(meaning, getattr(plain, "__globals__", {}), dict(names))
            if isinstance(meaning, str)
            else meaning
        )
    except Exception as error:  # whatever the text of an annotation may raise
        name = getattr(function, "__name__", "the function")
        raise TypeError(
            f"{name}: the annotation {annotation!r} of parameter {parameter.name} means nothing here ({error}); "
            "name a type that can be found in the module of the function"
        ) from None


def _from_text(wanted: type, value: Any) -> Any:
    if isinstance(value, str) and issubclass(wanted, PurePath):
        return wanted(value)
    if isinstance(value, wanted):
        return value
    raise TypeError(f"expected {wanted.__name__}, got {type(value).__name__}")
