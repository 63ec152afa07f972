"""A worker with three functions. It runs until Ctrl-C, or SIGTERM, and lets what it has begun finish.

python examples/math_worker.py
"""

from __future__ import annotations

import asyncio
import time

from colonyos_gen import Context, Worker

worker = Worker("math", concurrency=4)


@worker.function
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@worker.function
async def divide(a: float, b: float, ctx: Context) -> float:
    """The quotient of two numbers, after a moment of thought."""
    ctx.log(f"dividing {a} by {b}")
    await asyncio.sleep(0.1)
    return a / b


@worker.function(name="train", timeout=3600)
def fit(lr: float, ctx: Context) -> dict[str, float]:
    """What a longer job looks like: it reports progress, and stops when nobody wants it any more."""
    loss = 1.0
    for step in range(10):
        ctx.raise_if_cancelled()
        time.sleep(0.1)
        loss *= 1 - lr
        ctx.progress((step + 1) / 10, f"loss {loss:.3f}")
    return {"loss": loss}


if __name__ == "__main__":
    worker.run()
