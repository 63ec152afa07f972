"""Arguments of a process, bound to the parameters of a Python function and converted to their types."""

from __future__ import annotations

import functools
import inspect
import logging
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_origin

from colonyos_gen._values.annotations import meaning_of
from colonyos_gen._values.making import UNREADABLE
from colonyos_gen._values.reading import Reader
from colonyos_gen.worker._running.context import Context

CONTEXT = "ctx"
"""Name of the parameter that receives the context, without another annotation; or any that is annotated with `Context`."""
INPUTS = "inputs"
"""Name of the parameter that receives the outputs of the parents, in workflows."""

_logger = logging.getLogger("colonyos_gen.worker")


class _Unknown:
    """Stands for an annotation in quotes that names what cannot be found here."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return repr(self.text)


class BindingError(Exception):
    """The arguments of a process do not fit the function."""


class Binder:
    """The parameters of one function.

    Args:
        function: Function, with or without annotations. Values of parameters without one are passed as they arrived, and so
            are those whose annotation nothing can be converted to; then the log has a warning.
        signature: What its parameters are; None for its own. A function stands for the parameters that it has.
    """

    def __init__(
        self, function: Callable[..., Any], signature: inspect.Signature | Callable[..., Any] | None = None
    ) -> None:
        self._name = name_of(function)
        if isinstance(signature, inspect.Signature):
            self._signature, described = signature, function
        else:
            described = function if signature is None else signature
            self._signature = inspect.signature(described)
        self._injected_by = _own_signature(function) if signature is None else None
        self._parameters = dict(self._signature.parameters)
        self._types = {name: _type_of(described, each) for name, each in self._parameters.items()}
        self._context = next((name for name in self._parameters if self._is_context(name)), None)
        self.parameters: list[inspect.Parameter] = [
            parameter for name, parameter in self._parameters.items() if name != self._context
        ]
        """The parameters that are bound, in order."""
        self._described = str(inspect.Signature([self._shown(each) for each in self.parameters]))
        self._keywords: dict[str, Reader] = {}
        self._readers = {each.name: self._reader(each) for each in self.parameters}
        self._warn()

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
            injected = self._bind_injected(args, keywords, context)
            if injected is None:
                raise self._misfit(error) from None
            return injected
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

    def _bind_injected(
        self, args: Sequence[Any], keywords: Mapping[str, Any], context: Context | None
    ) -> inspect.BoundArguments | None:
        """The arguments for a decorator that takes any, and passes the function more than it gets itself.

        Only where all are named: of others nobody can tell which parameter they are for.
        """
        if self._injected_by is None or args or not keywords.keys() <= self._readers.keys():
            return None
        values = {name: self._convert(name, value) for name, value in keywords.items()}
        if self._context is not None:
            values[self._context] = context
        return self._injected_by.bind(**values)

    def _misfit(self, problem: object) -> BindingError:
        return BindingError(f"{problem}; the function is {self._name}{self._described}")

    def _shown(self, parameter: inspect.Parameter) -> inspect.Parameter:
        """The parameter with its annotation evaluated, which reads better than in quotes."""
        if parameter.annotation is inspect.Parameter.empty:
            return parameter
        return parameter.replace(annotation=self._types[parameter.name])

    def _is_context(self, name: str) -> bool:
        wanted = self._types[name]
        if wanted is Context or Context in get_args(wanted):
            return True
        return name == CONTEXT and (wanted is Any or isinstance(wanted, _Unknown))

    def _reader(self, parameter: inspect.Parameter) -> Reader:
        wanted = self._types[parameter.name]
        if isinstance(wanted, typing.ParamSpecArgs | typing.ParamSpecKwargs):
            return Reader(Any)
        if _is_unpacked(wanted):
            (inner,) = get_args(wanted)
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                hints = typing.get_type_hints(get_origin(inner) or inner)
                self._keywords = {name: Reader(hint) for name, hint in hints.items()}
            return Reader(Any)
        return Reader(wanted)

    def _warn(self) -> None:
        """Tell once which values are passed as they arrive, though there are annotations."""
        faulty = {
            name: self._types[name]
            for name, reader in {**self._readers, **self._keywords}.items()
            if reader.unreadable and name in self._types
        }
        faulty |= {
            name: each.unreadable[0]
            for name, each in self._keywords.items()
            if each.unreadable and name not in faulty
        }
        if faulty:
            shown = ", ".join(f"{name}: {_text_of(wanted)}" for name, wanted in faulty.items())
            _logger.warning(
                "%s: nothing can be converted to the annotations of %s; what they get is as JSON gives it",
                self._name,
                shown,
            )

    def _convert(self, name: str, value: Any) -> Any:
        kind, reader = self._parameters[name].kind, self._readers[name]
        if kind is inspect.Parameter.VAR_POSITIONAL:
            return tuple(
                self._convert_one(f"*{name}[{index}]", reader, each) for index, each in enumerate(value)
            )
        if kind is inspect.Parameter.VAR_KEYWORD:
            return {
                key: self._convert_one(key, self._keywords.get(key, reader), each)
                for key, each in value.items()
            }
        return self._convert_one(name, reader, value)

    def _convert_one(self, shown: str, reader: Reader, value: Any) -> Any:
        try:
            return reader.read(value)
        except UNREADABLE as error:
            raise self._misfit(f"argument {shown}: {error}") from None


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called."""
    name = getattr(plain_function(function), "__name__", None)
    return name if isinstance(name, str) else type(function).__name__


def plain_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind partials, decorators, bound methods and callable objects."""
    found: Any = function
    for _ in range(100):  # more than anybody nests
        if isinstance(found, functools.partial):
            found = found.func  # pyright: ignore[reportUnknownMemberType]
        elif hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        elif inspect.ismethod(found):
            found = found.__func__
        elif (
            not inspect.isroutine(found)
            and not isinstance(found, type)
            and inspect.isfunction(type(found).__call__)
        ):
            found = type(found).__call__
        else:
            break
    plain: Callable[..., Any] = found
    return plain


def _own_signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a decorated function without its decorators, if they take any keyword arguments."""
    if not hasattr(function, "__wrapped__"):
        return None
    try:
        found = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):  # of something in C
        return None
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in found.parameters.values())
    return found if takes_any else None


def _is_unpacked(wanted: Any) -> bool:
    return getattr(get_origin(wanted), "_name", None) == "Unpack" or repr(get_origin(wanted)).endswith(
        ".Unpack"
    )


def _text_of(wanted: Any) -> str:
    return wanted.__name__ if isinstance(wanted, type) else str(wanted)


def _type_of(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    if annotation.split(".")[-1] == Context.__name__:
        return Context  # often imported for type checkers only
    plain = plain_function(function)
    names: Mapping[str, Any] = inspect.getclosurevars(plain).nonlocals if inspect.isfunction(plain) else {}
    meaning: Any = annotation
    try:
        for _ in range(2):  # in quotes, where all annotations are text already
            if isinstance(meaning, str):
                meaning = meaning_of(meaning, getattr(plain, "__globals__", {}), names)
    except (
        Exception
    ):  # whatever the text of an annotation may raise, often as it was imported for type checkers only
        return _Unknown(annotation)
    return meaning
