"""A worker with an interceptor that goes on as often as it is cancelled: `python -m tests.worker.kit.stubborn {"when":…}`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

from colonyos_gen import Interceptor, OutgoingCall, Worker
from colonyos_gen.interceptors import Proceed


class Stubborn(Interceptor):
    """Never ends around `close`, before the call or after it."""

    def __init__(self, when: str) -> None:
        self.when = when

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        reply = await proceed() if call.method.name != "close" or self.when == "after" else None
        while call.method.name == "close":
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
        return reply


def made(when: str) -> Worker:
    worker = Worker("tester", timeout=2.0, interceptors=[Stubborn(when)])

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    return worker


if __name__ == "__main__":
    made(**json.loads(sys.argv[1])).run()
