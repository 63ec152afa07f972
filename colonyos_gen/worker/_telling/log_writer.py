"""The log of a process: lines that are sent in the background, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Generator
from typing import Any

from colonyos_gen_wire import Log, Process
from colonyos_gen_wire.stubs_async import AsyncStubs

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._secrets import SECRETS, Secrets
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._telling.bridge import Bridge, Ready
from colonyos_gen.worker._telling.failure_text import plain_text

BATCH_CHARACTERS = 65536
"""Lines that have piled up are sent as one entry of the log, up to about this length."""
BUFFER_BYTES = 1024 * 1024
"""What may lie ready to be sent, as it lies in memory, before who writes has to wait."""
LIMIT_BYTES = 8 * BUFFER_BYTES
"""The same before lines are dropped: those of writers that do not wait."""
PATIENCE_S = 60.0
"""Seconds that a writer waits for the server to take something. From then on nobody waits, until it takes something again."""
_ENTRY_BYTES = 64
_MOST_PROGRESS = 16
"""Lines of progress that are kept where there is no room: each makes an entry of its own, which keeps the others up."""

_logger = logging.getLogger("colonyos_gen.worker")


class LogWriter:
    """Writes lines into the log of a process. Nothing that goes wrong with it harms the process.

    Lines that come faster than they can be sent are joined, by line breaks; of progress only the newest is kept then. There
    is room for so much. Who writes more waits, or has lines dropped, which this log and that of the worker count.
    """

    def __init__(
        self,
        client: AsyncStubs,
        availability: Availability,
        process: Process,
        bridge: Bridge,
        secrets: Secrets = SECRETS,
    ) -> None:
        self._client = client
        self._availability = availability
        self._process = process
        self._bridge = bridge
        self._secrets = secrets
        self._lock = threading.Lock()
        self._queue: deque[tuple[str, bool]] = deque()
        self._size = 0
        """Memory that the queue takes, in bytes."""
        self._progress = 0
        """Lines of progress in the queue."""
        self._in_flight = 0
        """Lines that are being sent."""
        self._dropped = 0
        """Lines that found no room, after the last one that is in the queue."""
        self._late = 0
        """Lines that came when nothing was sent any more."""
        self._room_for_threads = threading.Event()
        self._room_for_tasks = asyncio.Event()
        self._waits = True
        """Whether who finds no room is to wait."""
        self._hurried = False
        self._is_stirred = False
        """Whether what is in the queue will be sent without anybody's doing."""
        self._sending: asyncio.Task[None] | None = None
        self._refused = False
        self._level = logging.WARNING

    def write(self, text: str, *, progress: bool = False) -> Awaitable[None]:
        """Add a line, from any thread. If there is no room, this waits; on the event loop what it returns does."""
        line = plain_text(text, self._secrets)
        with self._lock:
            if self._refused:
                self._late += 1
                return _AT_ONCE
            noted, dropped = self._add(line, progress)
            if self._size > BUFFER_BYTES and self._progress > _MOST_PROGRESS:
                self._thin()
            waits = self._waits and self._size > BUFFER_BYTES
            if waits:
                self._room_for_threads.clear()
                self._room_for_tasks.clear()
            stirs, self._is_stirred = not self._is_stirred, True
        if stirs:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nothing is sent any more
                self._bridge.loop.call_soon_threadsafe(self._start)
        self._tell(noted, dropped)
        if not waits:
            return _AT_ONCE
        if self._bridge.here:
            return _Room(self)
        if not self._room_for_threads.wait(PATIENCE_S):
            self._waits = False
        return _AT_ONCE

    async def room(self) -> None:
        """Wait for room, on the event loop."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._room_for_tasks.wait()
        except TimeoutError:
            self._waits = False

    @property
    def has_unsent(self) -> bool:
        """Whether something written is not stored yet."""
        if self._queue or self._dropped:
            return True
        return self._sending is not None and not self._sending.done()

    async def flush(self, seconds: float) -> None:
        """Wait until everything written so far is stored, at most `seconds`; what is not by then is given up."""
        self._start()
        if self._sending is None:
            return
        _, pending = await asyncio.wait({self._sending}, timeout=seconds)
        if pending:
            self._refuse("the end of its log could not be sent")

    def hurry(self) -> None:
        """Let nobody wait for room any more."""
        with self._lock:
            self._hurried, self._waits = True, False
            self._make_room()

    def abandon(self, *, expected: bool = False) -> None:
        """Send nothing more; `expected` if nobody can wonder that lines are lost."""
        level = logging.INFO if expected else logging.WARNING
        self._refuse("nothing more is sent to its log", level=level)

    def _add(self, line: str, progress: bool) -> tuple[int, bool]:
        """Put a line into the queue. Tells how many before it were dropped, and whether it is the first to be dropped."""
        if progress and self._queue and self._queue[-1][1] and not self._dropped:
            self._size -= _weight(self._queue.pop()[0])
            self._progress -= 1
        elif self._size >= (BUFFER_BYTES if self._dropped else LIMIT_BYTES):
            self._dropped += 1
            return 0, self._dropped == 1
        noted = self._dropped
        if noted:
            self._append(_note(noted), False)
            self._dropped = 0
        self._append(line, progress)
        return noted, False

    def _append(self, line: str, progress: bool) -> None:
        self._queue.append((line, progress))
        self._size += _weight(line)
        self._progress += progress

    def _thin(self) -> None:
        """Keep only the newest progress."""
        whole, self._queue = self._queue, deque()
        self._size = self._progress = 0
        newest = max(index for index, (_, progress) in enumerate(whole) if progress)
        for index, (line, progress) in enumerate(whole):
            if not progress or index == newest:
                self._append(line, progress)

    def _tell(self, noted: int, dropped: bool) -> None:
        # Not under the lock: a handler of the user's may write to this log.
        processid = self._process.processid
        if noted:
            _logger.warning("process %s: %s", processid, _note(noted))
        if dropped:
            _logger.warning(
                "process %s: the server does not take its log fast enough; lines are dropped until it has taken some of"
                " the %d MiB that wait",
                processid,
                LIMIT_BYTES >> 20,
            )

    def _refuse(self, why: str, *, level: int = logging.WARNING) -> None:
        """Send nothing more, and tell what is lost by that."""
        self._level = min(self._level, level)  # when the server has refused, what comes afterwards is no news
        with self._lock:
            lost = self._in_flight + len(self._queue) + self._dropped + self._late
            self._refused = True
            self._queue.clear()
            self._size = self._progress = self._in_flight = self._dropped = self._late = 0
            self._make_room()
        if self._sending is not None and self._sending is not asyncio.current_task():
            self._sending.cancel()
        if lost:
            processid = self._process.processid
            _logger.log(self._level, "process %s: %s; lines that are lost: %d", processid, why, lost)

    def _make_room(self) -> None:
        self._room_for_threads.set()
        self._room_for_tasks.set()

    def _start(self) -> None:
        if (self._queue or self._dropped) and (self._sending is None or self._sending.done()):
            self._sending = self._bridge.loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while (text := self._take()) is not None:
            await self._send(text)

    def _take(self) -> str | None:
        """The next entry: one line of progress, or as many other lines as there are before it."""
        noted = 0
        with self._lock:
            self._in_flight = 0
            if not self._queue and self._dropped:
                noted, self._dropped = self._dropped, 0
                self._append(_note(noted), False)
            if not self._queue:
                self._is_stirred = False
                return None
            text, progress = self._queue.popleft()
            self._progress -= progress
            lines, size = [text], len(text)
            while not progress and self._queue and not self._queue[0][1] and size < BATCH_CHARACTERS:
                line, _ = self._queue.popleft()
                lines.append(line)
                size += len(line)
            self._in_flight = len(lines)
            self._size -= sum(map(_weight, lines))
            self._waits = not self._hurried
            if self._size <= BUFFER_BYTES:
                self._make_room()
        self._tell(noted, False)
        return "\n".join(lines)

    async def _send(self, text: str) -> None:
        for pause in pauses(WITHOUT_END):
            try:
                await self._client.add_log(Log(processid=self._process.processid, message=text))
            except RPCError as error:
                if not passes(error):
                    self._refuse(f"its log takes no more lines: {error}", level=logging.INFO)
                    return
                self._availability.lost(error)
                await asyncio.sleep(pause)
                if is_lost_reply(error) and await self._has_arrived(text):
                    return
            else:
                self._availability.heard()
                return

    async def _has_arrived(self, text: str) -> bool:
        """Whether the line whose reply was lost is stored: nobody else writes this log, so it would be the last one."""

        async def last() -> list[Log]:
            return await self._client.get_logs(
                self._process.spec.conditions.colonyname, self._process.processid, count=1, latest=True
            )

        try:
            found = await self._availability.insist(last)
        except RPCError:
            return True  # rather a line too few than one twice
        return bool(found) and found[-1].message == text


class _Room(Awaitable[None]):
    """Waits for room when it is awaited."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def __await__(self) -> Generator[Any, Any, None]:
        return self._writer.room().__await__()


_AT_ONCE = Ready(None)


def _weight(line: str) -> int:
    return sys.getsizeof(line) + _ENTRY_BYTES


def _note(dropped: int) -> str:
    return f"[lines that were dropped here, as they came faster than the server takes them: {dropped}]"
