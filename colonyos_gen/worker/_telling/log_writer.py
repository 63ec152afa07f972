"""The log of a process: lines that are sent in the background, in order."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque

from colonyos_gen_wire import Log, Process
from colonyos_gen_wire.stubs_async import AsyncStubs

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._secrets import SECRETS, Secrets
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._telling.failure_text import plain_text

BATCH_CHARACTERS = 65536
"""Lines that have piled up are sent as one entry of the log, up to about this length."""

_logger = logging.getLogger("colonyos_gen.worker")


class LogWriter:
    """Writes lines into the log of a process. Nothing that goes wrong with it harms the process.

    Lines that come faster than they can be sent are joined, by line breaks; of progress only the newest is kept then.
    """

    def __init__(
        self, client: AsyncStubs, availability: Availability, process: Process, secrets: Secrets = SECRETS
    ) -> None:
        self._client = client
        self._availability = availability
        self._process = process
        self._secrets = secrets
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._queue: deque[tuple[str, bool]] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._refused = False

    def write(self, text: str, *, progress: bool = False) -> None:
        """Add a line; never waits. From any thread."""
        line = plain_text(text, self._secrets)
        with self._lock:
            if progress and self._queue and self._queue[-1][1]:
                self._queue.pop()
            self._queue.append((line, progress))
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._start)

    @property
    def has_unsent(self) -> bool:
        """Whether something written is not stored yet."""
        return bool(self._queue) or (self._sending is not None and not self._sending.done())

    async def flush(self, seconds: float) -> None:
        """Wait until everything written so far is stored, at most `seconds`; what is not by then is given up."""
        self._start()
        if self._sending is None:
            return
        _, pending = await asyncio.wait({self._sending}, timeout=seconds)
        if pending:
            self._refused = True
            self._sending.cancel()
            _logger.warning("process %s: the end of its log could not be sent", self._process.processid)

    def abandon(self) -> None:
        """Send nothing more."""
        self._refused = True
        if self._sending is not None:
            self._sending.cancel()

    def _start(self) -> None:
        if self._queue and not self._refused and (self._sending is None or self._sending.done()):
            self._sending = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while not self._refused and (text := self._take()) is not None:
            await self._send(text)

    def _take(self) -> str | None:
        """The next entry: one line of progress, or as many other lines as there are before it."""
        with self._lock:
            if not self._queue:
                return None
            text, progress = self._queue.popleft()
            lines, size = [text], len(text)
            while not progress and self._queue and not self._queue[0][1] and size < BATCH_CHARACTERS:
                line, _ = self._queue.popleft()
                lines.append(line)
                size += len(line)
        return "\n".join(lines)

    async def _send(self, text: str) -> None:
        for pause in pauses(WITHOUT_END):
            try:
                await self._client.add_log(Log(processid=self._process.processid, message=text))
            except RPCError as error:
                if not passes(error):
                    self._refused = True
                    _logger.info(
                        "process %s: its log takes no more lines: %s", self._process.processid, error
                    )
                    return
                self._availability.lost(error)
                await asyncio.sleep(pause)
                if is_lost_reply(error) and await self._has_arrived(text):
                    return
            else:
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
