"""What a client keeps for those who wait with keys of their own."""

from __future__ import annotations

import asyncio
import gc

from colonyos_gen import CANCELLED, PrivateKey
from colonyos_gen._waiting import Watcher
from colonyos_gen._waiting.watchers import watcher_of
from colonyos_gen.testing import LocalColony


def _watchers() -> int:
    gc.collect()
    return sum(isinstance(each, Watcher) for each in gc.get_objects())


def test_many_keys_leave_nothing_behind(colonies: LocalColony) -> None:
    """A program may sign with as many as it likes."""

    async def main() -> None:
        client = colonies.aclient
        handle = await colonies.asession.submit("work", to="nobody")
        await handle.cancel()
        own, before = watcher_of(client), _watchers()
        for _ in range(20):
            watcher_of(client, PrivateKey.generate())
            user = colonies.add_user()
            process = await client.subscribe_process(handle.process, CANCELLED, 60, prvkey=user.key)
            assert process.state is CANCELLED
        assert _watchers() == before
        assert watcher_of(client) is own

    asyncio.run(main())


def test_all_who_wait_with_a_key_share_a_watcher(colonies: LocalColony) -> None:
    """For as long as one of them waits."""

    async def main() -> None:
        client, user = colonies.aclient, colonies.add_user()
        handle = await colonies.asession.submit("work", to="nobody")
        waits = [asyncio.create_task(watcher_of(client, user.key).final(handle.process)) for _ in range(3)]
        await asyncio.sleep(0.1)
        gc.collect()
        kept = watcher_of(client, user.key.hex())
        assert kept is watcher_of(client, user.key)
        del kept
        gc.collect()
        await handle.cancel()
        assert [(await each).state for each in waits] == [CANCELLED] * 3

    asyncio.run(main())
