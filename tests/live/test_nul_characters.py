"""The table of what a NUL character is answered with holds on the server of the environment."""

from __future__ import annotations

import base64
import json

import aiohttp
from colonyos_gen_wire.constants import API_PATH

from tests.server.kit.lab import envelope
from tests.server.kit.nul_characters import ASKED
from tests.server.kit.nul_characters import COLONY as SOME_COLONY

from .scene import Scene, play


def test_the_table_holds() -> None:
    async def act(scene: Scene) -> None:
        keys = {"member": scene.executor_key, "owner": scene.colony_key}
        async with aiohttp.ClientSession() as session:
            for asked in ASKED:
                text = json.dumps({"msgtype": asked.msgtype, **asked.fields})
                payload = text.replace(SOME_COLONY, scene.colonyname).encode()
                body = envelope(keys[asked.by], asked.msgtype, payload)
                async with session.post(scene.url + API_PATH, data=body) as response:
                    # A second envelope may follow.
                    reply, _ = json.JSONDecoder().raw_decode(await response.text())
                failure = json.loads(base64.b64decode(reply["payload"]))
                assert (response.status, failure) == (
                    asked.status,
                    {"status": asked.status, "message": asked.message},
                ), asked

    play(act)
