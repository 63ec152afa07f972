"""What is measured, and what is sent for it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.method import Method

from colonyos_gen.crypto import PrivateKey

_RUN = "_run"
"""The method by which the event loop makes a callback."""


class Stretches:
    """The longest callbacks of the event loop, while it lasts."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.wall = 0.0
        self.turns = 0
        self._over = False
        self._run: Callable[[Any], None] = getattr(asyncio.Handle, _RUN)

    def __enter__(self) -> Stretches:
        run = self._run

        def timed(handle: Any) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            if self._over:
                return
            self.cpu = max(self.cpu, time.thread_time() - cpu)
            self.wall = max(self.wall, time.perf_counter() - wall)
            self.turns += 1

        setattr(asyncio.Handle, _RUN, timed)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        setattr(asyncio.Handle, _RUN, self._run)


def signed(method: Method[Any, Any], payload: dict[str, Any], key: PrivateKey) -> bytes:
    """The body of a request."""
    text = base64.b64encode(encode(payload)).decode()
    return encode({"payloadtype": method.msgtype, "payload": text, "signature": key.sign(text)})
