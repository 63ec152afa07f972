"""Whatever is sent, no client reads the words of a codec, a parser, a database or an exception of ours."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import WSMsgType
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.method import Via
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.shape import StructOf

from colonyos_gen import PrivateKey
from colonyos_gen.server._caller.refusal import FAULT
from tests.server.kit.lab import COLONY, Lab, lab, opened
from tests.server.kit.socket_lab import line

pytestmark = [pytest.mark.hazards, pytest.mark.long]

OURS = re.compile(
    r"codec|surrogate|Traceback|msgspec|sqlite|aiohttp|asyncio|Python|NoneType|object at 0x|<class|"
    r"Expected `|\$\.|JSON is malformed|truncated|Error\(|Exception|Refusal|b'|bytearray|dict|tuple|datetime\."
)
JUNK: list[Any] = [5, "é\0", "\ud800", True, [], {}, 1.5, [None], {"a": 5}, 2**70, 1e30]
FEW: list[Any] = [-1, "\udc00", [5], 2**63]
JUNK_TEXTS = [
    b"",
    b"null",
    b"[]",
    b"5",
    b'"x"',
    b"{",
    b"\xff",
    b'{"a":\xff}',
    b"\xef\xbb\xbf{}",
    b'{"msgtype":5}',
    b'{"a":1e999}',
    b'{"a":NaN}',
    b'{"a":"\\x"}',
    b"[" * 5000,
    b'{"a":' * 5000,
    b'{"a":' + b"9" * 5000 + b"}",
]


def _payloads(msgtype: str) -> Iterator[bytes]:
    yield from JUNK_TEXTS
    for field in FIELDS[METHODS[msgtype].request]:
        base: dict[str, Any] = {"msgtype": msgtype, "colonyname": COLONY}
        for value in JUNK:
            if field.wire != "timeout" or not isinstance(value, int):  # nobody wants to wait for it
                yield json.dumps(base | {field.wire: value}).encode()
        if isinstance(field.shape, StructOf):
            for inner in FIELDS[field.shape.type]:
                for value in FEW:
                    yield json.dumps(base | {field.wire: {"colonyname": COLONY, inner.wire: value}}).encode()


def _sealed(key: PrivateKey, msgtype: str, payload: bytes) -> str:
    text = base64.b64encode(payload).decode()
    return json.dumps({"payloadtype": msgtype, "payload": text, "signature": key.sign(text)})


def _judge(msgtype: str, payload: bytes, reply: bytes) -> None:
    if reply and reply != b"null":
        payloadtype, _, answer = opened(reply.split(b"}{")[0] + (b"}" if b"}{" in reply else b""))
        if payloadtype == "error":
            message = answer["message"]
            assert not OURS.search(message), (msgtype, payload[:300], message)
            assert message != FAULT.text, (msgtype, payload[:300])


@pytest.mark.parametrize("quirks", ["strict", "v1.9"])
def test_payloads(quirks: str) -> None:
    """By somebody unknown, who meets what is said before access is looked at, and by a member."""

    async def main() -> None:
        async with lab(quirks=quirks) as here:
            for key in (PrivateKey.generate(), await here.add_executor("e")):
                await _try_all(here, key)

    asyncio.run(main())


async def _try_all(here: Lab, key: PrivateKey) -> None:
    for msgtype, method in METHODS.items():
        if method.transport is not Via.HTTP:
            continue
        for payload in _payloads(msgtype):
            answer = await here.server.answer(_sealed(key, msgtype, payload).encode())
            _judge(msgtype, payload, answer.body)


@pytest.mark.parametrize("quirks", ["strict", "v1.9"])
def test_payloads_on_a_socket(quirks: str) -> None:
    async def main() -> None:
        async with lab(quirks=quirks) as here:
            key = await here.add_executor("e")
            for msgtype, method in METHODS.items():
                if method.transport is Via.HTTP:
                    continue
                for payload in _payloads(msgtype):
                    async with line(here) as connection:
                        await connection.socket.send_str(_sealed(key, msgtype, payload))
                        await connection.settle()
                        for frame in connection.inbox:
                            if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                                _judge(msgtype, payload, frame.data.encode())

    asyncio.run(main())


ENVELOPES = [
    b"",
    b"\xff",
    b"{}",
    b"nul",
    b"[]",
    b'{"payload":"\\ud800"}',
    b'{"payloadtype":"\xff"}',
    b'{"payloadtype":"getcolonymsg","payload":5}',
    b'{"payloadtype":"versionmsg","payload":"e\xc3\xa9"}',
    b'{"payloadtype":"versionmsg","payload":"/////w=="}',
    b'{"payloadtype":"\\ud800","signature":"' + b"0" * 130 + b'"}',
    b'{"payloadtype":"x","signature":"\\ud800"}',
    b'{"payloadtype":"x","payload":"\xff","signature":"' + b"1" * 130 + b'"}',
    b'{"a":' * 3000,
    b"[" * 100_000,
    b'{"a":"\\',
    b'{"payloadtype":1e400}',
    b'{"payloadtype":' + b"9" * 10_000 + b"}",
]


@pytest.mark.parametrize("quirks", ["strict", "v1.9"])
def test_envelopes(quirks: str) -> None:
    async def main() -> None:
        async with lab(quirks=quirks) as here:
            for body in ENVELOPES:
                _judge("", body, (await here.post(body))[1])

    asyncio.run(main())
