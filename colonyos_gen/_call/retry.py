"""What may be tried again, and after how long: by a call, by a subscription, and by whoever looks again and again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from colonyos_gen_wire.method import Method

from colonyos_gen.errors import ConnectionFailedError, RPCError, RPCTimeoutError, ServerFaultError

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0

_TOO_MANY = 429
_NOT_WHOLE = 408
_GATEWAY_FAULTS = frozenset({502, 503, 504})


def failed_on_the_way(error: RPCError) -> bool:
    """Whether the connection or a gateway failed, as opposed to the server having answered."""
    if isinstance(error, ConnectionFailedError):
        return error.status is None or error.status in _GATEWAY_FAULTS
    return isinstance(error, ServerFaultError) and error.status in _GATEWAY_FAULTS and not error.name


def may_repeat(method: Method[Any, Any], request: Any, error: RPCError) -> bool:
    """Whether the call that failed with `error` may be made again without asking.

    A request that provably never left this machine may always be. So may one that was sent away unread as there were too many
    (status 429, of the embedded server or a gateway), or was not read to its end as it came too slowly (status 408; that is
    its meaning in HTTP, whoever sends it; what the real server means by it has a name in the schema). One that may have
    arrived is repeated only if the schema calls the message `read` or `idempotent`, and only when the connection or a gateway
    failed, not when the server refused.
    """
    if error.status == _TOO_MANY or (error.status == _NOT_WHOLE and not error.name):
        return True
    if not failed_on_the_way(error):
        return False
    never_sent = isinstance(error, ConnectionFailedError) and not error.sent
    return never_sent or method.repeatable(request)


def passes(error: RPCError) -> bool:
    """Whether a failed look at the server may succeed later, without anybody's doing."""
    return failed_on_the_way(error) or isinstance(error, RPCTimeoutError)


def pauses(attempts: int) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling, up to a limit, with jitter so that clients spread out."""
    pause = FIRST_PAUSE
    for _ in range(attempts):
        yield pause * random.uniform(0.5, 1.5)  # jitter needs no cryptographic randomness
        pause = min(pause * 2, LONGEST_PAUSE)
