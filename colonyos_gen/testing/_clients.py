"""Clients that are opened when they are first used."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from typing import TypeAlias, TypedDict

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._client.sync_client import Client
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.transport import Transport

_Keeper: TypeAlias = AsyncGenerator[None, None]
_ending: set[asyncio.Task[None]] = set()


class _Keys(TypedDict):
    server_key: PrivateKey | None
    colony_key: PrivateKey | None
    member_key: PrivateKey | None


class Clients:
    """The clients of one set of keys: a synchronous one, and an asynchronous one for each event loop.

    Args:
        url: Address of the server.
        server_key, colony_key, member_key: The keys.
        transport: Makes what carries the requests of a client; None for sockets.
    """

    def __init__(
        self,
        url: str,
        *,
        server_key: PrivateKey | None = None,
        colony_key: PrivateKey | None = None,
        member_key: PrivateKey | None = None,
        transport: Callable[[], Transport] | None = None,
    ) -> None:
        self._url = url
        self._transport = transport
        self._keys = _Keys(server_key=server_key, colony_key=colony_key, member_key=member_key)
        self._client: Client | None = None
        self._making = threading.Lock()
        self._aclients: dict[asyncio.AbstractEventLoop, tuple[AsyncClient, _Keeper]] = {}
        self._closed = False

    @property
    def client(self) -> Client:
        """The synchronous client."""
        self._require_open()
        with self._making:
            if self._client is None:
                self._client = Client(self._url, **self._keys, transport=self._make_transport())
            return self._client

    @property
    def aclient(self) -> AsyncClient:
        """The asynchronous client of the event loop that runs now. Raises RuntimeError if none does."""
        self._require_open()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("aclient is for coroutines; without an event loop use client") from None
        if loop not in self._aclients:
            client = AsyncClient(self._url, **self._keys, transport=self._make_transport())
            self._aclients[loop] = client, _watched(client)
        return self._aclients[loop][0]

    def close(self) -> None:
        """Close all clients; those of event loops that are busy, when they get to it."""
        self._closed = True
        if self._client is not None:
            self._client.close_connections()
        while self._aclients:
            loop, (_, keeper) = self._aclients.popitem()
            if not loop.is_closed():
                _end(loop, keeper)

    async def aclose(self) -> None:
        """Close the synchronous client, and that of the event loop that runs now."""
        _, keeper = self._aclients.pop(asyncio.get_running_loop(), (None, None))
        if keeper is not None:
            await keeper.aclose()
        self.close()

    def _make_transport(self) -> Transport | None:
        return None if self._transport is None else self._transport()

    def _require_open(self) -> None:
        if self._closed:
            raise RuntimeError("the colony has been closed")


def _watched(client: AsyncClient) -> _Keeper:
    """A generator whose end closes `client`.

    An event loop that is shut down ends its generators first. So connections are closed on their own loop, although
    nobody tells the colony when that loop is about to end.
    """
    keeper = _keep(client)
    with contextlib.suppress(StopIteration):  # how a coroutine says that it is through, here at the yield
        keeper.asend(None).send(None)
    return keeper


def _end(loop: asyncio.AbstractEventLoop, keeper: _Keeper) -> None:
    """End `keeper` on its loop, which may be the running one, idle, or busy on another thread."""
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is loop:
        task = loop.create_task(_aclose(keeper))
        _ending.add(task)
        task.add_done_callback(_ending.discard)
    elif here is None and not loop.is_running():
        loop.run_until_complete(_aclose(keeper))
    else:
        asyncio.run_coroutine_threadsafe(_aclose(keeper), loop)


async def _aclose(keeper: _Keeper) -> None:
    await keeper.aclose()


async def _keep(client: AsyncClient) -> _Keeper:
    try:
        yield
    finally:
        await client.close_connections()
