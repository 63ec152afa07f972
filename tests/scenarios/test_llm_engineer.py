"""Scenario 3: tokens are streamed as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from colonyos_gen import Context, Worker, connect
from colonyos_gen.testing import LocalColony

ANSWER = [f"{word} " for word in ["to", "be", "or", "not", "to", "be,", "that", "is", "the", "question"]] * 20

w = Worker("llm")


async def generate(prompt: str) -> AsyncIterator[str]:
    """Stands for a model."""
    assert prompt == "hi"
    for token in ANSWER:
        await asyncio.sleep(0)
        yield token


@w.function
async def chat(prompt: str, ctx: Context) -> int:
    count = 0
    async with ctx.stream("out") as s:
        async for tok in generate(prompt):
            await s.send(tok)  # batches, acks, ends
            count += 1
    return count


def test_tokens_are_streamed(colonies: LocalColony, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        async with connect(environ=colonies.environment()) as c:
            p = await c.submit("chat", "hi", to="llm", channels=["out"])
            async for tok in p.stream("out"):
                print(tok, end="")
            assert await p.output(30) == len(ANSWER)

    with colonies.worker(w):
        asyncio.run(main())
    assert capsys.readouterr().out == "".join(ANSWER)
