"""The colonies of a server, in few words."""

from __future__ import annotations

from colonyos_gen_wire import Colony

from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.session._removal.colony import ColonyProcedure
from colonyos_gen.session._scope import AsyncScope


@short_tracebacks
class AsyncColonies:
    """The colonies of the server, for its owner: `session.colonies`."""

    def __init__(self, scope: AsyncScope) -> None:
        self._scope = scope

    async def add(self, name: str, colonyid: str | None = None) -> Colony:
        """Add a colony, owned by the session's colony key or by `colonyid`. Raises RPCError, also without such a key."""
        rpc = self._scope.rpc
        owner = rpc.identity("colony") if colonyid is None else colonyid
        return await rpc.add_colony(Colony(colonyid=owner, name=name))

    async def remove(
        self, name: str, timeout: float | None = 0.0, *, clear: bool = False, hazardous: bool = False
    ) -> None:
        """Remove a colony in which nobody is at work.

        A real server may end, for everybody, when a colony is removed while something is assigned or closed in it. So it is
        removed only while nothing waits or runs in it, no cron and no generator submits, no executor has asked for work
        within the time of a long poll (removed ones do not count), and all of this has been so for a moment. Stop the
        workers first, wait until they have ended, and remove their executors. Nobody may submit meanwhile, which cannot be
        seen from here.

        Only members may look into a colony. Where the session's member key is none of it and the colony belongs to its
        colony key, the session looks as a user that it adds for the moment.

        Args:
            name: Name of the colony.
            timeout: Seconds to wait for what is in the way, and for others who remove it; 0 to refuse then; None for as long
                as it takes. That things settle, a second, or three after a cancel, is waited for in any case. What is
                refused is not removed later.
            clear: Before, remove its crons and generators, cancel all of its processes and workflows, and remove its
                executors, whoever they belong to. Stop the workers yourself: one that goes on registers again.
            hazardous: Remove it at once, and without a look. Right for a colony that nobody knows of, or where the server
                is nobody else's.

        Raises:
            RemovalRefused: Something is in the way, or no key of this session may look.
            NotFoundError: There is no such colony.
            MissingKeyError, DeniedError: The session has no key of the server's owner; nothing was touched.
            InvalidRequestError: An argument is not what it must be. Nothing was sent.
            RPCError: The server refuses it.
        """
        await ColonyProcedure(self._scope.rpc, name, timeout).remove(clear=clear, hazardous=hazardous)

    async def list(self) -> list[Colony]:
        """All colonies. Raises RPCError."""
        return await self._scope.rpc.get_colonies()


@short_tracebacks
class Colonies:
    """The colonies of the server, for its owner; the methods are those of `AsyncColonies`."""

    def __init__(self, rpc: Client, inner: AsyncColonies) -> None:
        self._run = rpc.run
        self._inner = inner

    def add(self, name: str, colonyid: str | None = None) -> Colony:
        """Add a colony, owned by the session's colony key or by `colonyid`. Raises RPCError, also without such a key."""
        return self._run(self._inner.add(name, colonyid))

    def remove(
        self, name: str, timeout: float | None = 0.0, *, clear: bool = False, hazardous: bool = False
    ) -> None:
        """Remove a colony in which nobody is at work (see `AsyncColonies.remove`).

        Raises:
            RemovalRefused: Something is in the way, or no key of this session may look.
            NotFoundError: There is no such colony.
            RPCError: The server refuses it.
        """
        self._run(self._inner.remove(name, timeout, clear=clear, hazardous=hazardous))

    def list(self) -> list[Colony]:
        """All colonies. Raises RPCError."""
        return self._run(self._inner.list())
