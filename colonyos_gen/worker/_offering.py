"""The functions that a worker offers, told by decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from colonyos_gen._arguments import require_str, with_options
from colonyos_gen._tracebacks import short_traceback
from colonyos_gen.worker._pool.hooks import Hooks
from colonyos_gen.worker._pool.places import found
from colonyos_gen.worker._running.functions import Offer, SignatureLike
from colonyos_gen.worker._running.reconciler import Handler
from colonyos_gen.worker._running.retries import Errors, Retries

FuncT = TypeVar("FuncT", bound=Callable[..., Any])


class Offering(Hooks):
    """The part of a worker that knows its functions."""

    def __init__(self, executortype: str) -> None:
        super().__init__(executortype)
        self._offers: dict[str, Offer] = {}
        self._handlers: dict[str, Handler] = {}

    @overload
    def function(
        self,
        call: FuncT,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        description: str | None = None,
        signature: SignatureLike | None = None,
        retries: int = 0,
        backoff: float = 1.0,
        retry_on: Errors = Exception,
    ) -> FuncT: ...

    @overload
    def function(
        self,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        description: str | None = None,
        signature: SignatureLike | None = None,
        retries: int = 0,
        backoff: float = 1.0,
        retry_on: Errors = Exception,
    ) -> Callable[[FuncT], FuncT]: ...

    @with_options()
    def function(
        self,
        call: FuncT | None = None,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        description: str | None = None,
        signature: SignatureLike | None = None,
        retries: int = 0,
        backoff: float = 1.0,
        retry_on: Errors = Exception,
    ) -> FuncT | Callable[[FuncT], FuncT]:
        """Offer a function, which stays as it is: a decorator, with or without arguments.

        Args:
            call: The function, async or not. A parameter `ctx` without another annotation, or one annotated with `Context`,
                gets the context; in workflows, a parameter `inputs` gets the outputs of the parents.
            name: Name by which processes ask for it; None for its own.
            timeout: Seconds after which its process is failed; None for no limit but that of the process.
            description: What it does; None for the first paragraph of its docstring.
            signature: What callers pass, where decorators pass the function more: a signature, or a function that has it.
            retries: How often it is tried again when it raises, within one attempt at its process: deadline and `timeout`
                count for all tries together. Each failure is a line in the log of the process; the last one fails it.
            backoff: Seconds before it is tried again; twice as many before each further try, up to a minute.
            retry_on: The exceptions after which it is tried again: a class, or a tuple of them. Arguments that do not fit
                fail the process at once. With `pool="process"`, a process that crashes or is killed raises `ProcessDied`, a
                RuntimeError, which Exception covers: the next try has another one.

        Raises:
            TypeError: It cannot be one, such as a generator, or a method without its object; `retry_on` is no exception
                class; an argument is of a wrong type, or there is no such argument.
            ValueError: There is one of that name, or the timeout is not positive; `retries` or `backoff` is negative.
        """

        again = Retries(retries, backoff, retry_on)

        @short_traceback
        def offer(call: FuncT) -> FuncT:
            made = Offer(call, name, timeout, description, signature, again)
            if made.name in self._offers:
                raise ValueError(
                    f"the worker has a function {made.name!r} already; give this one another name=…"
                )
            self._offers[made.name] = made
            found.note(self.executortype, made.name, call, made)
            return call

        return offer if call is None else offer(call)

    def reconciles(self, kind: str, *, timeout: float | None = None) -> Callable[[FuncT], FuncT]:
        """Let a function bring blueprints of a kind in line with the world: a decorator.

        The function is called with each blueprint, which has the desired `spec` and the `status` stored last, and with the
        context if it asks for it. What it returns, a mapping, becomes the status; None leaves it as it is. The definition
        of the kind must name this worker's type as handler.

        Raises:
            TypeError: It cannot be a function of a worker.
            ValueError: The kind has one already.
        """

        require_str("kind", kind, may_lack=False)

        @short_traceback
        def register(call: FuncT) -> FuncT:
            handler = self._handlers.setdefault(kind, Handler(kind))
            if handler.reconcile is not None:
                raise ValueError(f"the worker has a function for blueprints of kind {kind!r} already")
            handler.reconcile = Offer(call, timeout=timeout)
            found.note(self.executortype, f"reconciles {kind}", call, handler.reconcile)
            return call

        return register

    def cleans_up(self, kind: str) -> Callable[[FuncT], FuncT]:
        """Let a function clean up after blueprints of a kind that were removed: a decorator.

        It is called with the name of the blueprint, and with the context if it asks for it.

        Raises:
            TypeError: It cannot be a function of a worker.
            ValueError: The kind has one already.
        """

        require_str("kind", kind, may_lack=False)

        @short_traceback
        def register(call: FuncT) -> FuncT:
            handler = self._handlers.setdefault(kind, Handler(kind))
            if handler.clean_up is not None:
                raise ValueError(f"the worker has a function that cleans up after kind {kind!r} already")
            handler.clean_up = Offer(call)
            found.note(self.executortype, f"cleans up {kind}", call, handler.clean_up)
            return call

        return register

    def _by_key(self) -> dict[str, Offer]:
        """All that can be called, by what it was noted as."""
        handled = {
            f"{verb} {kind}": offer
            for kind, handler in self._handlers.items()
            for verb, offer in (("reconciles", handler.reconcile), ("cleans up", handler.clean_up))
            if offer is not None
        }
        return self._offers | handled
