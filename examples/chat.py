"""Ask the worker in chat_worker.py something, and print its answer while it comes.

python examples/chat.py "Hello there"
"""

from __future__ import annotations

import asyncio
import sys

from colonyos_gen import connect


async def main(prompt: str) -> None:
    async with connect() as colony:
        answer = await colony.submit("chat", prompt, to="llm", channels=["out"])
        async for text in answer.stream("out"):
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "Hello"))
