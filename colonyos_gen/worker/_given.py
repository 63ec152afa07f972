"""What a worker is made of, checked when it is made, and not when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from colonyos_gen_wire.constants import STALE_EXECUTOR_S

from colonyos_gen._arguments import (
    require_choice,
    require_path,
    require_span,
    require_str,
    require_whole_number,
)
from colonyos_gen._client.client import OPTIONS
from colonyos_gen._client.options import require_addresses, require_values

CLIENT_OPTIONS = tuple(sorted({*OPTIONS} - {"member_key", "interceptors"}))
"""Options of clients that a worker passes on; its own key is `prvkey`."""


def require_worker(
    *,
    texts: Mapping[str, object],
    concurrency: object,
    keyfile: object,
    grace: object,
    heartbeat: object,
    hung_after: object,
    on_stop: object,
    pool: object,
    client_options: Mapping[str, Any],
) -> None:
    """Raise TypeError or ValueError, which name the argument, for what a worker cannot be made of."""
    for name, value in texts.items():
        require_str(name, value, may_lack=name != "executortype")
    require_whole_number("concurrency", concurrency, 1)
    require_path("keyfile", keyfile)
    require_span("grace", grace)
    require_span("heartbeat", heartbeat, positive=True, below=STALE_EXECUTOR_S)
    require_span("hung_after", hung_after, positive=True)
    require_choice("on_stop", on_stop, ("leave", "fail"))
    require_choice("pool", pool, ("thread", "process"))
    require_values(client_options)
    require_addresses(client_options)
