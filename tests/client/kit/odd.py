"""A transport that does what it is told: hang, raise, or return something else than it should."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.client.kit.scripted import envelope, process


def reply_of(method: Any) -> Any:
    """A plausible reply."""
    return 200, envelope(method.payloadtype, process())


async def forever() -> Any:
    await asyncio.sleep(3600)


class OddConnection:
    """A connection on which nothing arrives, unless it is told otherwise."""

    heard_at: Any = 0.0

    def __init__(self, **does: Callable[[], Any]) -> None:
        self.does = does
        self.dropped = self.sent = 0

    async def _do(self, name: str, otherwise: Callable[[], Any]) -> Any:
        outcome = self.does.get(name, otherwise)()
        return await outcome if asyncio.iscoroutine(outcome) else outcome

    async def send(self, body: bytes) -> Any:
        del body
        self.sent += 1
        return await self._do("send", lambda: None)

    async def receive(self) -> Any:
        return await self._do("receive", forever)

    async def ping(self) -> Any:
        return await self._do("ping", lambda: None)

    def drop(self) -> None:
        self.dropped += 1
        if "drop" in self.does:
            self.does["drop"]()


class OddTransport:
    """Counts, and does for each post or connection what comes next; in the end what it should."""

    url = "odd://here"

    def __init__(
        self, *posts: Callable[[], Any], connects: Callable[[], Any] | None = None, url: str = "odd://here"
    ) -> None:
        self.url = url
        self.posts = list(posts)
        self.connects = connects or OddConnection
        self.posted = 0

    async def post(self, body: bytes, *, method: Any, headers: Any, timeout: float) -> Any:
        del body, headers, timeout
        self.posted += 1
        outcome = self.posts.pop(0)() if self.posts else reply_of(method)
        return await outcome if asyncio.iscoroutine(outcome) else outcome

    async def connect(self, *, method: Any, headers: Any, timeout: float) -> Any:
        del method, headers, timeout
        outcome = self.connects()
        return await outcome if asyncio.iscoroutine(outcome) else outcome

    async def close(self) -> None:
        pass


def raises(error: BaseException) -> Callable[[], Any]:
    """What raises it."""

    def act() -> Any:
        raise error

    return act
