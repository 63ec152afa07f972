"""Room for request bodies: how many bytes of them may be under way at once, in all and from one address.

Small bodies need none. A large one gets room for all of it before it is read any further, so that whatever has been let in
can be read to its end, and waits for that in the order of arrival. Whoever sends it waits as well, since nothing takes it off
the network. Those who wait for long, or come when many wait already, are sent away unread. As long as others wait for what a
body holds, it has to come quickly.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Generator

from colonyos_gen.server._caller.refusal import TOO_BUSY, Refusal

FREE_BYTES = 32 * 1024
"""Size up to which a body needs no room."""
MOST_WAITING = 512
"""Bodies that may wait. Each has some 300 KiB in buffers of the network."""
MOST_WAITING_OF_ONE = 256
"""Bodies that may wait from one address."""


class _Waiting:
    def __init__(self, address: str, size: int) -> None:
        self.address = address
        self.size = size
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Room:
    """Room for bodies.

    Args:
        most: Bytes that may be under way.
        most_of_one: Bytes that may be under way from one address.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken = 0
        self._taken_by: Counter[str] = Counter()
        self._waiting: dict[_Waiting, None] = {}

    @property
    def taken(self) -> int:
        """Bytes that are under way."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Bodies that wait."""
        return len(self._waiting)

    @contextlib.contextmanager
    def share(self, address: str) -> Generator[Share]:
        """What a request from `address` takes within the block."""
        share = Share(self, address)
        try:
            yield share
        finally:
            share.give_back()

    async def take(self, address: str, size: int, seconds: float) -> None:
        """Wait until there is room, for at most `seconds`. Raises Refusal."""
        if not self._waiting and self._fits(address, size):
            self._hand_out(address, size)
            return
        of_one = sum(each.address == address for each in self._waiting)
        if len(self._waiting) >= MOST_WAITING or of_one >= MOST_WAITING_OF_ONE:
            raise Refusal(TOO_BUSY)
        waiting = _Waiting(address, size)
        self._waiting[waiting] = None
        self._admit()
        try:
            async with asyncio.timeout(seconds):
                await waiting.admitted
        except BaseException as error:
            if waiting.admitted.done() and not waiting.admitted.cancelled():
                self.give_back(address, size)
            self._waiting.pop(waiting, None)
            self._admit()
            if isinstance(error, TimeoutError):
                raise Refusal(TOO_BUSY) from None
            raise

    def give_back(self, address: str, size: int) -> None:
        """So many bytes are not under way any more."""
        self._taken -= size
        self._taken_by[address] -= size
        if not self._taken_by[address]:
            del self._taken_by[address]
        self._admit()

    def is_wanted(self, address: str) -> bool:
        """Whether somebody waits for what `address` has taken."""
        return any(
            each.address == address or self._taken_by[each.address] + each.size <= self._most_of_one
            for each in self._waiting
        )

    def _fits(self, address: str, size: int) -> bool:
        return self._taken + size <= self._most and self._taken_by[address] + size <= self._most_of_one

    def _hand_out(self, address: str, size: int) -> None:
        self._taken += size
        self._taken_by[address] += size

    def _admit(self) -> None:
        """Let in whom there is room for, in turn. An address that has taken its share holds up nobody but itself."""
        held_up: set[str] = set()
        for waiting in list(self._waiting):
            if waiting.address in held_up:
                continue
            if self._taken_by[waiting.address] + waiting.size > self._most_of_one:
                held_up.add(waiting.address)
                continue
            if self._taken + waiting.size > self._most:
                return
            del self._waiting[waiting]
            if not waiting.admitted.done():
                self._hand_out(waiting.address, waiting.size)
                waiting.admitted.set_result(None)


class Share:
    """The room that one request has taken."""

    def __init__(self, room: Room, address: str) -> None:
        self._room = room
        self._address = address
        self._size = 0

    async def take(self, size: int, seconds: float) -> None:
        """Wait until there is room for a body, for at most `seconds`. Raises Refusal."""
        await self._room.take(self._address, size, seconds)
        self._size = size

    def give_back(self) -> None:
        """The body is needed no more. Also when it never was."""
        size, self._size = self._size, 0
        if size:
            self._room.give_back(self._address, size)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for what has been taken."""
        return self._size > 0 and self._room.is_wanted(self._address)
