"""Room for request bodies: how many bytes of them may be under way at once, in all and from one address.

Small bodies need none. A large one takes room as its bytes come, so that whoever only announces much holds nothing. It gets
more as long as some order remains in which everybody could come to an end; else it waits, and whoever sends it waits as well,
since nothing takes it off the network. So those who have little left pass by those who have much, and nobody waits for each
other in a ring. Those who wait for long, or come when many wait already, are sent away unread. As long as others wait, a body
that holds room has to move on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from typing import Self

from colonyos_gen.server._caller.refusal import TOO_BUSY, Refusal
from colonyos_gen.server._front.bounds.crowd import is_here

FREE_BYTES = 32 * 1024
"""Size up to which a body needs no room."""
STEP = 512 * 1024
"""Room that is taken at once."""
MOST_WAITING = 512
"""Bodies that may wait before they have any room. Each has some 300 KiB in buffers of the network."""
MOST_WAITING_OF_ONE = 256
"""Those of one address, unless that is this machine."""
_MOST_LOOKS = 16
"""Of those who wait, how many of each kind are looked at when there is room."""
_BEGUN = 3
"""How many times as long one may wait that has been read in part."""


class Share:
    """The room that one request has taken."""

    def __init__(self, room: Room, address: str) -> None:
        self.address = address
        self.taken = 0
        """Bytes that it may have now."""
        self.most = 0
        """Bytes that it may need in the end."""
        self._room = room

    def expect(self, most: int) -> None:
        """The body may become so long."""
        self.most = most

    def has(self, size: int) -> bool:
        """Whether there is room for so much of the body; takes it if it is free."""
        return size <= max(self.taken, FREE_BYTES) or self._room.grant(self, size)

    async def wait_for(self, size: int, seconds: float) -> None:
        """Wait for that, for about `seconds`. Raises Refusal."""
        await self._room.wait_for(self, size, seconds * (_BEGUN if self.taken else 1))

    def complete(self) -> None:
        """Nothing more will come."""
        if self.most > self.taken:
            self.most = self.taken
            self._room.admit()

    def give_back(self) -> None:
        """The body is needed no more. Also when it never was."""
        if self.taken:
            self._room.give_back(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for what has been taken."""
        return self.taken > 0 and self._room.is_wanted(self.address)


class _Waiting:
    def __init__(self, share: Share, size: int) -> None:
        self.share = share
        self.size = size
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Room:
    """Room for bodies.

    Args:
        most: Bytes that may be under way.
        most_of_one: Bytes that may be under way from one address. What comes from this machine itself may have come through a
            proxy, and is not counted by address.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken_by: Counter[str] = Counter()
        self._holders: dict[Share, None] = {}
        self._waiting: dict[_Waiting, None] = {}
        self.taken: int = 0
        """Bytes that are under way."""

    @property
    def waiting(self) -> int:
        """Bodies that wait."""
        return len(self._waiting)

    def share(self, address: str) -> Share:
        """What a request from `address` takes. It is given back at the end of a block."""
        return Share(self, address)

    def grant(self, share: Share, size: int) -> bool:
        """Let `share` have `size` bytes or some more, if there is an order in which everybody can come to an end then."""
        more = max(size, min(share.taken + STEP, share.most)) - share.taken
        if not _is_safe(share, more, self._most - self.taken, self._holders):
            return False
        if not is_here(share.address):
            theirs = (each for each in self._holders if each.address == share.address)
            free = self._most_of_one - self._taken_by[share.address]
            if not _is_safe(share, more, free, theirs):
                return False
        share.taken += more
        self.taken += more
        self._taken_by[share.address] += more
        self._holders[share] = None
        return True

    async def wait_for(self, share: Share, size: int, seconds: float) -> None:
        """Wait until `share` has got that, for at most `seconds`. Raises Refusal."""
        if not share.taken:
            self._require_place(share)
        waiting = _Waiting(share, size)
        self._waiting[waiting] = None
        try:
            async with asyncio.timeout(seconds):
                await waiting.admitted
        except TimeoutError:
            raise Refusal(TOO_BUSY) from None
        finally:
            self._waiting.pop(waiting, None)

    def give_back(self, share: Share) -> None:
        """What `share` has is not under way any more."""
        del self._holders[share]
        self.taken -= share.taken
        self._taken_by[share.address] -= share.taken
        if not self._taken_by[share.address]:
            del self._taken_by[share.address]
        share.taken = share.most = 0
        self.admit()

    def admit(self) -> None:
        """Let those who wait have what they can, in turn."""
        begun = [each for each in self._waiting if each.share.taken]
        new = [each for each in self._waiting if not each.share.taken]
        # Among those of which least is left is one that can come to its end, if none of the others can; and of those who
        # have nothing yet, the smallest hold up the others least.
        order = [*nsmallest(_MOST_LOOKS, begun, key=_left), *begun[:_MOST_LOOKS]]
        order += [*nsmallest(_MOST_LOOKS, new, key=_left), *new[:_MOST_LOOKS]]
        for waiting in dict.fromkeys(order):
            if not waiting.admitted.done() and self.grant(waiting.share, waiting.size):
                del self._waiting[waiting]
                waiting.admitted.set_result(None)

    def is_wanted(self, address: str) -> bool:
        """Whether somebody waits for what `address` has taken."""
        return any(
            each.share.address == address
            or is_here(each.share.address)
            or self._taken_by[each.share.address] + each.size - each.share.taken <= self._most_of_one
            for each in self._waiting
        )

    def _require_place(self, share: Share) -> None:
        """Make place among those who wait by sending away the largest one. Raises Refusal if that is itself."""
        new = [each for each in self._waiting if not each.share.taken]
        of_one = [each for each in new if each.share.address == share.address]
        if len(of_one) >= MOST_WAITING_OF_ONE and not is_here(share.address):
            new = of_one
        elif len(new) < MOST_WAITING:
            return
        largest = max(new, key=lambda each: each.share.most)
        if largest.share.most <= share.most:
            raise Refusal(TOO_BUSY)
        del self._waiting[largest]
        if not largest.admitted.done():
            largest.admitted.set_exception(Refusal(TOO_BUSY))


def _left(waiting: _Waiting) -> int:
    return waiting.share.most - waiting.share.taken


def _is_safe(share: Share, more: int, free: int, holders: Iterable[Share]) -> bool:
    """Whether all can still come to an end, one after the other, once `share` has `more` of what is free."""
    free -= more
    if free < 0:
        return False
    if share.most - share.taken - more <= free:
        return True  # it comes first, and then everything is as it was
    others = [(each.most - each.taken, each.taken) for each in holders if each is not share]
    for needed, held in sorted([*others, (share.most - share.taken - more, share.taken + more)]):
        if needed > free:
            return False
        free += held
    return True
