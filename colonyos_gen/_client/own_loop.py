"""The event loop that a synchronous client has to itself."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from colonyos_gen_wire.method import Caller

from colonyos_gen._arguments import require_coroutine
from colonyos_gen._call.in_flight import blocks_a_loop
from colonyos_gen._client.errand import Errand
from colonyos_gen._client.event_loop import has_green_threads, new_event_loop
from colonyos_gen._client.leading import Interrupts, is_main_thread, may_lead
from colonyos_gen.errors import closed_error

T = TypeVar("T")

_GOODBYE_S = 0.5
"""Seconds that calls get to fail properly when their client is closed."""
_LAST_S = 1.0
"""Seconds that they get to end when they are cancelled then."""
_REST_S = 0.05
"""Seconds without a call after which the daemon thread runs the loop, if only to see what becomes of its connections."""
_LOOK_S = 0.1
"""Seconds between two looks for tasks that are left on the loop: it goes through those of all loops."""


class OwnLoop:
    """An event loop that the threads which call run in turn, and a daemon thread in between.

    Handing a call over to another thread, and its reply back, takes a third of what the call does. So a thread that calls
    while nobody runs the loop does so itself until its call has ended. The daemon thread runs it whenever there is
    something else to do, and after a while without calls, so that connections which the server closes are noticed and
    timers go off. While it does, calls are handed over to it.

    Nothing here waits while it holds a lock, except for whoever runs the loop: a signal handler, or a `__del__` of garbage
    that is collected, may call in the middle of another call. All that threads share is changed in steps of the interpreter
    that nothing comes between: of a set, a dict, or a lock that is tried.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._used_by: dict[str, object] = {}
        """Under "all": the loop, or whoever has taken the client over. Whoever writes it first has it."""
        self._daemon: threading.Thread | None = None
        self._serving = threading.Lock()
        """Taken by the daemon thread, for good: if several were started at the same time, the others end."""
        self._baton = threading.Lock()
        """Whoever holds it runs the loop."""
        self._runners: set[int] = set()
        """The threads that may hold it, by number. What the garbage collector ends on one of them must not wait for it."""
        self._rousing = threading.Lock()  # released to wake a daemon; a bare one needs no lock of its own
        self._rousing.acquire()
        self._is_run_by_daemon = False
        self._is_daemon_wanted = False
        """Whether a caller who runs the loop is to leave it to the daemon."""
        self._runs = 0
        """How often callers have run the loop."""
        self._handed_over: set[Errand[Any]] = set()
        """What the loop has not begun with. Whoever takes an errand out of it begins with it, or drops it."""
        self._under_way: set[Errand[Any]] = set()
        """What the loop has begun with, and nobody runs the loop for."""
        self._told_later: list[Errand[Any]] = []
        """What has ended, and is told at the end of a turn of the loop, or when nobody runs it."""
        self._may_have_tasks = False
        self._look_at = 0.0
        """When to look for tasks again, on the clock of the loop."""
        self._is_slow_on_main_thread = False
        self._last: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._stopped = False
        self._winding_up = threading.Lock()
        self._over = False  # whether nobody runs the loop any more

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. An exception in the waiting thread, such as KeyboardInterrupt, cancels it.

        Raises:
            TypeError: `work` is no coroutine.
            RPCError: The client was closed.
            RuntimeError: It is called from the event loop itself, or after a fork.
        """
        require_coroutine(work)
        return self._hand_over(Errand(work, self._has_ended, brief=False))

    def run_here(self, work: Coroutine[Any, Any, T]) -> T:
        """The same, on this thread where that is possible; for `work` that blocks nothing and leaves no tasks behind."""
        if has_green_threads():
            return self._hand_over(Errand(work, self._has_ended, brief=False))
        errand = Errand(work, self._has_ended, brief=True)
        is_main = is_main_thread()
        errand.may_lead = not (is_main and self._is_slow_on_main_thread) and may_lead(main=is_main)
        if not errand.may_lead or self._baton.locked() or self._under_way or self._handed_over:
            return self._hand_over(errand)
        try:
            if is_main:
                with Interrupts(lambda: self._on_loop(errand.interrupt)) as interrupts:
                    is_led = self._lead(errand, interrupts)
            else:
                is_led = self._lead(errand)
        except BaseException:
            self._give_back(errand)
            raise
        return self._result(errand) if is_led else self._hand_over(errand)

    def _lead(self, errand: Errand[Any], interrupts: Interrupts | None = None) -> bool:
        """Run the loop until the errand has ended, or the loop has; whether it was free."""
        loop = self._start()
        here = threading.get_ident()
        self._runners.add(here)
        if not self._baton.acquire(blocking=False):
            self._runners.discard(here)
            return False
        try:
            if self._over:
                raise closed_error()
            self._runs += 1
            errand.is_led = errand.is_known = True
            # It begins a turn later, when the connections that the server has closed meanwhile are known.
            loop.call_soon(errand.begin)
            while not (
                errand.is_over
                or self._over
                or self._is_daemon_wanted
                or (interrupts is not None and interrupts.came)
            ):
                loop.run_forever()
        except (KeyboardInterrupt, SystemExit):  # of a signer, which comes with the errand, or of impatience
            pass
        finally:
            if interrupts is not None:
                interrupts.may_raise = False
            errand.is_led = False
            if not errand.is_over:
                self._under_way.add(errand)
            self._baton.release()
            self._runners.discard(here)
            if self._told_later:
                self._tell()
            if self._under_way or self._handed_over:
                self._rouse()
        if self._over:
            errand.fail(closed_error())
        return True

    def _hand_over(self, errand: Errand[T]) -> T:
        token = blocks_a_loop.set(asyncio._get_running_loop() is not None)
        try:
            loop = self._start()
            self._handed_over.add(errand)
            errand.is_known = True
            try:
                loop.call_soon_threadsafe(self._begin, errand)
            except RuntimeError:  # it is closed
                errand.fail(closed_error())
            if not self._is_run_by_daemon:
                self._rouse()
            if self._over:  # whoever has ended it may not have seen the errand
                errand.fail(closed_error())
        except BaseException:
            self._give_back(errand)
            raise
        finally:
            blocks_a_loop.reset(token)
        return self._result(errand)

    def _result(self, errand: Errand[T]) -> T:
        try:
            return errand.result()
        except concurrent.futures.CancelledError:
            if self._stopped:
                raise closed_error() from None
            raise
        except BaseException:
            self._give_back(errand)
            raise

    def _give_back(self, errand: Errand[Any]) -> None:
        """Nobody waits for it any more."""
        try:
            self._handed_over.remove(errand)
        except KeyError:
            if errand.is_known:
                if not errand.is_over:
                    self._on_loop(errand.cancel)
                return
        errand.close()

    def _begin(self, errand: Errand[Any]) -> None:
        """On the event loop, and in the context of whoever waits: begin with it, unless nobody does any more."""
        if not (errand.brief or self._is_run_by_daemon):
            # What is not ours may hold on to its thread, or hold that up.
            self._is_daemon_wanted = True
            asyncio.get_running_loop().call_soon(self._begin, errand)
            asyncio.get_running_loop().stop()
            return
        try:
            self._handed_over.remove(errand)
        except KeyError:
            return
        self._under_way.add(errand)
        self._may_have_tasks = self._may_have_tasks or not errand.brief
        errand.begin()

    def _has_ended(self, errand: Errand[Any]) -> None:
        """On the event loop: whoever runs it may let go of it."""
        self._under_way.discard(errand)
        if errand.is_led:
            errand.tell()
            asyncio.get_running_loop().stop()
        elif self._under_way:
            if not self._told_later:  # each that wakes up now would only wait for the interpreter
                asyncio.get_running_loop().call_soon(self._tell)
            self._told_later.append(errand)
        elif self._is_run_by_daemon and errand.may_lead and not self._is_busy():
            self._told_later.append(errand)  # who calls again at once shall find the loop free
            asyncio.get_running_loop().stop()
        else:
            errand.tell()

    def _tell(self) -> None:
        """Tell those, even if another thread does so at the same time."""
        for errand in list(self._told_later):
            errand.tell()
            with contextlib.suppress(ValueError):  # the other one has
                self._told_later.remove(errand)

    def _is_busy(self) -> bool:
        """On the event loop: whether there is anything to do there."""
        if self._under_way or self._handed_over:
            return True
        if self._may_have_tasks:
            loop = asyncio.get_running_loop()
            if loop.time() < self._look_at:
                return True
            self._look_at = loop.time() + _LOOK_S
            self._may_have_tasks = bool(asyncio.all_tasks(loop))
        return self._may_have_tasks

    @property
    def _loop(self) -> asyncio.AbstractEventLoop | None:
        loop = self._used_by.get("all")
        return loop if isinstance(loop, asyncio.AbstractEventLoop) else None

    def _on_loop(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and everything on it over
            if (loop := self._loop) is not None:
                loop.call_soon_threadsafe(work)

    def _rouse(self) -> None:
        with contextlib.suppress(RuntimeError):  # somebody has done so
            self._rousing.release()

    def give_up(self) -> None:
        """Let nothing run here from now on, because another loop takes over.

        Raises:
            RPCError: The client was closed.
            RuntimeError: Something has run here, or another loop has taken over before.
        """
        if self._stopped:
            raise closed_error()
        taking_over = object()
        if self._used_by.setdefault("all", taking_over) is not taking_over:
            raise RuntimeError("the client is in use already; make one for each way of using it")

    def stop(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last`, cancel what is still under way, and end the thread."""
        if self._process == os.getpid():  # else there are no threads
            self._last, self._stopped = last, True
            if (loop := self._loop) is not None:
                self._wind_up(loop)

    def _wind_up(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._last is None or not self._winding_up.acquire(blocking=False):
            return  # somebody does so
        try:
            end = asyncio.run_coroutine_threadsafe(_wind_up(self._last), loop)
        except BaseException:  # an interrupt: whoever tries again can
            self._winding_up.release()
            raise
        end.add_done_callback(lambda _: self._on_loop(self._leave))
        self._rouse()
        if threading.get_ident() in self._runners:
            return
        with contextlib.suppress(concurrent.futures.CancelledError):
            try:
                end.result(timeout=5)
            except concurrent.futures.TimeoutError:
                self._on_loop(self._leave)
        if self._daemon is not None:
            self._daemon.join(timeout=5)
        self._fail_the_rest()  # also where a thread that is held up has not come to it

    def _fail_the_rest(self) -> None:
        """What has not ended, though it was cancelled, never will; what nobody has begun with, neither."""
        self._over = True
        for each in [*self._under_way, *self._handed_over]:
            each.fail(closed_error())

    def _leave(self) -> None:
        self._over = True
        asyncio.get_running_loop().stop()

    def _start(self) -> asyncio.AbstractEventLoop:
        """The event loop, which is made if it was not, with a daemon thread that runs it.

        Raises:
            RPCError: The client was closed.
            RuntimeError: It is another process, it is called from the loop itself, or another loop has taken over.
        """
        if self._process != os.getpid():
            raise RuntimeError("this client was made before a fork; make a new one in the child process")
        if self._stopped:
            raise closed_error()
        if not self._used_by:
            made = new_event_loop()
            # Another thread may have made one, or a handler in the middle of this.
            if self._used_by.setdefault("all", made) is not made:
                made.close()
        loop = self._loop
        if loop is None:
            raise RuntimeError("`async with` has taken this client over; await the calls of what it gave")
        if threading.get_ident() in self._runners:
            raise RuntimeError("a callback may not call the client that it was called by; use another client")
        if self._daemon is None:
            # That of uvloop sets up its signals whenever it is run there, which takes longer than to hand over.
            self._is_slow_on_main_thread = not isinstance(loop, asyncio.BaseEventLoop)
            threading.Thread(
                target=self._serve, args=(loop,), name="colonyos_gen.Client", daemon=True
            ).start()
        if self._stopped:  # meanwhile, by somebody who may not have seen the loop
            self._wind_up(loop)
            raise closed_error()
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._serving.acquire(blocking=False):
            return
        self._runners.add(threading.get_ident())
        self._daemon = threading.current_thread()
        asyncio.set_event_loop(loop)
        try:
            while not self._over:
                self._wait_until_wanted()
                with self._baton:
                    self._run_as_daemon(loop)
                self._tell()
        finally:  # also where something was forced upon this thread: whoever waits must hear of it
            self._fail_the_rest()
            with self._baton:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()
            self._runners.discard(threading.get_ident())

    def _run_as_daemon(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_run_by_daemon, self._is_daemon_wanted = True, False
        try:
            # What an interceptor or a transport raises is for the caller, who has it from the task; the loop goes on.
            with contextlib.suppress(KeyboardInterrupt, SystemExit):
                if not self._over:
                    loop.run_forever()
        finally:
            self._is_run_by_daemon = False

    def _wait_until_wanted(self) -> None:
        while not (self._under_way or self._handed_over or self._stopped):
            runs = self._runs
            if self._rousing.acquire(timeout=_REST_S) or runs == self._runs:
                return


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
