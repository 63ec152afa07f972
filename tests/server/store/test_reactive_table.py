"""Changes that follow from changes, and their undoing."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from colonyos_gen.server._store.reactive_table import ReactiveTable
from colonyos_gen.server._store.tables import Store


class Lamp(msgspec.Struct, frozen=True):
    name: str
    lit: bool = False


def lamps() -> tuple[Store, ReactiveTable[Lamp]]:
    """Two lamps; the second is switched with the first."""
    store = Store()
    table = ReactiveTable(store, "lamps", Lamp, lambda lamp: lamp.name)
    for name in ("first", "second"):
        table.put(Lamp(name))

    def follow(old: Lamp, new: Lamp) -> None:
        if new.name == "first" and old.lit != new.lit:
            table.put(replace(table["second"], lit=new.lit))

    table.react(follow)
    store.commit()
    return store, table


def test_a_reaction_changes_rows_before_put_returns() -> None:
    _, table = lamps()
    assert table.put(Lamp("first", lit=True)) == Lamp("first", lit=True)
    assert table["second"].lit


def test_rows_that_are_new_or_removed_cause_no_reaction() -> None:
    _, table = lamps()
    table.remove(table["first"])
    table.put(Lamp("first", lit=True))
    assert not table["second"].lit


def test_a_rollback_undoes_both_and_causes_no_reaction() -> None:
    store, table = lamps()
    table.put(Lamp("first", lit=True))
    table.put(Lamp("second"))
    store.commit()
    table.put(Lamp("first"))
    store.rollback()
    assert (table["first"].lit, table["second"].lit) == (True, False)


def test_watchers_see_the_cause_before_the_effect() -> None:
    _, table = lamps()
    seen: list[tuple[str, bool]] = []

    def watch(old: Lamp | None, new: Lamp | None) -> None:
        if old is not None and new is not None:
            seen.append((new.name, new.lit))

    table.watch(watch)
    table.put(Lamp("first", lit=True))
    assert seen == [("first", True), ("second", True)]
