"""The synchronous client: the asynchronous one on an event loop of its own, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload

import msgspec
from colonyos_gen_wire import ChannelEntry, Process
from colonyos_gen_wire.method import Key, Method
from colonyos_gen_wire.stubs_sync import SyncStubs

from colonyos_gen.channel_stream import ChannelStream
from colonyos_gen.client import DEFAULT_TIMEOUT, DEFAULT_URL, MAX_REPLY_BYTES, AsyncClient, settings
from colonyos_gen.config import Config
from colonyos_gen.errors import closed_error
from colonyos_gen.in_flight import DEFAULT_MAX_IN_FLIGHT, blocks_a_loop
from colonyos_gen.stream import Stream
from colonyos_gen.sync_streams import SyncChannelStream, SyncStream

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")
T = TypeVar("T")

_GOODBYE_S = 0.5
"""Seconds that calls get to fail properly when their client is closed."""


class Client(SyncStubs):
    """Makes signed calls to a ColonyOS server, without async: the same methods as `AsyncClient`, and the same arguments.

        with Client.from_env() as client:
            process = client.submit(FunctionSpec.new("echo", "cli", "dev"))

    It may be used from several threads at once, and where an event loop is already running, as in notebooks. Interrupting
    a call (Ctrl-C) cancels it. Connections are closed by the `with` block, by `close_connections`, or at interpreter exit.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        server_key: Key | None = None,
        colony_key: Key | None = None,
        member_key: Key | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = 3,
        ca_file: str | None = None,
        insecure: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        pool_size: int = 100,
        max_in_flight: int = DEFAULT_MAX_IN_FLIGHT,
        strict: bool = False,
    ) -> None:
        self._async = AsyncClient(
            url,
            server_key=server_key,
            colony_key=colony_key,
            member_key=member_key,
            timeout=timeout,
            retries=retries,
            ca_file=ca_file,
            insecure=insecure,
            max_reply_bytes=max_reply_bytes,
            pool_size=pool_size,
            max_in_flight=max_in_flight,
            strict=strict,
        )
        self._loop = _Loop()
        # Runs once: when asked to, when the client is dropped without a close, or at interpreter exit.
        self._finish = weakref.finalize(self, self._loop.stop, self._async.close_connections)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """A client for the server, and with the keys, that the environment names (see `AsyncClient.from_env`)."""
        config = Config.from_env() if environ is None else Config.from_env(environ)
        return cls(**(settings(config) | options))

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._async.url

    def identity(self, role: Literal["server", "colony", "member"]) -> str:
        """The identity of the key that this client holds for a role. Raises MissingKeyError if it holds none."""
        return self._async.identity(role)

    def call(
        self,
        method: Method[ReqT, RespT],
        request: ReqT,
        /,
        *,
        prvkey: Key | None = None,
        rpc_timeout: float | None = None,
        hazardous: bool = False,
    ) -> RespT:
        """Check, sign and send `request`, and return its decoded reply (see `AsyncClient.call`)."""
        return self._loop.run(
            self._async.call(method, request, prvkey=prvkey, rpc_timeout=rpc_timeout, hazardous=hazardous)
        )

    @property
    def asynchronous(self) -> AsyncClient:
        """The asynchronous client behind this one. Its calls are to be awaited inside of `run` only."""
        return self._async

    def run(self, work: Coroutine[Any, Any, T], /) -> T:
        """The result of `work`, which runs on the event loop of this client. Interrupting it (Ctrl-C) cancels `work`.

        Raises:
            ConnectionFailedError: The client has been closed.
            RuntimeError: It is called from a callback that runs on that event loop.
        """
        return self._loop.run(work)

    def subscribe_process(
        self,
        process: Process,
        state: int,
        timeout: float | None,
        *,
        push: bool = False,
        prvkey: Key | None = None,
    ) -> Process:
        """Wait until a process reaches `state` or a final state (see `AsyncClient.subscribe_process`, on `push` too)."""
        return self._loop.run(
            self._async.subscribe_process(process, state, timeout, push=push, prvkey=prvkey)
        )

    def process_events(
        self,
        process: Process,
        timeout: float | None = None,
        *,
        push: bool = False,
        prvkey: Key | None = None,
    ) -> SyncStream[Process]:
        """The states of a process as they come (see `AsyncClient.process_events`, on `push` too)."""
        return self._stream(lambda: self._async.process_events(process, timeout, push=push, prvkey=prvkey))

    def subscribe_processes(
        self,
        executortype: str,
        state: int,
        timeout: float | None = None,
        *,
        colonyname: str = "",
        hazardous: bool = False,
        prvkey: Key | None = None,
    ) -> SyncStream[Process]:
        """Processes of an executor type, each when it reaches `state` (see `AsyncClient.subscribe_processes`)."""
        return self._stream(
            lambda: self._async.subscribe_processes(
                executortype, state, timeout, colonyname=colonyname, hazardous=hazardous, prvkey=prvkey
            )
        )

    @overload
    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        callback: None = None,
        *,
        prvkey: Key | None = None,
    ) -> SyncChannelStream: ...

    @overload
    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int,
        timeout: float | None,
        callback: Callable[[list[ChannelEntry]], bool],
        *,
        prvkey: Key | None = None,
    ) -> list[ChannelEntry]: ...

    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        callback: Callable[[list[ChannelEntry]], bool] | None = None,
        *,
        prvkey: Key | None = None,
    ) -> SyncChannelStream | list[ChannelEntry]:
        """Receive the entries of a channel (see `AsyncClient.subscribe_channel`). `callback` runs in the client's thread.

        for entry in client.subscribe_channel(processid, "out"):
            ...
        """
        if callback is None:

            async def make() -> ChannelStream:
                return self._async.subscribe_channel(processid, channelname, afterseq, timeout, prvkey=prvkey)

            return SyncChannelStream(self._loop.run, self._loop.run(make()), self)
        return self._loop.run(
            self._async.subscribe_channel(processid, channelname, afterseq, timeout, callback, prvkey=prvkey)
        )

    def _stream(self, make: Callable[[], Stream[T]]) -> SyncStream[T]:
        async def on_the_loop() -> Stream[T]:
            return make()

        return SyncStream(self._loop.run, self._loop.run(on_the_loop()), self)

    def close_connections(self) -> None:
        """Close the connections of this client; it cannot be used afterwards. (`close` closes a process.)"""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close_connections()

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncClient", type(self).__name__, 1)


