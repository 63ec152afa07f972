"""Processes that bring the world in line with blueprints."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from colonyos_gen_wire import BlueprintDefinition, Process
from colonyos_gen_wire import Function as WireFunction

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._values.writing import to_plain
from colonyos_gen.errors import NotFoundError
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.invoking import Invoker, Raised
from colonyos_gen.worker._taking.availability import Availability

CLEANUP = "cleanup"
"""Name of the function that the server asks for when a blueprint has been removed."""

_logger = logging.getLogger("colonyos_gen.worker")


class ReconcileError(Exception):
    """Some blueprints could not be brought in line; the message names each of them."""


class Handler:
    """What is called for blueprints of one kind, and what is called when one has been removed."""

    def __init__(self, kind: str) -> None:
        self.kind: str = kind
        self.reconcile: Offer | None = None
        self.clean_up: Offer | None = None


class Reconciler:
    """Runs the processes that the server submits for blueprints.

    Args:
        handlers: What handles which kind.
        invoker: Where functions run.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        handlers: Mapping[str, Handler],
        invoker: Invoker,
        *,
        colonyname: str,
        executorname: str,
        executortype: str,
    ) -> None:
        self._client = client
        self._availability = availability
        self._handlers = handlers
        self._invoker = invoker
        self._colonyname = colonyname
        self._executorname = executorname
        self._executortype = executortype
        self._locks: dict[str, asyncio.Lock] = {}

    async def functions(self) -> list[WireFunction]:
        """The functions by which the server asks for the kinds that are handled here.

        They stand in the definitions of the kinds. A kind that has none yet is handled nevertheless, once it has.
        """
        if not self._handlers:
            return []
        definitions = await self._availability.insist(
            lambda: self._client.get_blueprint_definitions(self._colonyname)
        )
        found: list[WireFunction] = []
        for kind, handler in self._handlers.items():
            if handler.reconcile is None:
                continue
            definition = next((each for each in definitions if each.spec.names.kind == kind), None)
            if self._is_ours(kind, definition) and definition is not None:
                offer = handler.reconcile
                found.append(
                    WireFunction(
                        executorname=self._executorname,
                        executortype=self._executortype,
                        colonyname=self._colonyname,
                        funcname=definition.spec.handler.functionName,
                        description=offer.description,
                    )
                )
        return found

    def handler_of(self, process: Process) -> Handler | None:
        """What handles this process; None if it has nothing to do with blueprints, or with those of other kinds."""
        kind = process.spec.kwargs.get("kind")
        return self._handlers.get(kind) if isinstance(kind, str) else None

    async def run(self, handler: Handler, context: Context, cancellation: Cancellation) -> Any:
        """Run a process of a blueprint.

        Returns the new status of each blueprint by its name, or a `Raised`.
        """
        spec = context.process.spec
        name = spec.kwargs.get("blueprintName")
        if spec.funcname == CLEANUP and handler.clean_up is None:
            return None
        if spec.funcname == CLEANUP and handler.clean_up is not None:
            return await self._call(handler.clean_up, name, context, cancellation)
        if handler.reconcile is None:
            return Raised(ReconcileError(f"nothing here reconciles blueprints of kind {handler.kind!r}"))
        names = [name] if isinstance(name, str) and name else await self._names(handler.kind, context)
        statuses: dict[str, Any] = {}
        failures: dict[str, BaseException] = {}
        for each in names:
            if context.cancelled:
                break
            try:
                await self._reconcile_one(handler.reconcile, each, context, cancellation, statuses)
            except Exception as error:  # one that fails does not keep the others from being brought in line
                failures[each] = error
        if not failures:
            return statuses
        if len(names) == 1:
            return Raised(failures[names[0]])
        texts = "; ".join(f"{each}: {type(error).__name__}: {error}" for each, error in failures.items())
        return Raised(ReconcileError(f"{len(failures)} of {len(names)} blueprints: {texts}"))

    async def _names(self, kind: str, context: Context) -> list[str]:
        """The blueprints that the regular process is for: those of the kind, at the location that it was sent to."""
        location = context.process.spec.conditions.locationname
        found = await self._availability.insist(
            lambda: self._client.get_blueprints(self._colonyname, kind, location)
        )
        return [each.metadata.name for each in found]

    async def _reconcile_one(
        self, offer: Offer, name: str, context: Context, cancellation: Cancellation, statuses: dict[str, Any]
    ) -> None:
        # The regular process and one for a change may meet; the later one is to see what the earlier one did.
        async with self._locks.setdefault(name, asyncio.Lock()):
            try:
                blueprint = await self._availability.insist(
                    lambda: self._client.get_blueprint(self._colonyname, name)
                )
            except NotFoundError:
                context.log(f"blueprint {name} has been removed")
                return
            status = await self._call(offer, blueprint, context, cancellation)
            if isinstance(status, Raised):
                raise (
                    status.error if isinstance(status.error, Exception) else RuntimeError(repr(status.error))
                )
            if status is None:
                return
            written = to_plain(status, "status")
            if not isinstance(written, dict):
                raise TypeError(
                    f"{offer.name} returned a {type(status).__name__}; the status must be a mapping"
                )
            statuses[name] = written
            await self._availability.insist(
                lambda: self._client.update_blueprint_status(self._colonyname, name, written)  # pyright: ignore[reportUnknownArgumentType]
            )

    async def _call(self, offer: Offer, subject: Any, context: Context, cancellation: Cancellation) -> Any:
        return await self._invoker.call(offer, context, cancellation, (subject,))

    def _is_ours(self, kind: str, definition: BlueprintDefinition | None) -> bool:
        if definition is None:
            _logger.warning("%s: there is no blueprint definition of kind %s yet", self._executorname, kind)
            return False
        if definition.spec.handler.executorType != self._executortype:
            _logger.warning(
                "%s: blueprints of kind %s are handled by executors of type %r, and so not here (%r)",
                self._executorname,
                kind,
                definition.spec.handler.executorType,
                self._executortype,
            )
            return False
        return True
