"""That a process is to stop, told to threads and coroutines alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


class Cancellation:
    """Unset at first, and set once, with a reason. May be asked from any thread; set on the event loop."""

    def __init__(self) -> None:
        self.reason: str = ""
        """Why the function is to stop; empty as long as it is not."""
        self._for_threads = threading.Event()
        self._for_tasks = asyncio.Event()
        self._callbacks: list[Callable[[], object]] = []

    @property
    def is_set(self) -> bool:
        """Whether the function is to stop."""
        return self._for_threads.is_set()

    def set(self, reason: str) -> None:
        """Tell everybody; the first reason counts."""
        if not self.is_set:
            self.reason = reason
            self._for_threads.set()
            self._for_tasks.set()
            for call in self._callbacks:
                call()

    def then(self, call: Callable[[], object]) -> None:
        """Call `call` when it is set, or now if it is."""
        self._callbacks.append(call)
        if self.is_set:
            call()

    def wait_in_thread(self, seconds: float | None) -> bool:
        """Wait until it is set, at most `seconds`; whether it is."""
        return self._for_threads.wait(seconds)

    async def wait(self, seconds: float | None) -> bool:
        """The same for coroutines."""
        try:
            async with asyncio.timeout(seconds):
                return await self._for_tasks.wait()
        except TimeoutError:
            return False
