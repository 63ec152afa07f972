"""Threads that keep nobody waiting."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(concurrent.futures.ThreadPoolExecutor):
    """A pool for `asyncio.to_thread` whose threads are abandoned at the end, however busy they are.

    Those of the usual pool are waited for when the event loop and the interpreter end, so that one function that blocks would
    keep a worker from ending.
    """

    def __init__(self) -> None:
        super().__init__()
        self._most = min(32, (os.cpu_count() or 1) + 4)
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._counting = threading.Lock()
        self._threads_made = 0
        self._idle = 0

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._counting:
            if self._idle:
                self._idle -= 1
            elif self._threads_made < self._most:
                self._threads_made += 1
                threading.Thread(target=self._serve, name="colonyos_gen.worker.pool", daemon=True).start()
        self._work.put(run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Does not wait, whatever is asked for."""

    def _serve(self) -> None:
        while True:
            self._work.get()()
            with self._counting:
                self._idle += 1