class _Loop:
    """An event loop in a daemon thread, started by the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._stopped = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. An exception in the waiting thread, such as KeyboardInterrupt, cancels it."""
        try:
            loop = self._start()
        except BaseException:
            work.close()
            raise
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a callback may not call the client that it was called by; use another client")
        token = blocks_a_loop.set(_is_in_a_loop())
        try:
            future = asyncio.run_coroutine_threadsafe(work, loop)
        finally:
            blocks_a_loop.reset(token)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            if self._stopped:
                raise closed_error() from None
            raise
        except BaseException:
            future.cancel()
            raise

    def stop(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last`, cancel what is still under way, and end the thread."""
        with self._lock:
            loop, thread, self._running, self._stopped = self._running, self._thread, None, True
        if loop is None or thread is None or self._process != os.getpid() or not thread.is_alive():
            return
        end = asyncio.run_coroutine_threadsafe(_wind_up(last), loop)
        end.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))
        if threading.current_thread() is thread:  # a garbage collection in there must not wait for itself
            return
        with contextlib.suppress(concurrent.futures.CancelledError):
            try:
                end.result(timeout=5)
            except concurrent.futures.TimeoutError:
                loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise closed_error()
            if self._process != os.getpid():
                raise RuntimeError("this client was made before a fork; make a new one in the child process")
            if self._running is None:
                self._running = _new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._running,), name="colonyos_gen.Client", daemon=True
                )
                self._thread.start()
            return self._running


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _wind_up(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await last()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:  # without their connections most of them end by themselves, each in its own way
        await asyncio.wait(others, timeout=_GOODBYE_S)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where the `speed` extra is installed, else of asyncio."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
