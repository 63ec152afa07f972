"""Waiting for several handles."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Generator, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, cast, overload

from colonyos_gen.session.failures import WaitTimeout
from colonyos_gen.session.feed import AsyncFeed, Feed
from colonyos_gen.session.process_handle import AsyncProcessHandle, ProcessHandle
from colonyos_gen.session.workflow_handle import AsyncWorkflowHandle, WorkflowHandle
from colonyos_gen.sync_client import Client

AsyncHandle: TypeAlias = AsyncProcessHandle | AsyncWorkflowHandle
Handle: TypeAlias = ProcessHandle | WorkflowHandle

AsyncT = TypeVar("AsyncT", bound=AsyncHandle)
SyncT = TypeVar("SyncT", bound=Handle)


class Completed(AsyncFeed[AsyncT]):
    """Handles as they end. Each of them is waited for until it is taken, the feed is closed, or it is dropped."""

    def __init__(self, handles: Iterable[AsyncT], timeout: float | None) -> None:
        self._handles = list(dict.fromkeys(handles))
        self._timeout = timeout
        self._deadline: float | None = None
        self._waits: dict[asyncio.Task[Any], AsyncT] | None = None
        self._ready: deque[asyncio.Task[Any]] = deque()

    async def take(self) -> AsyncT | None:
        """The next handle that has ended; None once all have been taken.

        Raises:
            WaitTimeout: The rest did not end in time; `handle` is the first of them.
            RPCError: A handle cannot be waited for, such as one whose process was removed. The others go on.
        """
        waits = self._begin() if self._waits is None else self._waits
        if not waits:
            return None
        if not self._ready:
            left = None if self._deadline is None else self._deadline - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait(
                waits, timeout=None if left is None else max(0.0, left), return_when=asyncio.FIRST_COMPLETED
            )
            self._ready.extend(task for task in waits if task in done)
        if not self._ready:
            late = next(iter(waits.values()))
            await self.close()
            raise WaitTimeout(late, self._timeout or 0.0)
        task = self._ready.popleft()
        handle = waits.pop(task)
        await task
        return handle

    async def close(self) -> None:
        waits, self._waits = self._waits, {}
        self._ready.clear()
        _cancel(waits or {})

    def _begin(self) -> dict[asyncio.Task[Any], AsyncT]:
        loop = asyncio.get_running_loop()
        self._deadline = None if self._timeout is None else loop.time() + self._timeout
        waits: dict[asyncio.Task[Any], AsyncT] = {
            loop.create_task(_ended(each)): each for each in self._handles
        }
        self._waits = waits
        weakref.finalize(self, _cancel_on, loop, waits).atexit = False
        return waits


class _Outer(AsyncFeed[SyncT]):
    """The same with the handles of synchronous code."""

    def __init__(self, handles: Iterable[SyncT], timeout: float | None) -> None:
        self._outer: dict[AsyncHandle, SyncT] = {handle.asynchronous: handle for handle in handles}
        self._feed = Completed(self._outer, timeout)

    async def take(self) -> SyncT | None:
        try:
            handle = await self._feed.take()
        except WaitTimeout as late:
            raise _translated(late, self._outer) from None
        return None if handle is None else self._outer[handle]

    async def close(self) -> None:
        await self._feed.close()


class _Nothing(list[Any]):
    """What no handles come to: nobody can tell for whom, so it serves both."""

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return self
        yield

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in self:
            yield each


@overload
def as_completed(handles: Iterable[AsyncT], *, timeout: float | None = None) -> AsyncFeed[AsyncT]: ...


@overload
def as_completed(handles: Iterable[SyncT], *, timeout: float | None = None) -> Feed[SyncT]: ...


def as_completed(
    handles: Iterable[AsyncHandle] | Iterable[Handle], *, timeout: float | None = None
) -> AsyncFeed[Any] | Feed[Any]:
    """Handles in the sequence in which their processes or workflows end, however they end.

        for handle in as_completed(session.submit("f", i, to="math") for i in range(50)):
            print(handle.output())

    With handles of an `AsyncSession` it is `async for`. Hundreds of them take a few connections only. Use it as a context
    manager to stop in between; that leaves the processes as they are.

    Args:
        handles: Handles of one kind, synchronous or asynchronous; a handle that comes twice is given once.
        timeout: Seconds from the first wait on; None for no limit.

    Raises (from the iteration):
        WaitTimeout: The rest did not end in time, and goes on; `handle` is the first of it.
        RPCError: A handle cannot be waited for, such as one whose process was removed. Going on gives the others.

    Raises:
        TypeError: The handles are of both kinds, or of several synchronous clients.
    """
    asynchronous, synchronous = _sorted(handles)
    if asynchronous:
        return Completed(asynchronous, timeout)
    if synchronous:
        return Feed(_client_of(synchronous), _Outer(synchronous, timeout))
    nothing: Any = _Nothing()
    return cast(AsyncFeed[Any], nothing)


@overload
def gather(
    *handles: AsyncProcessHandle | Iterable[AsyncProcessHandle], timeout: float | None = None
) -> Awaitable[list[Any]]: ...


@overload
def gather(*handles: ProcessHandle | Iterable[ProcessHandle], timeout: float | None = None) -> list[Any]: ...


def gather(
    *handles: AsyncProcessHandle | ProcessHandle | Iterable[AsyncProcessHandle] | Iterable[ProcessHandle],
    timeout: float | None = None,
) -> Awaitable[list[Any]] | list[Any]:
    """The outputs of processes, in the sequence of their handles, once all have ended.

        squares = gather(session.submit("square", i, to="math") for i in range(50))

    With handles of an `AsyncSession` it is to be awaited. The first failure ends it; the other processes go on.

    Args:
        handles: Handles of processes, or iterables of such.
        timeout: Seconds to wait for all; None for no limit.

    Raises:
        ProcessFailed: One of them failed.
        ProcessCancelled: One of them was cancelled.
        WaitTimeout: One of them did not end in time; `handle` is the first such.
        TypeError: The handles are of both kinds, or of several synchronous clients.
    """
    flat: list[AsyncProcessHandle | ProcessHandle] = []
    for each in handles:
        flat += [each] if isinstance(each, AsyncProcessHandle | ProcessHandle) else each
    asynchronous, synchronous = _sorted(flat)
    if asynchronous:
        return _outputs(asynchronous, timeout)
    if not synchronous:
        return _Nothing()
    outer: dict[AsyncHandle, ProcessHandle] = {handle.asynchronous: handle for handle in synchronous}
    try:
        return _client_of(synchronous).run(_outputs([handle.asynchronous for handle in synchronous], timeout))
    except WaitTimeout as late:
        raise _translated(late, outer) from None


async def _outputs(handles: Iterable[AsyncProcessHandle], timeout: float | None) -> list[Any]:
    tasks = [asyncio.ensure_future(handle.output(timeout)) for handle in handles]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        _cancel(tasks)


async def _ended(handle: AsyncHandle) -> None:
    await handle.wait()


def _sorted(handles: Iterable[AsyncHandle | Handle]) -> tuple[list[Any], list[Any]]:
    asynchronous: list[Any] = []
    synchronous: list[Any] = []
    for handle in handles:
        kind = asynchronous if isinstance(handle, AsyncProcessHandle | AsyncWorkflowHandle) else synchronous
        kind.append(handle)
    if asynchronous and synchronous:
        raise TypeError("there are synchronous and asynchronous handles; wait for each kind on its own")
    return asynchronous, synchronous


def _client_of(handles: Iterable[Handle]) -> Client:
    clients = {id(handle.session.rpc): handle.session.rpc for handle in handles}
    if len(clients) != 1:
        raise TypeError("the handles belong to several clients; wait for those of each on their own")
    return next(iter(clients.values()))


def _translated(late: WaitTimeout, outer: Mapping[AsyncHandle, Handle]) -> WaitTimeout:
    return late.of(outer[late.handle])


def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()


def _cancel_on(loop: asyncio.AbstractEventLoop, tasks: Iterable[asyncio.Task[Any]]) -> None:
    if not loop.is_closed():
        with contextlib.suppress(RuntimeError):  # it may be closing at this moment
            loop.call_soon_threadsafe(_cancel, tasks)
