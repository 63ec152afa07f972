"""A worker that streams its answer, word by word, as a language model does.

python examples/chat_worker.py
"""

from __future__ import annotations

import asyncio

from colonyos_gen import Context, Worker

worker = Worker("llm", concurrency=2)


@worker.function
async def chat(prompt: str, ctx: Context) -> str:
    """An answer to `prompt`; the words go into the channel `out` as they come."""
    words = f"You said: {prompt}. I have nothing to add to that.".split()
    async with ctx.stream("out") as stream:
        for word in words:
            await stream.send(word + " ")
            await asyncio.sleep(0.05)
    return " ".join(words)


if __name__ == "__main__":
    worker.run()
