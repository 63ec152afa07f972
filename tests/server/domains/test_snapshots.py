"""Snapshots of labels, beyond what is recorded."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.methods import file, snapshot, user
from colonyos_gen_wire.requests.file import AddFileMsg, RemoveFileMsg
from colonyos_gen_wire.requests.snapshot import (
    CreateSnapshotMsg,
    GetSnapshotMsg,
    GetSnapshotsMsg,
    RemoveAllSnapshotsMsg,
    RemoveSnapshotMsg,
)
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.types.file import File
from colonyos_gen_wire.types.snapshot import Snapshot
from colonyos_gen_wire.types.user import User

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Lab, Refused, lab


async def add(here: Lab, key: PrivateKey, label: str, name: str) -> str:
    row = File(colonyname=COLONY, label=label, name=name)
    return (await here.call(key, file.ADD_FILE, AddFileMsg(file=row))).fileid


async def freeze(here: Lab, key: PrivateKey, label: str, name: str, colonyname: str = COLONY) -> Snapshot:
    request = CreateSnapshotMsg(colonyname=colonyname, label=label, name=name)
    return await here.call(key, snapshot.CREATE_SNAPSHOT, request)


async def read(here: Lab, key: PrivateKey, name: str, colonyname: str = COLONY) -> Snapshot:
    request = GetSnapshotMsg(colonyname=colonyname, name=name)
    return await here.call(key, snapshot.GET_SNAPSHOT, request)


async def member_of(here: Lab, colonyname: str) -> PrivateKey:
    """The key of a member of another colony, which is made."""
    await here.add_colony(colonyname)
    key = PrivateKey.generate()
    row = User(colonyname=colonyname, userid=key.id, name="u")
    await here.call(here.colony_key, user.ADD_USER, AddUserMsg(user=row))
    return key


def test_what_happens_to_files_later_changes_no_snapshot() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            old = await add(here, key, "/src", "a")
            first = await freeze(here, key, "/src", "first")
            new = await add(here, key, "/src", "a")
            other = await add(here, key, "/src/lib", "b")
            second = await freeze(here, key, "/src/", "second")
            await here.call(key, file.REMOVE_FILE, RemoveFileMsg(colonyname=COLONY, label="/src", name="a"))
            assert first.fileids == [old]
            assert set(second.fileids) == {new, other}
            assert (first.label, second.label) == ("/src", "/src")
            assert await read(here, key, "first") == first
            assert await read(here, key, "second") == second

    asyncio.run(main())


def test_holds_the_label_and_what_is_below_it() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            deep = await add(here, key, "/my_data/deep/er", "a")
            same_name = await add(here, key, "/my_data/deep", "a")
            for label in ("/my_data2", "/myXdata/deep"):
                await add(here, key, label, "a")
            # No file lies directly under these, so there is nothing to freeze.
            for number, label in enumerate(("/my_data", "/my", "/", "", "/my_data/")):
                assert (await freeze(here, key, label, f"e{number}")).fileids == []
            own = await add(here, key, "/my_data", "a")
            # The underscore is no wildcard.
            assert set((await freeze(here, key, "/my_data", "s1")).fileids) == {own, deep, same_name}
            assert set((await freeze(here, key, "/my_data/", "s2")).fileids) == {own, deep, same_name}
            assert (await freeze(here, key, "/my_data/deep/er", "s3")).fileids == [deep]
            top = await add(here, key, "", "a")
            assert len((await freeze(here, key, "/", "s4")).fileids) == 6
            slash = await add(here, key, "/", "a")
            assert {top, slash} < set((await freeze(here, key, "", "s5")).fileids)

    asyncio.run(main())


@pytest.mark.hazards("colon_in_name")
def test_names_are_unique_in_a_colony() -> None:
    async def main() -> None:
        async with lab() as here:
            key, outsider = await here.add_user("u"), await member_of(here, "other")
            first = await freeze(here, key, "/a", "s")
            with pytest.raises(Refused, match="500 Snapshot with name <s> in Colony <lab> already exists"):
                await freeze(here, key, "/b", "s")
            with pytest.raises(Refused, match="400 Invalid snapshot name"):
                await freeze(here, key, "/b", "a:b")
            for label, name in (("/b", "a\0b"), ("\0", "t")):
                with pytest.raises(Refused, match="500 pq: invalid byte sequence"):
                    await freeze(here, key, label, name)
            same = await freeze(here, outsider, "/a", "s", "other")
            assert same.snapshotid != first.snapshotid
            await here.call(key, snapshot.REMOVE_SNAPSHOT, RemoveSnapshotMsg(colonyname=COLONY, name="s"))
            again = await freeze(here, key, "/b", "s")
            assert await read(here, key, "s") == again
            listed = await here.call(key, snapshot.GET_SNAPSHOTS, GetSnapshotsMsg(colonyname=COLONY))
            assert listed == [again]

    asyncio.run(main())


def test_a_colony_reaches_only_its_own_snapshots() -> None:
    async def main() -> None:
        async with lab() as here:
            key, outsider = await here.add_user("u"), await member_of(here, "other")
            made = await freeze(here, key, "/a", "s")
            by_id = GetSnapshotMsg(colonyname="other", snapshotid=made.snapshotid)
            with pytest.raises(Refused, match="500 Snapshot not found with Id"):
                await here.call(outsider, snapshot.GET_SNAPSHOT, by_id)
            with pytest.raises(Refused, match="500 Snapshot not found with name"):
                await read(here, outsider, "s", "other")
            removal = RemoveSnapshotMsg(colonyname="other", snapshotid=made.snapshotid)
            await here.call(outsider, snapshot.REMOVE_SNAPSHOT, removal)
            everything = RemoveAllSnapshotsMsg(colonyname="other")
            await here.call(outsider, snapshot.REMOVE_ALL_SNAPSHOTS, everything)
            assert await read(here, key, "s") == made
            with pytest.raises(Refused, match="403"):
                await freeze(here, outsider, "/a", "t")

    asyncio.run(main())


def test_lists_the_newest_first() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            for name in ("one", "two", "three"):
                await freeze(here, key, "/a", name)
            await here.call(key, snapshot.REMOVE_SNAPSHOT, RemoveSnapshotMsg(colonyname=COLONY, name="two"))
            listed = await here.call(key, snapshot.GET_SNAPSHOTS, GetSnapshotsMsg(colonyname=COLONY))
            assert [each.name for each in listed] == ["three", "one"]

    asyncio.run(main())
