"""Change of identities: the new key takes over everything, at once, and the old one has nothing left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.constants import SUCCESS
from colonyos_gen_wire.methods import colony, cron, executor, generator, identity, process, user
from colonyos_gen_wire.requests.colony import GetColoniesMsg, GetColonyMsg
from colonyos_gen_wire.requests.cron import AddCronMsg, GetCronMsg
from colonyos_gen_wire.requests.executor import ApproveExecutorMsg, GetExecutorMsg, ReportAllocationsMsg
from colonyos_gen_wire.requests.generator import AddGeneratorMsg, GetGeneratorMsg
from colonyos_gen_wire.requests.identity import (
    ChangeColonyIDMsg,
    ChangeExecutorIDMsg,
    ChangeServerIDMsg,
    ChangeUserIDMsg,
)
from colonyos_gen_wire.requests.process import GetProcessHistMsg
from colonyos_gen_wire.requests.user import AddUserMsg, GetUserMsg
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.executor import Allocations, Project
from colonyos_gen_wire.types.generator import Generator
from colonyos_gen_wire.types.user import User
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server._store.tables import Change, MemoryJournal
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import text
from tests.server.processes.test_long_poll import waiting

NO_MEMBER = "403 Access denied, not a member"


async def change_executor(here: Lab, old: PrivateKey, new: str) -> None:
    request = ChangeExecutorIDMsg(colonyname=COLONY, executorid=new)
    assert await here.call(old, identity.CHANGE_EXECUTOR_ID, request) == request


async def change_user(here: Lab, old: PrivateKey, new: str) -> None:
    request = ChangeUserIDMsg(colonyname=COLONY, userid=new)
    assert await here.call(old, identity.CHANGE_USER_ID, request) == request


async def change_colony(here: Lab, old: PrivateKey, new: str, colonyname: str = COLONY) -> None:
    request = ChangeColonyIDMsg(colonyname=colonyname, colonyid=new)
    assert await here.call(old, identity.CHANGE_COLONY_ID, request) == request


async def change_server(here: Lab, old: PrivateKey, new: str) -> None:
    request = ChangeServerIDMsg(serverid=new)
    assert await here.call(old, identity.CHANGE_SERVER_ID, request) == request


def test_an_executor_can_close_what_it_began_with_its_old_key() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new, key = await here.add_executor("ex"), PrivateKey.generate(), await here.add_user("u")
            done = await here.submit(key)
            await here.assign(old)
            await here.close(old, done.processid)
            running, queued = await here.submit(key), await here.submit(old)
            await here.assign(old)
            await change_executor(here, old, new.id)
            with pytest.raises(Refused, match=NO_MEMBER):
                await here.close(old, running.processid)
            assert (await here.process(new, running.processid)).assignedexecutorid == new.id
            await here.close(new, running.processid, 1)
            assert (await here.process(key, running.processid)).state is SUCCESS
            assert (await here.process(key, running.processid)).initiatorid == key.id
            assert (await here.process(key, queued.processid)).initiatorid == new.id
            assert (await here.assign(new)).processid == queued.processid
            request = GetProcessHistMsg(colonyname=COLONY, executorid=new.id, seconds=100, state=SUCCESS)
            history = await here.call(key, process.GET_PROCESS_HISTORY, request)
            assert [each.processid for each in history] == [done.processid, running.processid]

    asyncio.run(main())


def test_the_work_of_a_removed_executor_is_found_under_its_new_identity() -> None:
    async def main() -> None:
        async with lab(reregister=True) as here:
            old, new, other = (
                await here.add_executor("ex"),
                PrivateKey.generate(),
                await here.add_executor("two"),
            )
            submitted = await here.submit(other)
            await here.assign(old)
            await change_executor(here, old, new.id)
            await here.add_executor("ex")
            assert (await here.assign(other)).processid == submitted.processid

    asyncio.run(main())


def test_an_executor_in_any_state_changes_and_keeps_the_rest() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new = (
                await here.add_executor("ex", approve=False, locationname="attic"),
                PrivateKey.generate(),
            )
            allocations = Allocations(projects={"p": Project(allocatedcpu=4)})
            report = ReportAllocationsMsg(colonyname=COLONY, executorname="ex", allocations=allocations)
            await here.call(old, executor.REPORT_ALLOCATIONS, report)
            await change_executor(here, old, new.id)
            request = ApproveExecutorMsg(colonyname=COLONY, executorname="ex")
            await here.call(here.colony_key, executor.APPROVE_EXECUTOR, request)
            row = await here.call(
                new, executor.GET_EXECUTOR, GetExecutorMsg(colonyname=COLONY, executorname="ex")
            )
            assert (row.executorid, row.locationname, row.allocations) == (new.id, "attic", allocations)
            with pytest.raises(Refused, match=NO_MEMBER):
                await here.call(old, executor.REPORT_ALLOCATIONS, report)

    asyncio.run(main())


def test_an_assign_that_waits_with_the_old_key_gets_nothing() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new = await here.add_executor("ex"), PrivateKey.generate()
            poll = asyncio.create_task(here.assign(old, 30))
            await waiting(here, 1)
            await change_executor(here, old, new.id)
            submitted = await here.submit(new)
            with pytest.raises(Refused, match=NO_MEMBER):
                await poll
            assert (await here.assign(new)).processid == submitted.processid

    asyncio.run(main())


def test_users_take_along_what_they_submitted_and_nobody_elses() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new = await here.add_user("u"), PrivateKey.generate()
            mine = await here.submit(old)
            # Not forbidden: an executor of the same colony with the same key.
            await here.add_executor("ex", key=old)
            as_executor = await here.submit(old)
            await change_user(here, old, new.id)
            assert (await here.process(new, mine.processid)).initiatorid == new.id
            assert (await here.process(new, as_executor.processid)).initiatorid == old.id
            read = await here.call(new, user.GET_USER, GetUserMsg(colonyname=COLONY, name="u"))
            assert read.userid == new.id
            with pytest.raises(Refused, match="400 Failed to change user Id, user not found"):
                await change_user(here, old, new.id)
            assert (await here.assign(old)).processid == mine.processid

    asyncio.run(main())


def test_crons_and_generators_go_on_in_the_name_of_who_added_them() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new, other = await here.add_user("u"), PrivateKey.generate(), await here.add_user("v")
            row = Cron(colonyname=COLONY, name="c", workflowspec=text(), interval=600)
            mine = await here.call(old, cron.ADD_CRON, AddCronMsg(cron=row))
            foreign = await here.call(other, cron.ADD_CRON, AddCronMsg(cron=replace(row, name="d")))
            batch = Generator(colonyname=COLONY, name="g", workflowspec=text(), trigger=1)
            packing = await here.call(old, generator.ADD_GENERATOR, AddGeneratorMsg(generator=batch))
            await change_user(here, old, new.id)
            for cronid, owner in ((mine.cronid, new), (foreign.cronid, other)):
                read = await here.call(new, cron.GET_CRON, GetCronMsg(cronid=cronid))
                assert read.initiatorid == owner.id
            request = GetGeneratorMsg(generatorid=packing.generatorid)
            assert (await here.call(new, generator.GET_GENERATOR, request)).initiatorid == new.id

    asyncio.run(main())


def test_an_empty_identity_is_refused_before_anybody_asks_who_signed() -> None:
    async def main() -> None:
        async with lab() as here:
            outsider = PrivateKey.generate()
            with pytest.raises(Refused, match="400 Failed to change executor Id, executor Id is empty"):
                await change_executor(here, outsider, "")
            with pytest.raises(Refused, match="400 Failed to change user Id, user Id is empty"):
                await change_user(here, outsider, "")
            with pytest.raises(Refused, match="400 Failed to change colony Id, colony Id is empty"):
                await change_colony(here, outsider, "")
            with pytest.raises(Refused, match="400 Failed to change colony Id, colony Id is empty"):
                await change_server(here, outsider, "")
            for identity in (outsider.id, "short"):
                with pytest.raises(Refused, match="403 Access denied, not server owner"):
                    await change_server(here, outsider, identity)
            await change_server(here, here.server_key, outsider.id)

    asyncio.run(main())


def test_an_identity_changes_under_all_its_names() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new = PrivateKey.generate(), PrivateKey.generate()
            for name in ("e1", "e2"):
                await here.add_executor(name, key=old)
            for name in ("u1", "u2"):
                row = User(colonyname=COLONY, userid=old.id, name=name)
                await here.call(here.colony_key, user.ADD_USER, AddUserMsg(user=row))
            await change_executor(here, old, new.id)
            for name in ("e1", "e2"):
                request = GetExecutorMsg(colonyname=COLONY, executorname=name)
                assert (await here.call(new, executor.GET_EXECUTOR, request)).executorid == new.id
            # The users that have the identity change by a message of their own.
            await change_user(here, old, new.id)
            for name in ("u1", "u2"):
                found = await here.call(new, user.GET_USER, GetUserMsg(colonyname=COLONY, name=name))
                assert found.userid == new.id
            with pytest.raises(Refused, match=NO_MEMBER):
                await change_user(here, old, new.id)

    asyncio.run(main())


def test_a_colony_changes_its_owner_alone() -> None:
    async def main() -> None:
        async with lab() as here:
            old, new, key = here.colony_key, PrivateKey.generate(), await here.add_user("u")
            await here.add_colony("other")
            await change_colony(here, old, new.id)
            row = User(colonyname=COLONY, userid=PrivateKey.generate().id, name="v")
            with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                await here.call(old, user.ADD_USER, AddUserMsg(user=row))
            await here.call(new, user.ADD_USER, AddUserMsg(user=row))
            read = await here.call(key, colony.GET_COLONY, GetColonyMsg(colonyname=COLONY))
            assert read.colonyid == new.id
            with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                await change_colony(here, new, new.id, "other")
            await change_colony(here, old, new.id, "other")

    asyncio.run(main())


def test_the_server_changes_its_owner_for_good(tmp_path: Path) -> None:
    async def main() -> None:
        path, old, new = tmp_path / "colonies.db", PrivateKey.generate(), PrivateKey.generate()
        async with aiohttp.ClientSession() as session:
            async with Server(db=path, server_key=old) as server:
                here = Lab(server, session)
                await here.add_colony()
                await change_server(here, old, new.id)
                assert server.server_id == new.id
                assert server.server_key is None
                with pytest.raises(Refused, match="403 Access denied, not server owner"):
                    await here.call(old, colony.GET_COLONIES, GetColoniesMsg())
                found = await here.call(new, colony.GET_COLONIES, GetColoniesMsg())
                assert len(found) == 1
            async with Server(db=path, server_key=new) as server:
                here = Lab(server, session)
                with pytest.raises(Refused, match="403 Access denied, not server owner"):
                    await here.call(old, colony.GET_COLONIES, GetColoniesMsg())
                await change_server(here, new, old.id)
                await change_server(here, old, new.id)
                assert server.server_key == new

    asyncio.run(main())


@pytest.mark.parametrize("bad", ["short", "G" * 64, "A" * 64, "a" * 63, "a" * 65])
@pytest.mark.hazards("server_id_of_wrong_length")
def test_nobody_is_locked_out_by_something_that_is_no_identity(bad: str) -> None:
    async def main() -> None:
        async with lab() as here:
            worker, key = await here.add_executor("ex"), await here.add_user("u")
            for change, owner in (
                (change_executor, worker),
                (change_user, key),
                (change_colony, here.colony_key),
                (change_server, here.server_key),
            ):
                with pytest.raises(Refused, match=r"400 Failed to change .* is not 64 characters"):
                    await change(here, owner, bad)
                await change(here, owner, owner.id)

    asyncio.run(main())


class FullDisk(MemoryJournal):
    """A journal that can write nothing more once it is full."""

    full = False

    def write(self, changes: Sequence[Change], /) -> None:  # noqa: ARG002
        if self.full:
            raise OSError("no space left on device")


def test_all_of_it_changes_or_nothing() -> None:
    async def main() -> None:
        journal = FullDisk()
        async with lab(journal=journal) as here:
            old, new = await here.add_executor("ex"), PrivateKey.generate()
            running = await here.submit(old)
            await here.assign(old)
            journal.full = True
            with pytest.raises(Refused, match=r"^500 "):
                await change_executor(here, old, new.id)
            with pytest.raises(Refused, match=r"^500 "):
                await change_server(here, here.server_key, new.id)
            journal.full = False
            assert here.server.server_key is not None
            with pytest.raises(Refused, match=NO_MEMBER):
                await here.process(new, running.processid)
            read = await here.process(old, running.processid)
            assert (read.assignedexecutorid, read.initiatorid) == (old.id, old.id)
            await here.close(old, running.processid)

    asyncio.run(main())
