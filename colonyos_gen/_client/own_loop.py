"""The event loop that a synchronous client has to itself."""

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
from colonyos_gen._client.leading import Interrupts, may_lead, on_main_thread
from colonyos_gen.errors import closed_error

T = TypeVar("T")

_GOODBYE_S = 0.5
"""Seconds that calls get to fail properly when their client is closed."""
_LAST_S = 1.0
"""Seconds that they get to end when they are cancelled then."""
_REST_S = 0.05
"""Seconds after which the daemon thread runs the loop, if only to see what has become of its connections."""


class _Errand(Generic[T]):
    """Work that one thread waits for, and the event loop does.

    It does what `asyncio.run_coroutine_threadsafe` does, without its two futures that are chained to each other: that was a
    good part of what a call costs. Nobody but the two threads knows of it.

    Args:
        work: What is to be done.
        of: Where.
        brief: Whether it leaves nothing behind that goes on by itself.
    """

    __slots__ = (
        "_brief",
        "_error",
        "_of",
        "_over",
        "_result",
        "_task",
        "_unwanted",
        "_work",
        "is_led",
        "is_over",
    )

    def __init__(self, work: Coroutine[Any, Any, T], of: OwnLoop, *, brief: bool) -> None:
        self._work = work
        self._of = of
        self._brief = brief
        self._task: asyncio.Task[T] | None = None
        self._unwanted = False
        self.is_led: bool = False
        """Whether whoever waits for it runs the event loop."""
        self.is_over: bool = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._over = threading.Lock()  # a bare lock: waiting for it ends with a signal, and wakes nobody else
        self._over.acquire()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with it, on the event loop, and in the context of whoever waits."""
        self._task = loop.create_task(self._work)
        self._task.add_done_callback(self._end)
        if self._unwanted:
            self._task.cancel()

    def cancel(self) -> None:
        """End it, on the event loop: nobody waits for it any more."""
        self._unwanted = True
        if self._task is not None:
            self._task.cancel()

    def interrupt(self) -> None:
        """The same, for whoever waits for it and runs the event loop: somebody else must go on with that."""
        self.cancel()
        if self.is_led:
            asyncio.get_running_loop().stop()

    def fail(self, error: BaseException) -> None:
        """Let whoever still waits for it have this error; when it has ended, that is what came of it."""
        if not self.is_over:
            self._error = error
            self.tell()

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
        if not self.is_over:  # else it has failed: nobody waits any more
            if task.cancelled():
                self._error = concurrent.futures.CancelledError()
            elif (error := task.exception()) is not None:
                self._error = error
            else:
                self._result = task.result()
        self._of.has_ended(self, brief=self._brief)

    def tell(self) -> None:
        """Let go on whoever waits for it."""
        self.is_over = True
        with contextlib.suppress(RuntimeError):  # it has been told before
            self._over.release()


class OwnLoop:
    """An event loop that the threads which call run in turn, and a daemon thread in between.

    Handing a call over to another thread, and its reply back, takes a third of what the call does. So a thread that calls
    while nobody runs the loop does so itself until its call has ended. The daemon thread runs it whenever there is
    something else to do, and after a while without calls, so that connections which the server closes are noticed and
    timers go off. While it does, calls are handed over to it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        """Told when the daemon thread is wanted, or may have the loop that it has waited for."""
        self._running: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_run = False
        """Whether some thread runs the loop, or is about to."""
        self._is_due = False
        """Whether the daemon thread has waited long enough."""
        self._process = os.getpid()
        self._stopped = False
        self._over = threading.Event()
        """Set on the event loop, when that is to end."""
        self._given_up = False
        self._is_slow_on_main_thread = False
        self._under_way: set[_Errand[Any]] = set()
        self._told_later: list[_Errand[Any]] = []
        """What has ended, and is told once nobody runs the loop."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. An exception in the waiting thread, such as KeyboardInterrupt, cancels it.

        Raises:
            TypeError: `work` is no coroutine.
            RPCError: The client was closed.
            RuntimeError: It is called from the event loop itself, or after a fork.
        """
        require_coroutine(work)
        return self._handed_over(work, brief=False)

    def run_here(self, work: Coroutine[Any, Any, T]) -> T:
        """The same, on this thread where that is possible; for `work` that blocks nothing and leaves no tasks behind."""
        if (self._is_slow_on_main_thread and on_main_thread()) or _has_green_threads() or not may_lead():
            return self._handed_over(work, brief=False)
        if self._is_busy:
            return self._handed_over(work, brief=True)
        errand = _Errand(work, self, brief=True)
        interrupts = Interrupts(lambda: self._on_loop(errand.interrupt))
        try:
            interrupts.begin()
            try:
                is_led = self._lead(errand, interrupts)
            finally:
                interrupts.end()
        except BaseException:
            self._give_back(errand, work)
            raise
        return self._result(errand, work) if is_led else self._handed_over(work, brief=True)

    @property
    def _is_busy(self) -> bool:
        """Whether somebody runs the loop, or it is the turn of the daemon thread to do so."""
        return self._is_run or self._is_due or bool(self._under_way)

    def has_ended(self, errand: _Errand[Any], *, brief: bool) -> None:
        """On the event loop: whoever runs it may let go of it."""
        self._under_way.discard(errand)
        loop = asyncio.get_running_loop()
        if errand.is_led:
            loop.stop()
        elif brief and not self._under_way and not asyncio.all_tasks(loop):
            loop.stop()
            self._told_later.append(errand)  # who calls again at once shall find the loop free
            return
        errand.tell()

    def _lead(self, errand: _Errand[Any], interrupts: Interrupts) -> bool:
        """Run the loop until the errand has ended; whether it has begun with it, because nobody else runs the loop."""
        with self._lock:
            loop = self._start()
            if self._is_busy:
                return False
            self._is_run = errand.is_led = True
            self._under_way.add(errand)
        try:
            # It begins a turn later, when the connections that the server has closed meanwhile are known.
            loop.call_soon(errand.begin, loop)
            while not (errand.is_over or interrupts.came or self._over.is_set()):
                loop.run_forever()
        except (KeyboardInterrupt, SystemExit):  # of the errand, which brings it
            pass
        finally:
            with self._lock:
                self._is_run = errand.is_led = False
                if self._under_way or self._is_due or self._stopped:
                    self._free.notify_all()
        return True

    def _handed_over(self, work: Coroutine[Any, Any, T], *, brief: bool) -> T:
        errand = _Errand(work, self, brief=brief)
        token = blocks_a_loop.set(asyncio._get_running_loop() is not None)
        try:
            self._hand_over(errand)
        except BaseException:
            self._give_back(errand, work)
            raise
        finally:
            blocks_a_loop.reset(token)
        return self._result(errand, work)

    def _hand_over(self, errand: _Errand[Any]) -> None:
        with self._lock:  # so that whatever has begun is there when the loop is wound up
            loop = self._start()
            if asyncio._get_running_loop() is loop:
                raise RuntimeError(
                    "a callback may not call the client that it was called by; use another client"
                )
            self._under_way.add(errand)
            loop.call_soon_threadsafe(errand.begin, loop)
            if not self._is_run:
                self._free.notify_all()

    def _give_back(self, errand: _Errand[Any], work: Coroutine[Any, Any, Any]) -> None:
        """Nobody waits for it any more."""
        if errand in self._under_way:
            self._on_loop(errand.cancel)
        elif not errand.is_over:
            work.close()

    def _result(self, errand: _Errand[T], work: Coroutine[Any, Any, T]) -> T:
        try:
            return errand.result()
        except concurrent.futures.CancelledError:
            if self._stopped:
                raise closed_error() from None
            raise
        except BaseException:
            self._give_back(errand, work)
            raise

    def _on_loop(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and everything on it over
            if self._running is not None:
                self._running.call_soon_threadsafe(work)

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
        if self._process != os.getpid():  # where a thread may hold the lock that is not there
            return
        with self._lock:
            loop, thread, self._running, self._stopped = self._running, self._thread, None, True
            self._free.notify_all()
        if loop is None or thread is None or not thread.is_alive():
            return
        end = asyncio.run_coroutine_threadsafe(_wind_up(last), loop)
        end.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave, loop))
        if asyncio._get_running_loop() is loop:  # a garbage collection in there must not wait for itself
            return
        with contextlib.suppress(concurrent.futures.CancelledError):
            try:
                end.result(timeout=5)
            except concurrent.futures.TimeoutError:
                loop.call_soon_threadsafe(self._leave, loop)
        thread.join(timeout=5)
        for each in list(self._under_way):  # what has not ended though it was cancelled never will
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
            # That of uvloop sets up its signals whenever it is run there, which takes longer than to hand over.
            self._is_slow_on_main_thread = not isinstance(self._running, asyncio.BaseEventLoop)
            self._thread = threading.Thread(
                target=self._serve, args=(self._running,), name="colonyos_gen.Client", daemon=True
            )
            self._thread.start()
        return self._running

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            while self._take_over():
                try:
                    # What an interceptor or a transport raises is for the caller, who has it from the task; the loop goes on.
                    with contextlib.suppress(KeyboardInterrupt, SystemExit):
                        loop.run_forever()
                finally:
                    self._is_run = False
                    while self._told_later:
                        self._told_later.pop().tell()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _take_over(self) -> bool:
        """Wait until this thread is to run the loop, which it then may; False when that has come to its end."""
        with self._lock:
            while self._is_run or not (self._under_way or self._stopped or self._is_due):
                if not self._free.wait(None if self._is_due else _REST_S):
                    self._is_due = True
            self._is_due = False
            self._is_run = True
            return not self._over.is_set()


loops: weakref.WeakKeyDictionary[Caller, OwnLoop] = weakref.WeakKeyDictionary()
"""That of each client, for those who take the client over."""


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
