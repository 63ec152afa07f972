"""When a failed call is made again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from colonyos_gen_wire.method import Method

from colonyos_gen.errors import ConnectionFailedError, RPCError, ServerFaultError

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0


def may_repeat(method: Method[Any, Any], request: Any, error: RPCError) -> bool:
    """Whether the call that failed with `error` may be made again without asking.

    A request that provably never left this machine may always be. One that may have arrived is repeated only if the schema
    calls the message `read` or `idempotent`, and only when the connection or a gateway failed, not when the server refused.
    """
    if isinstance(error, ConnectionFailedError):
        return not error.sent or method.repeatable(request)
    if isinstance(error, ServerFaultError) and error.status in {502, 503, 504} and not error.name:
        return method.repeatable(request)
    return False


def pauses(attempts: int) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling, up to a limit, with jitter so that clients spread out."""
    pause = FIRST_PAUSE
    for _ in range(attempts):
        yield pause * random.uniform(0.5, 1.5)  # jitter needs no cryptographic randomness
        pause = min(pause * 2, LONGEST_PAUSE)
