"""Waiting for several handles."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Awaitable, Generator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, overload

from colonyos_gen_wire.constants import SUCCESS

from colonyos_gen._arguments import require_seconds
from colonyos_gen._client.sync_client import Client
from colonyos_gen._streams.stream import AsyncStream, Ended, Finished
from colonyos_gen._streams.subscription import LAST_LOOK_S
from colonyos_gen._streams.sync_stream import Stream
from colonyos_gen._tracebacks import short_traceback
from colonyos_gen.errors import RPCError
from colonyos_gen.session._failures import WaitTimeout, late_of
from colonyos_gen.session._handles.process import AsyncProcessHandle, value_of
from colonyos_gen.session._handles.sync_process import ProcessHandle
from colonyos_gen.session._handles.sync_workflow import WorkflowHandle
from colonyos_gen.session._handles.workflow import AsyncWorkflowHandle

AsyncHandle: TypeAlias = AsyncProcessHandle | AsyncWorkflowHandle
Handle: TypeAlias = ProcessHandle | WorkflowHandle

T = TypeVar("T")
AsyncT = TypeVar("AsyncT", bound=AsyncHandle)
SyncT = TypeVar("SyncT", bound=Handle)


class Completed(AsyncStream[AsyncT]):
    """Handles as they end. Each of them is waited for until it is taken, the stream is closed, or it is dropped."""

    def __init__(self, handles: Iterable[AsyncT], timeout: float | None) -> None:
        super().__init__()
        self._handles = list(dict.fromkeys(handles))
        self._timeout = timeout
        self._deadline: float | None = None
        self._waits: dict[asyncio.Task[None], AsyncT] | None = None
        self._over: asyncio.Queue[asyncio.Task[None]] = asyncio.Queue()
        """The waits that are over and have not been taken."""
        self._late: dict[AsyncT, WaitTimeout] = {}
        """Those that had not ended, where there was no time to wait."""

    async def _next(self) -> AsyncT:
        waits = self._begin() if self._waits is None else self._waits
        while waits:
            task = await self._next_wait()
            if task is None:
                return await self._look_last(waits)
            handle = waits.pop(task, None)
            if handle is None:  # it has been given
                continue
            try:
                await task
            except WaitTimeout as late:
                self._late[handle] = late
            else:
                return handle
        if self._late:
            first = next(each for each in self._handles if each in self._late)
            error = self._late[first]
            self._end(Ended.TIMEOUT)
            raise error
        raise Finished(Ended.END)

    def _drop(self) -> None:
        waits, self._waits = self._waits or {}, {}
        self._late = {}
        tasks = list(waits)
        waits.clear()
        _cancel(tasks)

    def _begin(self) -> dict[asyncio.Task[None], AsyncT]:
        loop = asyncio.get_running_loop()
        at_once = self._timeout is not None and self._timeout <= 0
        self._deadline = None if self._timeout is None or at_once else loop.time() + self._timeout
        waits: dict[asyncio.Task[None], AsyncT] = {
            loop.create_task(_ended(each, 0.0 if at_once else None)): each for each in self._handles
        }
        for task in waits:
            task.add_done_callback(self._over.put_nowait)
        self._waits = waits
        weakref.finalize(self, _cancel_on, loop, waits).atexit = False
        return waits

    async def _next_wait(self) -> asyncio.Task[None] | None:
        """A wait that is over; None if there is none in time."""
        if not self._over.empty():
            return self._over.get_nowait()
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._over.get()
        except TimeoutError:
            return None

    async def _look_last(self, waits: dict[asyncio.Task[None], AsyncT]) -> AsyncT:
        """The first of those that are left, if it turns out that it has ended. Raises WaitTimeout, and ends, if not."""
        task, handle = next(iter(waits.items()))
        try:
            async with asyncio.timeout(LAST_LOOK_S):
                await handle.wait(0)
        except WaitTimeout as late:
            told = "" if late.unanswered else await self._explained(handle, waits)
            self._end(Ended.TIMEOUT)
            raise WaitTimeout(handle, self._timeout or 0.0, late.unanswered, told) from None
        except RPCError:
            del waits[task]
            task.cancel()
            raise
        except TimeoutError:
            self._end(Ended.TIMEOUT)
            trouble = handle.session.rpc.trouble or f"it gave no answer within {LAST_LOOK_S:g} s"
            raise WaitTimeout(handle, self._timeout or 0.0, trouble) from None
        waits.pop(task, None)
        task.cancel()
        return handle

    async def _explained(self, handle: AsyncT, waits: Mapping[asyncio.Task[None], AsyncT]) -> str:
        """How one stands, and for how many of the others nothing was seen of an end."""
        told = await handle.explain()
        others = sum(not task.done() for task in waits) - 1
        if others > 0:
            told += f"; {others} of the other {len(self._handles) - 1} {'has' if others == 1 else 'have'} not ended either"
        return told


class _Outer(AsyncStream[SyncT]):
    """The same with the handles of synchronous code."""

    def __init__(self, handles: Iterable[SyncT], timeout: float | None) -> None:
        super().__init__()
        self._outer: dict[AsyncHandle, SyncT] = {handle.asynchronous: handle for handle in handles}
        self._completed = Completed(self._outer, timeout)

    async def close(self) -> None:
        await super().close()
        await self._completed.close()

    async def _next(self) -> SyncT:
        try:
            handle = await self._completed.take()
        except WaitTimeout as late:
            self._end(Ended.TIMEOUT)
            raise _translated(late, self._outer) from None
        if handle is None:
            raise Finished(self._completed.ended or Ended.END)
        return self._outer[handle]

    def _drop(self) -> None:
        pass  # what it wraps lets go by itself when it ends


class _Nothing(list[Any]):
    """The outputs of no handles: nobody can tell for whom, so it serves both."""

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return self
        yield


class _NoHandles(Stream[Any]):
    """A stream of none, for loops and blocks of both kinds, with `async` and without; `take` is not to be awaited."""

    def __init__(self) -> None:  # there is no client to run anything
        pass

    @property
    def ended(self) -> Ended:
        return Ended.END

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        raise StopAsyncIteration


@overload
def as_completed(handles: Iterable[AsyncT], *, timeout: float | None = None) -> AsyncStream[AsyncT]: ...


@overload
def as_completed(handles: Iterable[SyncT], *, timeout: float | None = None) -> Stream[SyncT]: ...


@short_traceback
def as_completed(
    handles: Iterable[AsyncHandle] | Iterable[Handle], *, timeout: float | None = None
) -> AsyncStream[Any] | Stream[Any]:
    """Handles in the sequence in which their processes or workflows end, however they end.

        for handle in as_completed(session.submit("f", i, to="math") for i in range(50)):
            print(handle.output())

    With handles of an `AsyncSession` it is `async for`. Hundreds of them take a few connections only. Use it as a context
    manager to stop in between; that leaves the processes as they are.

    Args:
        handles: Handles of one kind, synchronous or asynchronous; a handle that comes twice is given once.
        timeout: Seconds from the first wait on; None for no limit; 0 to look once at each.

    Raises (from the iteration):
        WaitTimeout: The rest did not end in time, and goes on; `handle` is the first of it, `unanswered` tells if the
            server could not say how that is, and `standing` why it waits, and how many others do.
        RPCError: A handle cannot be waited for, such as one whose process was removed. Going on gives the others.

    Raises:
        InvalidRequestError: `timeout` is not a number.
        TypeError: The handles are of both kinds, or of several synchronous clients, or none.
    """
    require_seconds("as_completed", "timeout", timeout)
    asynchronous, synchronous = _sorted(_each(handles))
    if asynchronous:
        return Completed(asynchronous, timeout)
    if synchronous:
        client = _client_of(synchronous)
        return Stream(client.run, _Outer(synchronous, timeout), client)
    return _NoHandles()


@overload
def gather(
    *handles: AsyncProcessHandle | Iterable[AsyncProcessHandle], timeout: float | None = None
) -> Awaitable[list[Any]]: ...


@overload
def gather(*handles: ProcessHandle | Iterable[ProcessHandle], timeout: float | None = None) -> list[Any]: ...


@short_traceback
def gather(
    *handles: AsyncProcessHandle | ProcessHandle | Iterable[AsyncProcessHandle] | Iterable[ProcessHandle],
    timeout: float | None = None,
) -> Awaitable[list[Any]] | list[Any]:
    """The outputs of processes, in the sequence of their handles, once all have ended.

        squares = gather(session.submit("square", i, to="math") for i in range(50))

    With handles of an `AsyncSession` it is to be awaited. The first failure ends it; the other processes go on.

    Args:
        handles: Handles of processes, or iterables of such.
        timeout: Seconds to wait for all; None for no limit; 0 to look once at each.

    Raises:
        ProcessFailed: One of them failed.
        ProcessCancelled: One of them was cancelled.
        WaitTimeout: One of them did not end in time; `handle` is the first such, `unanswered` tells if the server could
            not say how that is, and `standing` why it waits, and how many others do.
        InvalidRequestError: `timeout` is not a number.
        TypeError: The handles are of both kinds, or of several synchronous clients, or none.
    """
    require_seconds("gather", "timeout", timeout)
    flat: list[AsyncProcessHandle | ProcessHandle] = []
    for each in handles:
        flat += [each] if isinstance(each, AsyncProcessHandle | ProcessHandle) else _each(each)
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


@short_traceback
async def _outputs(handles: list[AsyncProcessHandle], timeout: float | None) -> list[Any]:
    async with Completed(handles, timeout) as completed:
        async for handle in completed:
            if handle.state is not SUCCESS:
                await handle.output()  # raises what became of it
    return [value_of(handle.process) for handle in handles]


async def _ended(handle: AsyncHandle, timeout: float | None) -> None:
    await handle.wait(timeout)


def _each(handles: Iterable[T]) -> Iterable[T]:
    """Raise TypeError for what cannot be gone through, such as a single handle."""
    if not hasattr(handles, "__iter__"):
        raise TypeError(f"handles is {handles!r}; it must be handles, such as [handle]")
    return handles


def _sorted(handles: Iterable[object]) -> tuple[list[Any], list[Any]]:
    asynchronous: list[Any] = []
    synchronous: list[Any] = []
    for handle in handles:
        if isinstance(handle, AsyncProcessHandle | AsyncWorkflowHandle):
            asynchronous.append(handle)
        elif isinstance(handle, ProcessHandle | WorkflowHandle):
            synchronous.append(handle)
        else:
            raise TypeError(f"{handle!r} is no handle; wait for what `session.submit` returns")
    if asynchronous and synchronous:
        raise TypeError("there are synchronous and asynchronous handles; wait for each kind on its own")
    return asynchronous, synchronous


def _client_of(handles: Iterable[Handle]) -> Client:
    clients = {id(handle.session.rpc): handle.session.rpc for handle in handles}
    if len(clients) != 1:
        raise TypeError("the handles belong to several clients; wait for those of each on their own")
    return next(iter(clients.values()))


def _translated(late: WaitTimeout, outer: Mapping[AsyncHandle, Handle]) -> WaitTimeout:
    return late_of(outer[late.handle], late)


def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()


def _cancel_on(loop: asyncio.AbstractEventLoop, tasks: Iterable[asyncio.Task[Any]]) -> None:
    if not loop.is_closed():
        with contextlib.suppress(RuntimeError):  # it may be closing at this moment
            loop.call_soon_threadsafe(_cancel, tasks)
