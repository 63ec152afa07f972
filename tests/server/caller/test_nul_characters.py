"""NUL characters in whatever is looked up or stored are refused as the database of the real server refuses them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.methods.process import FAIL
from colonyos_gen_wire.requests.process import CloseFailedMsg

from colonyos_gen.errors import InvalidError, from_reply
from tests.server.kit.lab import COLONY, Refused, envelope, lab, opened
from tests.server.kit.nul_characters import ASKED
from tests.server.kit.nul_characters import COLONY as SOME_COLONY

pytestmark = pytest.mark.hazards


def test_as_the_real_server() -> None:
    async def main() -> None:
        async with lab() as here:
            keys = {"member": await here.add_executor("e"), "owner": here.colony_key}
            for asked in ASKED:
                text = json.dumps({"msgtype": asked.msgtype, **asked.fields}).replace(SOME_COLONY, COLONY)
                status, body = await here.post(envelope(keys[asked.by], asked.msgtype, text.encode()))
                _, error, payload = opened(body)
                assert (error, status, payload) == (
                    True,
                    asked.status,
                    {"status": asked.status, "message": asked.message},
                ), asked

    asyncio.run(main())


def test_the_client_blames_the_request() -> None:
    """Whatever the status is, nobody sends it again."""
    for asked in ASKED:
        error: Any = from_reply(METHODS[asked.msgtype], asked.status, asked.message)
        assert isinstance(error, InvalidError), asked


def test_errors_with_nul_characters_are_not_stored() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("e")
            process = await here.submit(key)
            await here.assign(key)
            with pytest.raises(Refused, match="400 pq: invalid byte sequence"):
                await here.call(key, FAIL, CloseFailedMsg(processid=process.processid, errors=["a", "\0"]))
            assert (await here.process(key, process.processid)).state.name == "RUNNING"

    asyncio.run(main())
