"""How many connections there may be, in all and from one address.

Those that are of no use to anybody at the moment make room for new ones, so that whoever holds many of them keeps nobody out.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable

MOST_CONNECTIONS = 10_000
"""Connections of a server. Its system may allow fewer."""


class Member:
    """One connection."""

    def __init__(self, address: str, close: Callable[[], None]) -> None:
        self.address = address
        self.close = close


class Crowd:
    """Connections that are open, and which of them rest.

    Args:
        most: How many there may be, half of them from one address. What comes from this machine itself may have come through
            a proxy, and is not counted by address.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._members: set[Member] = set()
        self._of: Counter[str] = Counter()
        self._resting: dict[Member, None] = {}

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, address: str, close: Callable[[], None]) -> Member | None:
        """Let a connection in, which rests at first; None if there is no room for it, as all are of use.

        `close` is called when it rests for longer than any other, and room is needed.
        """
        if not is_here(address) and self._of[address] >= max(1, self._most // 2):
            room = self._close_one(address)
        elif len(self._members) >= self._most:
            room = self._close_one()
        else:
            room = True
        if not room:
            return None
        member = Member(address, close)
        self._members.add(member)
        self._of[address] += 1
        self._resting[member] = None
        return member

    def leave(self, member: Member) -> None:
        """It is closed. Also when that is known already."""
        if member in self._members:
            self._members.remove(member)
            self._resting.pop(member, None)
            self._of[member.address] -= 1
            if not self._of[member.address]:
                del self._of[member.address]

    def resting(self, member: Member) -> None:
        """It is of no use from now on."""
        if member in self._members:
            self._resting.pop(member, None)
            self._resting[member] = None

    def busy(self, member: Member) -> None:
        """It is of use from now on."""
        self._resting.pop(member, None)

    def _close_one(self, address: str | None = None) -> bool:
        """Close the connection that has rested longest. Whether there was one."""
        member = next((each for each in self._resting if address in (None, each.address)), None)
        if member is None:
            return False
        self.leave(member)
        member.close()
        return True


def address_of(transport: asyncio.BaseTransport) -> str:
    """Address of the other end; empty where there is none."""
    match transport.get_extra_info("peername"):
        case (str(address), *_):
            return address
        case _:
            return ""


def is_here(address: str) -> bool:
    """Whether an address is of this machine, or none."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True
