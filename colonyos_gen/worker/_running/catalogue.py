"""What a worker can do: its functions, and what it does about blueprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colonyos_gen_wire import Function as WireFunction
from colonyos_gen_wire import Process

from colonyos_gen._call.intercepting import around_runs
from colonyos_gen._secrets import Secrets
from colonyos_gen.interceptors import Interceptor, ProcessRun
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.intercepting import run_intercepted
from colonyos_gen.worker._running.invoking import Invoker, Raised, tried
from colonyos_gen.worker._running.reconciler import Handler, Reconciler


class UnknownFunctionError(Exception):
    """A process asks for a function that the worker does not have."""


class Catalogue:
    """Finds what a process asks for, and calls it.

    Args:
        offers: The functions of the worker, by name.
        reconciler: What runs processes of blueprints.
        invoker: Where functions run.
        interceptors: What comes around runs of processes, the outermost first.
        executorname: Name of the worker.
        secrets: What must not get into logs.
    """

    def __init__(
        self,
        offers: Mapping[str, Offer],
        reconciler: Reconciler,
        invoker: Invoker,
        interceptors: Sequence[Interceptor],
        executorname: str,
        secrets: Secrets,
    ) -> None:
        self._offers = offers
        self._reconciler = reconciler
        self._invoker = invoker
        self._around = around_runs(interceptors)
        self._executorname = executorname
        self._secrets = secrets

    def timeout_of(self, process: Process) -> float | None:
        """Seconds that a process may take; None for no limit but its own."""
        handler = self._handler_of(process)
        if handler is not None:
            return None if handler.reconcile is None else handler.reconcile.timeout
        offer = self._offers.get(process.spec.funcname)
        return None if offer is None else offer.timeout

    async def call(self, context: Context, cancellation: Cancellation) -> Any:
        """What the function that a process asks for returns; a `Raised` if it raises.

        Raises what preparing the call raises, such as BindingError.
        """
        if not self._around:
            return await self._call(context, cancellation)
        run = ProcessRun(context.process, self._executorname)
        return await run_intercepted(
            self._around, run, lambda: self._call(context, cancellation), cancellation
        )

    async def functions(self, executortype: str, colonyname: str) -> list[WireFunction]:
        """All of it, as the server is told."""
        own = [each.on_wire(self._executorname, executortype, colonyname) for each in self._offers.values()]
        names = {each.funcname for each in own}
        return own + [each for each in await self._reconciler.functions() if each.funcname not in names]

    async def _call(self, context: Context, cancellation: Cancellation) -> Any:
        process, spec = context.process, context.process.spec
        handler = self._handler_of(process)
        if handler is not None:
            return await self._reconciler.run(handler, context, cancellation)
        offer = self._offers.get(spec.funcname)
        if offer is None:
            known = ", ".join(sorted(self._offers)) or "none"
            text = f"{self._executorname} has no function {spec.funcname!r}; it has: {known}"
            return Raised(UnknownFunctionError(text))
        if not offer.retries.most:
            return await self._invoker.call(offer, context, cancellation)

        async def call() -> Any:
            return await self._invoker.call(offer, context, cancellation)

        return await tried(offer.retries, call, context, cancellation, self._secrets)

    def _handler_of(self, process: Process) -> Handler | None:
        """A function of the name goes before what handles blueprints."""
        return None if process.spec.funcname in self._offers else self._reconciler.handler_of(process)
