"""Those who belong to a colony: users and executors, each with a key and clients of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.testing._clients import Clients
from colonyos_gen.testing._environment import Environment

if TYPE_CHECKING:
    from colonyos_gen._client.client import AsyncClient
    from colonyos_gen._client.sync_client import Client
    from colonyos_gen.server import Server
    from colonyos_gen.transport import Transport


class _Member:
    def __init__(
        self,
        server: Server,
        colonyname: str,
        name: str,
        key: PrivateKey,
        transport: Callable[[], Transport] | None = None,
    ) -> None:
        self._server = server
        self.clients: Clients = Clients(server.url, member_key=key, transport=transport)
        """What `client` and `aclient` come from."""
        self.colonyname: str = colonyname
        """Colony that the member belongs to."""
        self.name: str = name
        """Name of the member."""
        self.key: PrivateKey = key
        """Private key; `key.id` is the identity."""

    @property
    def client(self) -> Client:
        """A client that holds the key of this member and no other."""
        return self.clients.client

    @property
    def aclient(self) -> AsyncClient:
        """The same for coroutines, one for each event loop. Raises RuntimeError outside of one."""
        return self.clients.aclient

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, id={self.key.id[:8]}…)"


class LocalUser(_Member):
    """A user of a `LocalColony`."""

    def environment(self) -> Environment:
        """The COLONIES_* variables for a program that is this user; it gets no key but theirs."""
        server = self._server
        return Environment.of(server.host, server.port, self.colonyname, member_key=self.key)


class LocalExecutor(_Member):
    """An executor of a `LocalColony`."""

    def __init__(
        self,
        server: Server,
        colonyname: str,
        name: str,
        key: PrivateKey,
        executortype: str,
        transport: Callable[[], Transport] | None = None,
    ) -> None:
        super().__init__(server, colonyname, name, key, transport)
        self.executortype: str = executortype
        """Type of the executor, to which functions are sent."""

    def environment(self) -> Environment:
        """The COLONIES_* variables for a program that is this executor; it gets no key but the executor's."""
        server = self._server
        return Environment.of(
            server.host,
            server.port,
            self.colonyname,
            executorname=self.name,
            executortype=self.executortype,
            member_key=self.key,
        )
