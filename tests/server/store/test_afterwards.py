"""What happens only once changes are final."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from colonyos_gen.server._store.tables import Store, Table
from tests.server.kit.disk import Disk


class Fruit(msgspec.Struct):
    name: str
    colour: str


GREEN, RED = Fruit("apple", "green"), Fruit("apple", "red")


class Basket:
    """A table with a follower, and what the follower was told."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.store = Store(disk)
        self.fruits: Table[Fruit] = self.store.table("fruits", Fruit, lambda fruit: fruit.name)
        self.told: list[tuple[Fruit | None, Fruit | None]] = []
        self.fruits.follow(lambda old, new: self.told.append((old, new)))


def test_followers_are_told_every_change_in_order_and_after_the_commit() -> None:
    basket = Basket()
    basket.fruits.put(GREEN)
    basket.fruits.put(RED)
    basket.fruits.remove(RED)
    assert basket.told == []
    basket.store.commit()
    assert basket.told == [(None, GREEN), (GREEN, RED), (RED, None)]
    basket.store.commit()
    assert len(basket.told) == 3


def test_followers_hear_nothing_of_what_was_undone() -> None:
    basket = Basket()
    basket.fruits.put(GREEN)
    basket.store.rollback()
    basket.store.commit()
    assert basket.told == []


def test_followers_wait_until_changes_are_written_down() -> None:
    async def main() -> None:
        disk = Disk()
        basket = Basket(disk)
        basket.fruits.put(GREEN)
        basket.store.commit()
        assert basket.told == []
        await basket.store.written()
        assert basket.told == [(None, GREEN)]
        disk.full = True
        basket.fruits.put(RED)
        basket.store.commit()
        with pytest.raises(OSError, match="no space"):
            await basket.store.written()
        disk.full = False
        basket.fruits.remove(GREEN)
        basket.store.commit()
        await basket.store.written()
        assert basket.told == [(None, GREEN), (GREEN, None)]

    asyncio.run(main())


def test_actions_need_no_change_and_do_not_hinder_each_other(caplog: pytest.LogCaptureFixture) -> None:
    async def main(basket: Basket) -> None:
        done: list[int] = []
        basket.store.afterwards(lambda: done.append(1))
        basket.store.afterwards(lambda: done.append(1 // 0))
        basket.store.afterwards(lambda: done.append(2))
        basket.store.commit()
        await basket.store.written()
        assert done == [1, 2]

    asyncio.run(main(Basket()))
    asyncio.run(main(Basket(Disk())))
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
