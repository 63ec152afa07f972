"""Reading of bodies, which may take their time as long as they move."""

from __future__ import annotations

import asyncio

from aiohttp import StreamReader, web

from colonyos_gen.server._caller.refusal import TOO_BUSY, Refusal
from colonyos_gen.server._front.bounds.room import FREE_BYTES, Share

BYTES_PER_S = 10_000
WANTED_BYTES_PER_S = 32 * 1024
"""What a body has to come with as long as others wait for the room that it has taken, which is slower than any uplink."""
WANTED_WITHIN_S = 4.0
"""Over how long that is measured."""


async def read_body(
    request: web.Request, seconds: float, share: Share, *, keep: bool = True
) -> bytes | bytearray:
    """The body of a request, which takes `share` of the room for them if it is large.

    It may take `seconds`, and one more for every `BYTES_PER_S` bytes of it. Raises `web.HTTPRequestEntityTooLarge` for one
    that is longer than the application allows, TimeoutError for one that comes too slowly, and Refusal for one that there is
    no room for.

    With `keep`, a short body is there for the middlewares before and after this.
    """
    most, length = request.client_max_size, request.content_length
    if (length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    content = request.content
    if content.at_eof() or (content.is_eof() and content.total_bytes <= FREE_BYTES):
        return await request.read() if keep else content.read_nowait()
    share.expect(most if length is None else length)
    body, timer = bytearray(), asyncio.timeout(None)
    pace = _Pace(timer, content, seconds, share)
    try:
        async with timer:
            while chunk := await content.readany():
                size = len(body) + len(chunk)
                if size > most:
                    raise web.HTTPRequestEntityTooLarge(most, size)
                if not share.has(size):
                    pace.pause()
                    await share.wait_for(size, seconds)
                    pace.go_on()
                body += chunk
    except TimeoutError:
        if pace.is_for_others:
            raise Refusal(TOO_BUSY) from None
        raise
    finally:
        pace.pause()
    share.complete()
    return body if len(body) > FREE_BYTES else bytes(body)  # a copy of much takes long


class _Pace:
    """Ends a timeout once a body comes too slowly. While it waits for room, no time passes."""

    is_for_others = False
    """Whether it came too slowly only because others wait for the room that it has taken."""

    def __init__(self, timer: asyncio.Timeout, content: StreamReader, seconds: float, share: Share) -> None:
        self._timer = timer
        self._content = content
        self._seconds = seconds
        self._share = share
        self._loop = asyncio.get_running_loop()
        self._took = 0.0
        self.go_on()

    def go_on(self) -> None:
        """It is read from now on."""
        self._since, self._bytes = self._loop.time(), self._content.total_bytes
        left = self._seconds + self._bytes / BYTES_PER_S - self._took
        self._next = self._loop.call_later(max(0.0, min(left, self._seconds, WANTED_WITHIN_S)), self._look)

    def pause(self) -> None:
        """It is not read."""
        self._took += self._loop.time() - self._since
        self._since = self._loop.time()
        self._next.cancel()

    def _look(self) -> None:
        seconds, came = self._loop.time() - self._since, self._content.total_bytes - self._bytes
        self.pause()
        if self._took >= self._seconds + self._content.total_bytes / BYTES_PER_S:
            self._timer.reschedule(self._loop.time())
        elif self._share.is_wanted and came < WANTED_BYTES_PER_S * seconds:
            self.is_for_others = True
            self._timer.reschedule(self._loop.time())
        else:
            self.go_on()
