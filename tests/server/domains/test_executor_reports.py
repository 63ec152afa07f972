"""What executors tell about themselves: capabilities and allocations."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.methods import executor
from colonyos_gen_wire.requests.executor import (
    GetExecutorMsg,
    GetExecutorsMsg,
    RejectExecutorMsg,
    RemoveExecutorMsg,
    ReportAllocationsMsg,
    UpdateExecutorMsg,
)
from colonyos_gen_wire.types.executor import (
    GPU,
    Allocations,
    Capabilities,
    Executor,
    Hardware,
    Project,
    Software,
)

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab, opened

CAPABILITIES = Capabilities(
    hardware=[
        Hardware(model="m", cpu="4000m", mem="16Gi", gpu=GPU(name="g", mem="11Gi", count=2, nodecount=1))
    ],
    software=[Software(name="s", type="container", version="1")],
)
ALLOCATIONS = Allocations(projects={"p": Project(allocatedcpu=4, usedstorage=2**40)})


async def report(here: Lab, key: PrivateKey, allocations: Allocations = ALLOCATIONS) -> None:
    request = ReportAllocationsMsg(colonyname=COLONY, executorname="ex", allocations=allocations)
    await here.call(key, executor.REPORT_ALLOCATIONS, request)


async def update(here: Lab, key: PrivateKey, capabilities: Capabilities = CAPABILITIES) -> None:
    request = UpdateExecutorMsg(colonyname=COLONY, executorname="ex", capabilities=capabilities)
    await here.call(key, executor.UPDATE_EXECUTOR, request)


async def read(here: Lab, key: PrivateKey) -> Executor:
    request = GetExecutorMsg(colonyname=COLONY, executorname="ex")
    return await here.call(key, executor.GET_EXECUTOR, request)


def test_each_report_replaces_one_thing_and_leaves_the_rest() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex", locationname="attic", allocations=ALLOCATIONS)
            before = await read(here, key)
            await update(here, key)
            after = await read(here, key)
            assert after.capabilities == CAPABILITIES
            assert (after.allocations, after.state, after.commissiontime, after.locationname) == (
                before.allocations,
                before.state,
                before.commissiontime,
                before.locationname,
            )
            other = Allocations(projects={"q": Project(usedcpu=1)})
            await report(here, key, other)
            after = await read(here, key)
            assert (after.capabilities, after.allocations) == (CAPABILITIES, other)

    asyncio.run(main())


def test_what_is_left_out_is_cleared() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex", allocations=ALLOCATIONS, capabilities=CAPABILITIES)
            for msgtype in (executor.REPORT_ALLOCATIONS.msgtype, executor.UPDATE_EXECUTOR.msgtype):
                request = {"msgtype": msgtype, "colonyname": COLONY, "executorname": "ex"}
                status, body = await here.post(envelope(key, msgtype, json.dumps(request).encode()))
                assert (status, opened(body)[2]) == (200, {})
            after = await read(here, key)
            assert (after.allocations, after.capabilities) == (Allocations(), Capabilities())

    asyncio.run(main())


def test_executors_in_any_state_may_report_and_only_about_themselves() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex", approve=False)
            user, other = await here.add_user("u"), await here.add_executor("other")
            await report(here, key)
            rejection = RejectExecutorMsg(colonyname=COLONY, executorname="ex")
            await here.call(here.colony_key, executor.REJECT_EXECUTOR, rejection)
            await report(here, key, Allocations())
            removal = RemoveExecutorMsg(colonyname=COLONY, executorname="ex")
            await here.call(here.colony_key, executor.REMOVE_EXECUTOR, removal)
            await report(here, key)
            await update(here, key)
            after = await read(here, user)
            assert (after.allocations, after.capabilities) == (ALLOCATIONS, CAPABILITIES)
            for outsider in (user, other):
                with pytest.raises(Refused, match="400 Only an executor can report allocations to itself"):
                    await report(here, outsider)
                with pytest.raises(Refused, match="400 Only an executor can update its own capabilities"):
                    await update(here, outsider)
            for owner in (here.colony_key, here.server_key):
                with pytest.raises(Refused, match="403 Access denied, not a member"):
                    await report(here, owner)

    asyncio.run(main())


def test_reports_outlast_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        path, server_key = tmp_path / "colonies.db", PrivateKey.generate()
        async with aiohttp.ClientSession() as session:
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                await here.add_colony()
                key = await here.add_executor("ex")
                await report(here, key)
                await update(here, key)
                before = await read(here, key)
            async with Server(db=path, server_key=server_key) as server:
                here = Lab(server, session)
                request = GetExecutorsMsg(colonyname=COLONY)
                assert await here.call(key, executor.GET_EXECUTORS, request) == [before]

    asyncio.run(main())
