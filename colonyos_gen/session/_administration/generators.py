"""The generators of a colony, in few words."""

from __future__ import annotations

from colonyos_gen_wire import Generator

from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._named import ALL, named
from colonyos_gen.session._removal.arguments import require_limit, require_name
from colonyos_gen.session._removal.generator import GeneratorProcedure
from colonyos_gen.session._scope import AsyncScope


@short_tracebacks
class AsyncGenerators:
    """The generators of the colony: `session.generators`."""

    def __init__(self, scope: AsyncScope) -> None:
        self._scope = scope

    async def list(self) -> list[Generator]:
        """All generators, without the lengths of their queues. Raises RPCError."""
        return await self._scope.rpc.get_generators(self._scope.colonyname, ALL)

    async def get(self, name: str) -> Generator:
        """A generator, with the length of its queue. Raises RPCError, and LookupError for a name that no generator has."""
        return await self._scope.rpc.get_generator((await self._find(name)).generatorid)

    async def remove(self, name: str, timeout: float | None = 0.0) -> None:
        """Remove a generator; what it has started goes on, and what is in its queue is lost.

        A real server may end when a generator is removed while a batch of it is being submitted. So it is removed only while
        its queue is below its trigger, and has been so for a second. Nobody may pack meanwhile, which cannot be seen from
        here: stop those who do.

        Args:
            name: Name of the generator.
            timeout: Seconds to wait for a batch that is due, and for others who remove it; 0 to refuse then; None for as
                long as it takes. The second is waited for in any case. What is refused is not removed later.

        Raises:
            RemovalRefused: A batch is due.
            LookupError: No generator has this name.
            InvalidRequestError: An argument is not what it must be. Nothing was sent.
            RPCError: The server refuses it.
        """
        require_name("remove_generator", name)
        require_limit("remove_generator", timeout)
        await GeneratorProcedure(self._scope.rpc, await self._find(name), timeout).remove()

    async def _find(self, name: str) -> Generator:
        return named(await self.list(), name, f"colony {self._scope.colonyname!r} has no generator")


@short_tracebacks
class Generators:
    """The generators of the colony; the methods are those of `AsyncGenerators`."""

    def __init__(self, rpc: Client, inner: AsyncGenerators) -> None:
        self._run = rpc.run
        self._inner = inner

    def list(self) -> list[Generator]:
        """All generators, without the lengths of their queues. Raises RPCError."""
        return self._run(self._inner.list())

    def get(self, name: str) -> Generator:
        """A generator, with the length of its queue. Raises RPCError, and LookupError for a name that no generator has."""
        return self._run(self._inner.get(name))

    def remove(self, name: str, timeout: float | None = 0.0) -> None:
        """Remove a generator while no batch of it is being submitted (see `AsyncGenerators.remove`).

        Raises:
            RemovalRefused: A batch is due.
            LookupError: No generator has this name.
            RPCError: The server refuses it.
        """
        self._run(self._inner.remove(name, timeout))
