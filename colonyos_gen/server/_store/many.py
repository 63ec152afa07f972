"""Rows that were put together, and are too many for all that follows the table to learn of them in one turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)

_AT_ONCE = 200
"""Rows that are told of in one turn."""


class Many(Generic[Row]):
    """Rows that were put together, of a colony."""

    def __init__(self, olds: dict[str, Row | None], news: dict[str, Row], whose: str) -> None:
        self.olds = olds
        """What was there before, by key."""
        self.news = news
        """The rows of which followers have not been told yet, by key."""
        self.whose = whose
        self.is_final: bool = False
        """Whether they are written down."""
        self.ahead: list[str] = []
        """Keys of rows of which followers are told as soon as they are final, as there are newer ones."""
        self._is_over = False
        self._waiting: asyncio.Future[None] | None = None

    def end(self) -> None:
        """Everybody has been told, or it was undone."""
        self._is_over = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def over(self) -> None:
        """Wait until everybody has been told."""
        if not self._is_over:
            self._waiting = self._waiting or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._waiting)


class Latecomers(Generic[Row]):
    """The rows of a table that its watchers and followers are still to be told of.

    Args:
        rows: The rows of the table.
        watchers: Who is told what became of what, as soon as there is time for it.
        followers: Who is told what became of what when it is final, in order.
    """

    def __init__(
        self,
        rows: dict[str, Row],
        watchers: Sequence[Callable[[Row | None, Row | None], None]],
        followers: Sequence[Callable[[Row | None, Row | None], None]],
    ) -> None:
        self.known: dict[str, Row | None] = {}
        """What watchers take the late rows for, by key; None if they know of none."""
        self.times: int = 0
        """How often there were more of them."""
        self._rows = rows
        self._watchers = watchers
        self._followers = followers
        self._many: list[Many[Row]] = []

    def put(self, news: dict[str, Row], whose: str) -> Many[Row]:
        """Put rows into the table, and tell nobody."""
        olds = {key: self._rows.get(key) for key in news}
        for key, old in olds.items():
            self.known.setdefault(key, old)  # who has missed a row learns of the newer one only
        self.times += 1
        self._rows.update(news)
        many = Many(olds, news, whose)
        self._many.append(many)
        return many

    def tell_of(self, many: Many[Row]) -> Iterator[None]:
        """Tell of rows that are final, some at each step."""
        many.is_final = True
        for key in many.ahead:
            self._follow_up(many, key)
        return self._telling(many)

    def follow_up(self, key: str) -> None:
        """Let followers know of a row before what becomes of it next."""
        for many in self._many:
            if many.is_final:
                self._follow_up(many, key)
            elif key in many.news:
                many.ahead.append(key)

    async def settled(self, whose: str) -> None:
        """Wait until all have been told of the rows of a colony that were put by now."""
        for many in [each for each in self._many if each.whose == whose]:
            await many.over()

    def end(self, many: Many[Row]) -> None:
        """There is nothing more to tell of rows."""
        self._many.remove(many)
        many.end()

    def _telling(self, many: Many[Row]) -> Iterator[None]:
        keys = list(many.news)
        for start in range(0, len(keys), _AT_ONCE):
            for key in keys[start : start + _AT_ONCE]:
                if key in self.known:
                    known, row = self.known.pop(key), self._rows[key]
                    for watcher in self._watchers:
                        watcher(known, row)
                self._follow_up(many, key)
            yield
        self.end(many)

    def _follow_up(self, many: Many[Row], key: str) -> None:
        if (new := many.news.pop(key, None)) is not None:
            for follower in self._followers:
                follower(many.olds[key], new)
