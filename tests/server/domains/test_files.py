"""Revisions of files and the tree of their labels, beyond what is recorded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.methods import colony, file, user
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.file import (
    AddFileMsg,
    GetFileLabelsMsg,
    GetFileMsg,
    GetFilesMsg,
    RemoveFileMsg,
)
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.types.file import File, Reference, S3Object
from colonyos_gen_wire.types.user import User

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from tests.server.kit.lab import COLONY, Lab, Refused, lab


async def add(here: Lab, key: PrivateKey, label: str, name: str, colonyname: str = COLONY) -> File:
    row = File(colonyname=colonyname, label=label, name=name)
    return await here.call(key, file.ADD_FILE, AddFileMsg(file=row))


async def revisions(here: Lab, key: PrivateKey, label: str, name: str, *, latest: bool = False) -> list[str]:
    request = GetFileMsg(colonyname=COLONY, label=label, name=name, latest=latest)
    return [each.fileid for each in await here.call(key, file.GET_FILE, request)]


async def labels(here: Lab, key: PrivateKey, name: str = "", *, exact: bool = False) -> dict[str, int]:
    request = GetFileLabelsMsg(colonyname=COLONY, name=name, exact=exact)
    return {each.name: each.files for each in await here.call(key, file.GET_FILE_LABELS, request)}


def test_revisions_count_over_all_files() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            added = [
                await add(here, key, *place) for place in (("/a", "x"), ("/b", "x"), ("/a", "x"), ("/a", "y"))
            ]
            numbers = [each.sequencenr for each in added]
            assert numbers == sorted(set(numbers))
            assert await revisions(here, key, "/a", "x") == [added[2].fileid, added[0].fileid]
            assert await revisions(here, key, "/a", "x", latest=True) == [added[2].fileid]
            await here.call(key, file.REMOVE_FILE, RemoveFileMsg(colonyname=COLONY, fileid=added[2].fileid))
            assert await revisions(here, key, "/a", "x", latest=True) == [added[0].fileid]
            again = await add(here, key, "/a", "x")
            assert again.sequencenr > max(numbers)
            listed = await here.call(key, file.GET_FILES, GetFilesMsg(colonyname=COLONY, label="/a"))
            assert sorted(each.name for each in listed) == ["x", "y"]
            await here.call(key, file.REMOVE_FILE, RemoveFileMsg(colonyname=COLONY, label="/a", name="x"))
            with pytest.raises(Refused, match="404 Failed to get file"):
                await revisions(here, key, "/a", "x")
            assert await revisions(here, key, "/b", "x") == [added[1].fileid]

    asyncio.run(main())


def test_the_server_decides_about_id_number_time_and_protocol() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            old = datetime(2001, 1, 1, tzinfo=UTC)
            place = Reference(protocol="ftp", s3object=S3Object(object="o", secretkey="hush", port=443))
            row = File(
                colonyname=COLONY,
                label="l",
                name="n",
                fileid="f",
                sequencenr=99,
                added=old,
                size=7,
                ref=place,
            )
            added = await here.call(key, file.ADD_FILE, AddFileMsg(file=row))
            assert len(added.fileid) == 64
            assert added.sequencenr == 1
            assert added.added is not None
            assert added.added > old
            assert (added.ref.protocol, added.ref.s3object) == ("s3", place.s3object)
            [read] = await here.call(key, file.GET_FILE, GetFileMsg(colonyname=COLONY, fileid=added.fileid))
            assert read == added
            [listed] = await here.call(key, file.GET_FILES, GetFilesMsg(colonyname=COLONY, label="l"))
            assert (listed.name, listed.size, listed.s3filename) == ("n", 7, "o")

    asyncio.run(main())


def test_labels_make_a_tree() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            for label in ("/src/lib", "/src/lib", "/src_old", "/srcXold/a", "/src/lib/x", "flat"):
                await add(here, key, label, "f")
            assert await labels(here, key, exact=True) == await labels(here, key)
            assert len(await labels(here, key)) == 5
            below = {"/src/lib": 2, "/src/lib/x": 1}
            assert await labels(here, key, "/src/lib", exact=True) == below
            assert await labels(here, key, "/src/", exact=False) == below
            # No file lies directly under these, so they are no labels.
            for name in ("/src", "/src/", "/", "/src/lib/", "/srcXold", "src"):
                assert await labels(here, key, name, exact=True) == {}
            assert await labels(here, key, "/src_old", exact=True) == {"/src_old": 1}
            assert await labels(here, key, "/src_old") == {"/src_old": 1, "/srcXold/a": 1}
            assert await labels(here, key, "/src\\_old") == {"/src_old": 1}
            assert await labels(here, key, "%lib") == below
            assert await labels(here, key, "src") == {}
            await here.call(key, file.REMOVE_FILE, RemoveFileMsg(colonyname=COLONY, label="flat", name="f"))
            assert "flat" not in await labels(here, key)
            await add(here, key, "/", "f")
            await add(here, key, "//src", "f")
            assert await labels(here, key, "/", exact=True) == {"/": 1, "//src": 1}

    asyncio.run(main())


def test_a_colony_sees_only_its_own_files() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            added = await add(here, key, "/a", "x")
            await here.add_colony("other")
            outsider = PrivateKey.generate()
            row = User(colonyname="other", userid=outsider.id, name="u")
            await here.call(here.colony_key, user.ADD_USER, AddUserMsg(user=row))
            with pytest.raises(Refused, match="403 Access denied, not a member"):
                await add(here, outsider, "/a", "x")
            by_id = GetFileMsg(colonyname="other", fileid=added.fileid)
            with pytest.raises(Refused, match="400 Failed to get file"):
                await here.call(outsider, file.GET_FILE, by_id)
            removal = RemoveFileMsg(colonyname="other", fileid=added.fileid)
            await here.call(outsider, file.REMOVE_FILE, removal)
            assert await revisions(here, key, "/a", "x") == [added.fileid]

    asyncio.run(main())


def test_files_go_with_their_colony() -> None:
    async def main() -> None:
        async with lab() as here:
            await add(here, await here.add_user("u"), "/a", "x")
            await here.call(here.server_key, colony.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY))
            await here.add_colony()
            key = await here.add_user("u")
            assert await labels(here, key) == {}

    asyncio.run(main())


def test_what_a_database_could_not_hold_is_refused() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            for row in (
                File(colonyname=COLONY, label="/a", name="\0"),
                File(colonyname=COLONY, label="/a", name="n", ref=Reference(s3object=S3Object(bucket="\0"))),
                File(colonyname=COLONY, label="/a", name="n", ref=Reference(s3object=S3Object(port=2**31))),
                File(colonyname=COLONY, label="/a", name="n", size=2**63),
            ):
                with pytest.raises(Refused, match=r"^400 "):
                    await here.call(key, file.ADD_FILE, AddFileMsg(file=row))
            assert await labels(here, key) == {}

    asyncio.run(main())


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        path, server_key = tmp_path / "colonies.db", PrivateKey.generate()
        async with aiohttp.ClientSession() as session:
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                await here.add_colony()
                key = await here.add_user("u")
                before = [await add(here, key, "/a", "x") for _ in range(3)]
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                after = await add(here, key, "/a", "x")
                assert after.sequencenr == before[-1].sequencenr + 1
                ids = [each.fileid for each in (after, *reversed(before))]
                assert await revisions(here, key, "/a", "x") == ids

    asyncio.run(main())
