"""Calls of functions in one colony, for coroutines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from colonyos_gen_wire import Conditions, FunctionSpec, ProcessState, WorkflowSpec
from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS
from colonyos_gen_wire.submission import AsyncSubmitting, Submittable

from colonyos_gen._arguments import require_type_name
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._administration.colonies import AsyncColonies
from colonyos_gen.session._administration.crons import AsyncCrons
from colonyos_gen.session._administration.executors import AsyncExecutors
from colonyos_gen.session._administration.generators import AsyncGenerators
from colonyos_gen.session._handles.process import AsyncProcessHandle
from colonyos_gen.session._handles.workflow import AsyncWorkflowHandle
from colonyos_gen.session._removal.bulk import BulkProcedure, Removed
from colonyos_gen.session._request import (
    check_call,
    completed,
    completed_workflow,
    only_type,
)
from colonyos_gen.session._returns import Returns
from colonyos_gen.session._scope import AsyncScope
from colonyos_gen.session._unknown_types import KnownTypes
from colonyos_gen.workflows._options import function_spec


@short_tracebacks
class AsyncSession(AsyncScope, AsyncSubmitting[AsyncProcessHandle, AsyncWorkflowHandle]):
    """A client bound to a colony; `async with connect() as session` makes one.

        async with connect() as session:
            print(await session.call("greet", "world", to="greeter", timeout=10))

    Everything belongs to the event loop in which it is first used.

    Args:
        rpc: The client; `rpc` gives it back.
        colonyname: Name of the colony; None for calls of `rpc` only.
        owned: Whether the client is closed with this session.
    """

    def __init__(self, rpc: AsyncClient, colonyname: str | None, *, owned: bool = False) -> None:
        super().__init__(rpc, colonyname)
        self._owned = owned
        self._types = KnownTypes(rpc)

    @cached_property
    def colonies(self) -> AsyncColonies:
        """The colonies of the server, for its owner."""
        return AsyncColonies(self)

    @cached_property
    def executors(self) -> AsyncExecutors:
        """The executors of the colony."""
        return AsyncExecutors(self)

    @cached_property
    def crons(self) -> AsyncCrons:
        """The crons of the colony."""
        return AsyncCrons(self)

    @cached_property
    def generators(self) -> AsyncGenerators:
        """The generators of the colony."""
        return AsyncGenerators(self)

    async def _submit(
        self,
        what: str | FunctionSpec | WorkflowSpec | Submittable,
        args: Sequence[Any],
        to: str | None,
        options: Mapping[str, Any],
    ) -> AsyncProcessHandle | AsyncWorkflowHandle:
        require_type_name("submit", "to", to)
        if isinstance(what, str):
            executortype = await self._type_for(what) if to is None else to
            conditions = Conditions(colonyname=self.colonyname, executortype=executortype)
            spec = function_spec("submit", what, args, conditions, options)
            return await self._submit_spec(spec, looked_up=to is None)
        if not isinstance(what, FunctionSpec | WorkflowSpec) and not callable(getattr(what, "spec", None)):
            kinds = "the name of a function, a FunctionSpec, a WorkflowSpec or a Workflow"
            raise TypeError(f"{what!r} cannot be submitted; it must be {kinds}")
        # An option that is None is left out; anything else would be an argument.
        if args or any(
            value is not None or name not in FUNCTION_SPEC_OPTIONS for name, value in options.items()
        ):
            raise TypeError(f"{type(what).__name__} has its own arguments and options; set them there")
        if isinstance(what, FunctionSpec):
            spec = completed(what, self.colonyname, to)
            if nameless := not spec.conditions.executortype:  # which only executors without a type would take
                spec = completed(spec, self.colonyname, await self._type_for(spec.funcname))
            return await self._submit_spec(spec, looked_up=nameless)
        if to is not None:
            raise TypeError("a workflow has an executor type for each of its nodes; leave to= out")
        workflow = completed_workflow(what, self.colonyname)
        specs = workflow.functionspecs
        look = self._types.look_for(workflow.colonyname, (each.conditions for each in specs))
        graph = await self._types.beside(look, self.rpc.submit_workflow(workflow))
        return AsyncWorkflowHandle(self, graph)

    async def _submit_spec(self, spec: FunctionSpec, *, looked_up: bool = False) -> AsyncProcessHandle:
        # Both are under way at the same time, so that a warning costs a submission no time.
        conditions = spec.conditions
        look = None if looked_up else self._types.look_for(conditions.colonyname, [conditions])
        process = await self._types.beside(look, self.rpc.submit(spec))
        return AsyncProcessHandle(self, process, look)

    async def _call(
        self,
        funcname: str,
        args: Sequence[Any],
        to: str | None,
        timeout: float | None,
        returns: Any,
        options: Mapping[str, Any],
    ) -> Any:
        check_call(funcname, timeout, options)
        reading = None if returns is None else Returns(returns)
        handle = await self.submit(funcname, *args, to=to, **options)
        value = await handle.output(timeout)
        return value if reading is None else reading.read(handle.process, value)

    async def process(self, processid: str) -> AsyncProcessHandle:
        """A handle for a process that exists. Raises NotFoundError or another RPCError."""
        return AsyncProcessHandle(self, await self.rpc.get_process(processid))

    async def workflow(self, processgraphid: str) -> AsyncWorkflowHandle:
        """A handle for a workflow that exists. Raises NotFoundError or another RPCError."""
        return AsyncWorkflowHandle(self, await self.rpc.get_processgraph(processgraphid))

    async def remove_all_processes(
        self, state: ProcessState | None = None, timeout: float | None = None
    ) -> Removed:
        """Remove the processes of the colony one by one, each as `AsyncProcessHandle.remove` does; whoever submitted them.

        Those of workflows are left alone. What is submitted meanwhile is removed as well, as far as it is seen.

        Args:
            state: State of those to remove; None for all of them. What waits or runs is cancelled.
            timeout: Seconds to wait until they have ended, for all together; None for as long as it takes, up to 30 for each.
                Each state is listed once at least, up to 100 of it, and no more when they have passed. What was listed by
                then is cancelled, looked at and removed, also with 0; that it settles is waited for in any case.

        Returns:
            The ids of those that were removed, and for the others why they were not.

        Raises:
            RPCError: They cannot be listed.
        """
        return await BulkProcedure(self.rpc, self.colonyname, timeout).remove_processes(state)

    async def remove_all_workflows(
        self, state: ProcessState | None = None, timeout: float | None = None
    ) -> Removed:
        """Remove the workflows of the colony one by one, each as `AsyncWorkflowHandle.remove` does; whoever submitted them.

        Args:
            state: State of those to remove; None for all of them. Those of which a process has not ended are cancelled.
            timeout: Seconds to wait until they have ended, for all together; None for as long as it takes, up to 30 for each.
                Each state is listed once at least, up to 100 of it, and no more when they have passed. What was listed by
                then is cancelled, looked at and removed, also with 0; that it settles is waited for in any case.

        Returns:
            The ids of those that were removed, and for the others why they were not.

        Raises:
            RPCError: They cannot be listed.
        """
        return await BulkProcedure(self.rpc, self.colonyname, timeout).remove_workflows(state)

    async def close(self) -> None:
        """Close the connections of this session."""
        if self._owned:
            await self._types.settle()
            await self.rpc.close_connections()

    async def _type_for(self, funcname: str) -> str:
        functions = await self.rpc.get_functions(self.colonyname)
        types: dict[str, str] = {}
        if any(not each.executortype for each in functions if each.funcname == funcname):
            executors = await self.rpc.get_executors(self.colonyname)
            types = {executor.executorname: executor.executortype for executor in executors}
        return only_type(
            funcname,
            ((each.funcname, each.executortype or types.get(each.executorname, "")) for each in functions),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._colonyname!r}, {self.rpc!r})"
