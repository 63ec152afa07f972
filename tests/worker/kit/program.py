"""A worker as a program of its own: `python -m tests.worker.kit.program '{"concurrency": 2}'`.

Its arguments are those of `Worker`, as JSON; `watch` is that of `run`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from colonyos_gen import Context, Worker

options: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
watch = options.pop("watch", False)
worker = Worker("tester", **options)


@worker.function
def hold(gate: Path) -> str:
    """Wait at a gate, and return what was said there."""
    return gate.read_text()


@worker.function
async def hold_in_task(gate: Path, ctx: Context) -> str:
    """The same in a task; when it is cancelled, it says so in its log."""
    try:
        return await asyncio.to_thread(gate.read_text)
    except asyncio.CancelledError:
        ctx.log(f"cancelled: {ctx.cancel_reason}")
        raise


@worker.function
def pid() -> int:
    """Which process this is."""
    return os.getpid()


if __name__ == "__main__":
    worker.run(watch=watch)
