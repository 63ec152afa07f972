"""Which numbers the columns of the real database hold, and which it refuses."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.methods.attribute import ADD_ATTR
from colonyos_gen_wire.methods.function import ADD_FUNCTION
from colonyos_gen_wire.methods.log import GET_LOGS, SEARCH_LOGS
from colonyos_gen_wire.methods.process import GET_PROCESS_HISTORY
from colonyos_gen_wire.requests.attribute import AddAttributeMsg
from colonyos_gen_wire.requests.function import AddFunctionMsg
from colonyos_gen_wire.requests.log import GetLogsMsg, SearchLogsMsg
from colonyos_gen_wire.requests.process import GetProcessHistMsg
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.common import AttributeType, ProcessState
from colonyos_gen_wire.types.executor import GPU
from colonyos_gen_wire.types.function import Function
from msgspec.structs import replace

from tests.server.kit.lab import COLONY, Refused, envelope, lab, opened, spec

BEYOND = 2**31
OUT_OF_RANGE = f'400 pq: value "{BEYOND}" is out of range for type integer'


def test_walltime_may_be_longer_than_any_other_number() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            process = await here.submit(key, spec(walltime=2**40))
            assert process.spec.conditions.walltime == 2**40
            with pytest.raises(Refused, match=OUT_OF_RANGE):
                await here.submit(key, spec(nodes=BEYOND))
            process = await here.submit(key, spec(gpu=GPU(count=BEYOND)))
            assert process.spec.conditions.gpu.count == BEYOND

    asyncio.run(main())


def test_kinds_and_states_are_numbers_too() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("e")
            process = await here.submit(key)
            await here.assign(key)
            made = Attribute.new(COLONY, process.processid, "k", "v")
            for kind in (AttributeType(99), AttributeType(BEYOND)):
                request = AddAttributeMsg(attr=replace(made, attributetype=kind))
                if kind < BEYOND:
                    await here.call(key, ADD_ATTR, request)
                else:
                    with pytest.raises(Refused, match=OUT_OF_RANGE):
                        await here.call(key, ADD_ATTR, request)
            history = GetProcessHistMsg(colonyname=COLONY, seconds=10, state=ProcessState(BEYOND))
            with pytest.raises(Refused, match=OUT_OF_RANGE):
                await here.call(key, GET_PROCESS_HISTORY, history)
            function = Function(executorname="e", colonyname=COLONY, funcname="f", counter=BEYOND)
            with pytest.raises(Refused, match=OUT_OF_RANGE.replace("400", "500")):
                await here.call(key, ADD_FUNCTION, AddFunctionMsg(function=function))
            days = SearchLogsMsg(colonyname=COLONY, text="", days=-BEYOND - 1)
            with pytest.raises(Refused, match="is out of range for type integer"):
                await here.call(key, SEARCH_LOGS, days)

    asyncio.run(main())


def test_negative_counts_are_said_twice_by_one_message() -> None:
    async def main() -> None:
        async with lab(quirks="v1.9") as here:
            key = await here.add_executor("e")
            process = await here.submit(key)
            read = GetLogsMsg(processid=process.processid, count=-1)
            search = SearchLogsMsg(colonyname=COLONY, text="", days=1, count=-1)
            for method, request, statuses in ((GET_LOGS, read, [400, 500]), (SEARCH_LOGS, search, [400])):
                body = envelope(key, method.msgtype, encode(request))
                status, reply = await here.post(body)
                parts = [opened(part + b"}")[2] for part in reply.split(b"}") if part]
                assert (status, [part["status"] for part in parts]) == (400, statuses)
                assert {part["message"] for part in parts} == {"pq: LIMIT must not be negative"}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [
        (2 * 10**11, ""),
        (3 * 10**11, "400 pq: timestamp out of range"),
        (10**13, "400 pq: interval out of range"),
        (2**63 - 1, "400 pq: interval out of range"),
        (-(10**13), "400 pq: interval out of range"),
    ],
)
def test_how_far_back_a_history_may_go(seconds: int, answer: str) -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_user("u")
            process = await here.submit(key)
            request = GetProcessHistMsg(colonyname=COLONY, seconds=seconds, state=ProcessState(0))
            if not answer:
                found = await here.call(key, GET_PROCESS_HISTORY, request)
                assert [each.processid for each in found] == [process.processid]
                return
            with pytest.raises(Refused, match=answer):
                await here.call(key, GET_PROCESS_HISTORY, request)

    asyncio.run(main())
