"""The worker of the demonstration, and its three functions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from colonyos_gen import Context, PrivateKey, Worker

ANSWER = "Every word of this has come through a channel, while the process that writes it is still running."


def make_worker(executortype: str, name: str, environ: Mapping[str, str], *, concurrency: int) -> Worker:
    """A worker for the colony that `environ` names, with a key of its own."""
    worker = Worker(
        executortype, name=name, concurrency=concurrency, prvkey=PrivateKey.generate(), environ=environ
    )

    @worker.function
    async def add(*numbers: int, inputs: Sequence[int] = (), pause: float = 0.0) -> int:
        """The sum of the numbers, and in a workflow of what the tasks before it have returned."""
        await asyncio.sleep(pause)
        return sum(numbers) + sum(inputs)

    @worker.function
    def divide(a: float, b: float) -> float:
        """The quotient of two numbers. It fails for 0, as any function may."""
        return a / b

    @worker.function
    async def chat(prompt: str, ctx: Context) -> int:
        """Answers word by word, as a language model does. Returns the number of words."""
        ctx.log(f"asked: {prompt}")
        words = ANSWER.split()
        async with ctx.stream("out") as stream:
            for word in words:
                await stream.send(f"{word} ")
                await asyncio.sleep(0.05)
        return len(words)

    _ = add, divide, chat
    return worker
