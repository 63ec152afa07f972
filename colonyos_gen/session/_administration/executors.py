"""The executors of a colony, in few words."""

from __future__ import annotations

from colonyos_gen_wire import Executor

from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._removal.executor import ExecutorProcedure
from colonyos_gen.session._scope import AsyncScope


@short_tracebacks
class AsyncExecutors:
    """The executors of the colony: `session.executors`. Its owner admits them, and its members may list them."""

    def __init__(self, scope: AsyncScope) -> None:
        self._scope = scope

    async def approve(self, name: str) -> None:
        """Let an executor take work. Raises RPCError."""
        await self._scope.rpc.approve_executor(self._scope.colonyname, name)

    async def reject(self, name: str) -> None:
        """Let an executor take no work. Raises RPCError."""
        await self._scope.rpc.reject_executor(self._scope.colonyname, name)

    async def remove(self, name: str, timeout: float | None = 0.0, *, hazardous: bool = False) -> None:
        """Unregister an executor that runs nothing. Stop its worker before.

        Args:
            name: Name of the executor.
            timeout: Seconds to wait until it runs nothing, and for others who remove it; 0 to refuse then; None for as long
                as it takes. Nothing needs to settle, unless an answer is lost: that comes on top. What is refused is not
                removed later.
            hazardous: Remove it whatever it runs, and without a look at that: the server gives all of it to others, although
                a worker that is still there goes on with it. Right for one that is gone for good.

        Raises:
            RemovalRefused: It has running processes, or no key of this session may look.
            InvalidRequestError: An argument is not what it must be. Nothing was sent.
            RPCError: The server refuses it, or cannot be reached. If the answer to the removal is lost, and a look does not
                tell what came of it, the error says so: it is not sent again, since somebody else may have the name.
        """
        scope = self._scope
        await ExecutorProcedure(scope.rpc, scope.colonyname, name, timeout).remove(hazardous)

    async def list(self) -> list[Executor]:
        """All executors, also those that were removed. Raises RPCError."""
        return await self._scope.rpc.get_executors(self._scope.colonyname)


@short_tracebacks
class Executors:
    """The executors of the colony; the methods are those of `AsyncExecutors`."""

    def __init__(self, rpc: Client, inner: AsyncExecutors) -> None:
        self._run = rpc.run
        self._inner = inner

    def approve(self, name: str) -> None:
        """Let an executor take work. Raises RPCError."""
        self._run(self._inner.approve(name))

    def reject(self, name: str) -> None:
        """Let an executor take no work. Raises RPCError."""
        self._run(self._inner.reject(name))

    def remove(self, name: str, timeout: float | None = 0.0, *, hazardous: bool = False) -> None:
        """Unregister an executor that runs nothing (see `AsyncExecutors.remove`).

        Raises:
            RemovalRefused: It has running processes, or no key of this session may look.
            RPCError: The server refuses it.
        """
        self._run(self._inner.remove(name, timeout, hazardous=hazardous))

    def list(self) -> list[Executor]:
        """All executors, also those that were removed. Raises RPCError."""
        return self._run(self._inner.list())
