"""Frames of subscriptions that are larger than anything a server has to say."""

from __future__ import annotations

import asyncio
import struct
import tracemalloc

import pytest
from colonyos_gen_wire.constants import CHANNEL_MAX_MESSAGE_BYTES
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.errors import UnexpectedReplyError
from colonyos_gen.transport import MAX_REPLY_BYTES, AiohttpTransport
from tests.client.kit.pubsub import Pubsub, Step


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (MAX_REPLY_BYTES, 64 * 1024**2),
        (4 * MAX_REPLY_BYTES, MAX_REPLY_BYTES),
        (CHANNEL_MAX_MESSAGE_BYTES * 2, CHANNEL_MAX_MESSAGE_BYTES * 16 // 9 + 64 * 1024),
        (1000, 1000),
    ],
)
def test_a_frame_is_bounded_by_what_the_schema_lets_into_one(allowed: int, expected: int) -> None:
    """It takes several times its size while it is read. What is larger is refused by its header, and none of it read."""

    async def once(url: str) -> None:
        transport = AiohttpTransport(url, max_reply_bytes=allowed)
        try:
            method = METHODS["subscribeprocessmsg"]
            connection = await transport.connect(method=method, headers=None, timeout=60)
            await connection.send(b"{}")
            tracemalloc.start()
            try:
                with pytest.raises(
                    UnexpectedReplyError, match=f"size {expected + 1} exceeds limit {expected};"
                ):
                    await connection.receive()
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert peak < 2_000_000
        finally:
            await transport.close()

    with Pubsub(Step(raw=b"\x81\x7f" + struct.pack(">Q", expected + 1))) as server:
        asyncio.run(once(server.url))
