"""A client and the colony that its calls are about: what everything of a session works with."""

from __future__ import annotations

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._client.sync_client import Client
from colonyos_gen.config import ConfigError


class AsyncScope:
    """An asynchronous client and a colony. `AsyncSession` is one that can do more."""

    def __init__(self, rpc: AsyncClient, colonyname: str | None) -> None:
        self.rpc: AsyncClient = rpc
        """The generated client, with every function of the protocol."""
        self._colonyname = colonyname

    @property
    def colonyname(self) -> str:
        """Name of the colony. Raises ConfigError if none was given."""
        if not self._colonyname:
            raise ConfigError("no colony was named; give connect(…) its name, or set COLONIES_COLONY_NAME")
        return self._colonyname


class Scope:
    """A synchronous client and a colony. `Session` is one that can do more."""

    def __init__(self, rpc: Client, colonyname: str | None) -> None:
        self.rpc: Client = rpc
        """The generated client, with every function of the protocol."""
        self._scope = AsyncScope(rpc.asynchronous, colonyname)

    @property
    def colonyname(self) -> str:
        """Name of the colony. Raises ConfigError if none was given."""
        return self._scope.colonyname
