"""Calls of functions in one colony."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from colonyos_gen_wire import FunctionSpec, ProcessState, WorkflowSpec
from colonyos_gen_wire.submission import Submittable, Submitting

from colonyos_gen._callers import caller
from colonyos_gen._client.own_loop import loops
from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._administration.colonies import Colonies
from colonyos_gen.session._administration.crons import Crons
from colonyos_gen.session._administration.executors import Executors
from colonyos_gen.session._administration.generators import Generators
from colonyos_gen.session._async_session import AsyncSession
from colonyos_gen.session._handles.sync_process import ProcessHandle
from colonyos_gen.session._handles.sync_workflow import WorkflowHandle
from colonyos_gen.session._removal.bulk import Removed
from colonyos_gen.session._request import check_call
from colonyos_gen.session._returns import Returns
from colonyos_gen.session._scope import Scope
from colonyos_gen.session._unknown_types import submitter


@short_tracebacks
class Session(Scope, Submitting[ProcessHandle, WorkflowHandle]):
    """A client bound to a colony; `connect()` makes one. The methods are those of `AsyncSession`.

        with connect() as session:
            print(session.call("greet", "world", to="greeter", timeout=10))

    It may be used from several threads at once, and where an event loop is already running, as in notebooks. One that
    `connect()` has made can also be entered with `async with`, which gives an `AsyncSession`.

    Args:
        rpc: The client; `rpc` gives it back.
        colonyname: Name of the colony; None for calls of `rpc` only.
        owned: Whether the client is closed with this session.
    """

    def __init__(
        self,
        rpc: Client,
        colonyname: str | None,
        *,
        owned: bool = False,
    ) -> None:
        super().__init__(rpc, colonyname)
        self.asynchronous: AsyncSession = AsyncSession(rpc.asynchronous, colonyname)
        """The session behind this one. Its methods are to be awaited inside of `rpc.run` only."""
        self._owned = owned
        self._named = colonyname
        self._entered: AsyncSession | None = None

    @cached_property
    def colonies(self) -> Colonies:
        """The colonies of the server, for its owner."""
        return Colonies(self.rpc, self.asynchronous.colonies)

    @cached_property
    def executors(self) -> Executors:
        """The executors of the colony."""
        return Executors(self.rpc, self.asynchronous.executors)

    @cached_property
    def crons(self) -> Crons:
        """The crons of the colony."""
        return Crons(self.rpc, self.asynchronous.crons)

    @cached_property
    def generators(self) -> Generators:
        """The generators of the colony."""
        return Generators(self.rpc, self.asynchronous.generators)

    def _submit(
        self,
        what: str | FunctionSpec | WorkflowSpec | Submittable,
        args: Sequence[Any],
        to: str | None,
        options: Mapping[str, Any],
    ) -> ProcessHandle | WorkflowHandle:
        given = options if to is None else {**options, "to": to}
        token = submitter.set(caller())
        try:
            if isinstance(what, str | FunctionSpec):
                return ProcessHandle(self, self.rpc.run(self.asynchronous.submit(what, *args, **given)))
            return WorkflowHandle(self, self.rpc.run(self.asynchronous.submit(what, *args, **given)))
        finally:
            submitter.reset(token)

    def _call(
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
        handle = self.submit(funcname, *args, to=to, **options)
        value = handle.output(timeout)
        return value if reading is None else reading.read(handle.process, value)

    def process(self, processid: str) -> ProcessHandle:
        """A handle for a process that exists. Raises NotFoundError or another RPCError."""
        return ProcessHandle(self, self.rpc.run(self.asynchronous.process(processid)))

    def workflow(self, processgraphid: str) -> WorkflowHandle:
        """A handle for a workflow that exists. Raises NotFoundError or another RPCError."""
        return WorkflowHandle(self, self.rpc.run(self.asynchronous.workflow(processgraphid)))

    def remove_all_processes(
        self, state: ProcessState | None = None, timeout: float | None = None
    ) -> Removed:
        """Remove the processes of the colony one by one (see `AsyncSession.remove_all_processes`). Raises RPCError."""
        return self.rpc.run(self.asynchronous.remove_all_processes(state, timeout))

    def remove_all_workflows(
        self, state: ProcessState | None = None, timeout: float | None = None
    ) -> Removed:
        """Remove the workflows of the colony one by one (see `AsyncSession.remove_all_workflows`). Raises RPCError."""
        return self.rpc.run(self.asynchronous.remove_all_workflows(state, timeout))

    def close(self) -> None:
        """Close the connections of this session."""
        if self._owned:
            self.rpc.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> AsyncSession:
        if not self._owned:
            raise RuntimeError("this session is synchronous only; make an AsyncSession of an AsyncClient")
        try:
            loops[self.rpc].give_up()
        except RuntimeError:
            raise RuntimeError("this session is in use already; connect() once more") from None
        self._entered = AsyncSession(self.rpc.asynchronous, self._named, owned=True)
        return self._entered

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        entered, self._entered = self._entered, None
        if entered is not None:
            await entered.close()
        self.close()

    def __repr__(self) -> str:
        return (
            repr(self.asynchronous)
            .replace("AsyncSession", type(self).__name__, 1)
            .replace("AsyncClient", "Client", 1)
        )
