"""What nobody has signed costs the server next to nothing: it is refused before anything is made of it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import tracemalloc
import zlib

import pytest
from aiohttp import WSCloseCode, WSMsgType
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.envelope import Envelope, read_envelope
from tests.server.kit.lab import lab, opened
from tests.server.kit.subscription_scene import Scene, play

MEBIBYTE = 1024**2


@pytest.mark.parametrize("what", ["[]", "{}", '[{"a":[0.5]}]'])
@pytest.mark.parametrize("key", ["other", "payload", "Payload", "signature"])
def test_nothing_is_made_of_what_does_not_count(what: str, key: str) -> None:
    """The lists of a megabyte would need thirty, and seconds of a server that answers nobody else meanwhile."""
    rest = ",".join([what] * (MEBIBYTE // len(what))) if '"' not in what else ",".join([what] * 300)
    body = f'{{"payloadtype":"x","{key}":[{rest}]}}'.encode()
    tracemalloc.start()
    try:
        if key == "other":
            assert read_envelope(body) == Envelope("x", "", "")
        else:
            with pytest.raises(
                Refusal, match=f"cannot unmarshal array into Go struct field RPCMsg.{key.lower()}"
            ):
                read_envelope(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEBIBYTE


def test_many_fields_are_refused() -> None:
    fields = {f"field {number}": 0 for number in range(100_000)}
    with pytest.raises(Refusal, match="the envelope has too many fields"):
        read_envelope(json.dumps({"payloadtype": "x"} | fields).encode())
    few = {f"field {number}": [number] for number in range(100)}
    assert read_envelope(json.dumps(few | {"PayloadType": "x", "payload": None}).encode()) == Envelope(
        "x", "", ""
    )


def test_bodies_are_not_unpacked() -> None:
    """The real server does not do it either."""

    async def main() -> None:
        async with lab() as here:
            for packed in (gzip.compress(b" " * 100_000_000), b"hello"):
                async with here.session.post(
                    here.server.url + API_PATH, data=packed, headers={"Content-Encoding": "gzip"}
                ) as response:
                    assert response.status == 400
                    assert "JSON" in opened(await response.read())[2]["message"]

    asyncio.run(main())


def test_payloads_of_messages_without_a_signature_are_short() -> None:
    async def main() -> None:
        async with lab() as here:
            for size, status in ((1000, 200), (200_000, 400)):
                payload = base64.b64encode(b'{"msgtype":"versionmsg","x":"' + b"x" * size + b'"}').decode()
                answer = await here.post(
                    json.dumps({"payloadtype": "versionmsg", "payload": payload}).encode()
                )
                assert answer[0] == status, answer[1]

    asyncio.run(main())


@pytest.mark.hazards
def test_frames_are_short() -> None:
    """Those that are not complete are kept, for as many connections as somebody likes to make."""

    async def act(here: Scene) -> None:
        await here.line.socket.send_bytes(bytes(64 * 1024 + 1))
        assert await here.line.close_code() == WSCloseCode.MESSAGE_TOO_BIG

    play(act)


@pytest.mark.hazards
def test_frames_are_not_unpacked() -> None:
    """A client may offer to pack them; none is taken up on it, and one that does so all the same breaks the protocol."""

    async def act(here: Scene) -> None:
        url = here.here.server.url + PUBSUB_PATH
        socket = await here.here.session.ws_connect(url, compress=15, autoclose=False)
        assert socket.compress == 0
        packed = zlib.compressobj(wbits=-15)
        text = (packed.compress(b" " * 1000) + packed.flush(zlib.Z_SYNC_FLUSH))[:-4]
        writer = socket._writer.transport  # pyright: ignore[reportPrivateUsage]
        writer.write(bytes((0xC1, 0x80 | len(text))) + bytes(4) + text)
        frame = await socket.receive()
        assert (frame.type, frame.data) == (WSMsgType.CLOSE, WSCloseCode.PROTOCOL_ERROR)
        await socket.close()

    play(act)
