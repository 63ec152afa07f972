"""The event loop that a synchronous client has to itself, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from colonyos_gen_wire.method import Caller

from colonyos_gen._arguments import require_coroutine
from colonyos_gen._call.in_flight import blocks_a_loop
from colonyos_gen.errors import closed_error

T = TypeVar("T")

_GOODBYE_S = 0.5
"""Seconds that calls get to fail properly when their client is closed."""
_LAST_S = 1.0
"""Seconds that they get to end when they are cancelled then."""


class _Errand(Generic[T]):
    """Work that one thread waits for, and the event loop does.

    It does what `asyncio.run_coroutine_threadsafe` does, without its two futures that are chained to each other: that was a
    good part of what a call costs. Nobody but the two threads knows of it.
    """

    __slots__ = ("_error", "_over", "_result", "_task", "_unwanted", "_work", "is_over")

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self._unwanted = False
        self.is_over: bool = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._over = threading.Lock()  # a bare lock: waiting for it ends with a signal, and wakes nobody else
        self._over.acquire()

    def begin(self) -> None:
        """Begin with it, on the event loop, and in the context of whoever waits."""
        self._task = asyncio.get_running_loop().create_task(self._work)
        self._task.add_done_callback(self._end)
        if self._unwanted:
            self._task.cancel()

    def cancel(self) -> None:
        """End it, on the event loop: nobody waits for it any more."""
        self._unwanted = True
        if self._task is not None:
            self._task.cancel()

    def fail(self, error: BaseException) -> None:
        """Let whoever still waits for it have this error; when it has ended, that is what came of it."""
        if not self.is_over:
            self._error = error
            self._tell()

    def result(self) -> T:
        """Wait for its end; what came of it."""
        self._over.acquire()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # which would hold its own traceback, and that all of this
        return self._result  # type: ignore[return-value]  # None may be a result too

    def _end(self, task: asyncio.Task[T]) -> None:
        self._task = None
        if self.is_over:  # given up: nobody waits any more
            return
        if task.cancelled():
            self._error = concurrent.futures.CancelledError()
        elif (error := task.exception()) is not None:
            self._error = error
        else:
            self._result = task.result()
        self._tell()

    def _tell(self) -> None:
        self.is_over = True
        with contextlib.suppress(RuntimeError):  # it has been told before
            self._over.release()


class OwnLoop:
    """An event loop in a daemon thread, started by the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._stopped = False
        self._over = threading.Event()
        """Set on the event loop, when that is to end."""
        self._given_up = False
        self._waited_for: set[_Errand[Any]] = set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. An exception in the waiting thread, such as KeyboardInterrupt, cancels it.

        Raises:
            TypeError: `work` is no coroutine.
            RPCError: The client was closed.
            RuntimeError: It is called from the event loop itself, or after a fork.
        """
        require_coroutine(work)
        token = blocks_a_loop.set(_is_in_a_loop())
        try:
            errand, loop = self._begin(work)
        except BaseException:
            work.close()
            raise
        finally:
            blocks_a_loop.reset(token)
        try:
            return errand.result()
        except concurrent.futures.CancelledError:
            if self._stopped:
                raise closed_error() from None
            raise
        except BaseException:
            if not errand.is_over:
                with contextlib.suppress(RuntimeError):  # the loop is closed, and everything on it over
                    loop.call_soon_threadsafe(errand.cancel)
            raise
        finally:
            self._waited_for.discard(errand)

    def _begin(self, work: Coroutine[Any, Any, T]) -> tuple[_Errand[T], asyncio.AbstractEventLoop]:
        with self._lock:  # so that whatever has begun is there when the loop is wound up
            loop = self._start()
            if threading.current_thread() is self._thread:
                raise RuntimeError(
                    "a callback may not call the client that it was called by; use another client"
                )
            errand = _Errand(work)
            loop.call_soon_threadsafe(errand.begin)
            self._waited_for.add(errand)
            return errand, loop

    def give_up(self) -> None:
        """Let nothing run here from now on, because another loop takes over.

        Raises:
            RPCError: The client was closed.
            RuntimeError: Something has run here, or another loop has taken over before.
        """
        with self._lock:
            if self._stopped:
                raise closed_error()
            if self._running is not None or self._given_up:
                raise RuntimeError("the client is in use already; make one for each way of using it")
            self._given_up = True

    def stop(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last`, cancel what is still under way, and end the thread."""
        with self._lock:
            loop, thread, self._running, self._stopped = self._running, self._thread, None, True
        if loop is None or thread is None or self._process != os.getpid() or not thread.is_alive():
            return
        end = asyncio.run_coroutine_threadsafe(_wind_up(last), loop)
        end.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave, loop))
        if threading.current_thread() is thread:  # a garbage collection in there must not wait for itself
            return
        with contextlib.suppress(concurrent.futures.CancelledError):
            try:
                end.result(timeout=5)
            except concurrent.futures.TimeoutError:
                loop.call_soon_threadsafe(self._leave, loop)
        thread.join(timeout=5)
        for each in list(self._waited_for):  # what has not ended though it was cancelled never will
            each.fail(closed_error())

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        self._over.set()
        loop.stop()

    def _start(self) -> asyncio.AbstractEventLoop:
        """The event loop, which is started if it was not. The caller holds the lock."""
        if self._stopped:
            raise closed_error()
        if self._process != os.getpid():
            raise RuntimeError("this client was made before a fork; make a new one in the child process")
        if self._given_up:
            raise RuntimeError("`async with` has taken this client over; await the calls of what it gave")
        if self._running is None:
            self._running = new_event_loop()
            self._thread = threading.Thread(
                target=_serve, args=(self._running, self._over), name="colonyos_gen.Client", daemon=True
            )
            self._thread.start()
        return self._running


loops: weakref.WeakKeyDictionary[Caller, OwnLoop] = weakref.WeakKeyDictionary()
"""That of each client, for those who take the client over."""


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _wind_up(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await last()
    finally:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:  # without their connections most of them end by themselves, each in its own way
            await asyncio.wait(others, timeout=_GOODBYE_S)
        for task in others:
            task.cancel()
        if others:
            ended, _ = await asyncio.wait(others, timeout=_LAST_S)
            for task in ended:
                if not task.cancelled():
                    task.exception()  # which nobody wants to know any more


def _serve(loop: asyncio.AbstractEventLoop, over: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    try:
        while not over.is_set():
            # What an interceptor or a transport raises is for the caller, who gets it from the task; the loop goes on.
            with contextlib.suppress(KeyboardInterrupt, SystemExit):
                loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where the `speed` extra is installed and threads are threads, else of asyncio."""
    if _has_green_threads():
        return asyncio.new_event_loop()
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _has_green_threads() -> bool:
    """Whether gevent or eventlet have replaced threads: a loop that waits in C would hold up all of them for ever."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    return (gevent is not None and bool(gevent.is_module_patched("threading"))) or (
        eventlet is not None and bool(eventlet.is_monkey_patched("thread"))
    )
