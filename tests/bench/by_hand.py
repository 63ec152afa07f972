"""What a server can do for a program that does everything itself: the yardstick of calls, in a process of its own.

`python -m tests.bench.by_hand '{"seconds": 3, "clients": 16, "read": false}'` prints cycles a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from colonyos_gen_wire import Executor, FunctionSpec

from colonyos_gen import AsyncClient, PrivateKey

TYPE = "by-hand"


async def main(seconds: float, clients: int, read: bool) -> None:
    """Submit, assign and close in turn, by so many clients at once; with `read`, read the end as well."""
    colonyname = os.environ["COLONIES_COLONY_NAME"]
    async with AsyncClient.from_env() as client:
        keys = [PrivateKey.generate() for _ in range(clients)]
        for key in keys:
            name = f"{TYPE}-{key.id[:12]}"
            await client.add_executor(Executor.new(name, key.id, TYPE, colonyname))
            await client.approve_executor(colonyname, name)
        done = 0
        spec = FunctionSpec.new("noop", TYPE, colonyname)

        async def work(key: PrivateKey) -> None:
            nonlocal done
            while time.perf_counter() < end:
                await client.submit(spec)
                process = await client.assign(colonyname, 10, prvkey=key)
                await client.close(process.processid, prvkey=key)
                if read:
                    await client.get_process(process.processid)
                done += 1

        started = time.perf_counter()
        end = started + seconds
        await asyncio.gather(*map(work, keys))
        print(done / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
