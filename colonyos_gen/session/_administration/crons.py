"""The crons of a colony, in few words."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from colonyos_gen_wire import Cron, FunctionSpec, WorkflowSpec
from colonyos_gen_wire.submission import Submittable
from msgspec.structs import replace

from colonyos_gen._call.envelope import encoded
from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._named import ALL, named
from colonyos_gen.session._request import completed, completed_workflow
from colonyos_gen.session._scope import AsyncScope
from colonyos_gen.spec_file import load_spec

CronSpec: TypeAlias = str | Path | FunctionSpec | WorkflowSpec | Submittable
"""What a cron starts: a file, a function, or a workflow."""


@short_tracebacks
class AsyncCrons:
    """The crons of the colony: `session.crons`."""

    def __init__(self, scope: AsyncScope) -> None:
        self._scope = scope

    async def add(
        self,
        name: str,
        expression: str = "",
        *,
        spec: CronSpec,
        interval: int = -1,
        wait_for_previous: bool = False,
    ) -> Cron:
        """Start something again and again.

        Args:
            name: Name of the cron.
            expression: Six fields, beginning with the seconds, or a descriptor such as `@daily`.
            spec: What to start: a workflow, a function spec, or a JSON file with one or a list of them.
            interval: Seconds between two starts, instead of an expression.
            wait_for_previous: Whether to wait for the previous workflow. After one that was cancelled it waits for ever.

        Raises:
            RPCError: The server refuses it, such as for an expression of five fields.
            OSError: The file cannot be read.
            ValueError: The file holds something else.
        """
        cron = Cron(
            colonyname=self._scope.colonyname,
            name=name,
            workflowspec=encoded(_workflow(spec, self._scope.colonyname)).decode(),
            cronexpression=expression,
            interval=interval,
            waitforprevprocessgraph=wait_for_previous,
        )
        return await self._scope.rpc.add_cron(cron)

    async def list(self) -> list[Cron]:
        """All crons. Raises RPCError."""
        return await self._scope.rpc.get_crons(self._scope.colonyname, ALL)

    async def run(self, name: str) -> Cron:
        """Start a cron now. Raises RPCError, and LookupError for a name that no cron has."""
        return await self._scope.rpc.run_cron(await self._id_of(name))

    async def remove(self, name: str) -> None:
        """Remove a cron; what it has started goes on. Raises RPCError, and LookupError for a name that no cron has."""
        await self._scope.rpc.remove_cron(await self._id_of(name))

    async def _id_of(self, name: str) -> str:
        return named(await self.list(), name, f"colony {self._scope.colonyname!r} has no cron").cronid


@short_tracebacks
class Crons:
    """The crons of the colony; the methods are those of `AsyncCrons`."""

    def __init__(self, rpc: Client, inner: AsyncCrons) -> None:
        self._run = rpc.run
        self._inner = inner

    def add(
        self,
        name: str,
        expression: str = "",
        *,
        spec: CronSpec,
        interval: int = -1,
        wait_for_previous: bool = False,
    ) -> Cron:
        """Start something again and again (see `AsyncCrons.add`)."""
        return self._run(
            self._inner.add(
                name, expression, spec=spec, interval=interval, wait_for_previous=wait_for_previous
            )
        )

    def list(self) -> list[Cron]:
        """All crons. Raises RPCError."""
        return self._run(self._inner.list())

    def run(self, name: str) -> Cron:
        """Start a cron now. Raises RPCError, and LookupError for a name that no cron has."""
        return self._run(self._inner.run(name))

    def remove(self, name: str) -> None:
        """Remove a cron; what it has started goes on. Raises RPCError, and LookupError for a name that no cron has."""
        self._run(self._inner.remove(name))


def _workflow(spec: CronSpec, colonyname: str) -> WorkflowSpec:
    loaded = load_spec(spec, colonyname) if isinstance(spec, str | Path) else spec
    if isinstance(loaded, FunctionSpec):
        node = completed(loaded, colonyname, None)
        loaded = WorkflowSpec(colonyname=colonyname, functionspecs=[node])
    if isinstance(loaded, WorkflowSpec) and len(loaded.functionspecs) == 1:
        (node,) = loaded.functionspecs
        loaded = replace(loaded, functionspecs=[replace(node, nodename=node.nodename or node.funcname)])
    return completed_workflow(loaded, colonyname)
