"""A differential fuzz: the same conversations with a real server and with the embedded one, whose answers are to be the same.

Beside the server that the environment names, `COLONIES_FUZZ_EXCHANGES` requests (5,000 without it) are sent to both, in
conversations that begin with the seed `COLONIES_FUZZ_SEED` (1); then every message by everybody, and with each of its fields
gone wrong. Without a server there are a few between two embedded ones,
which shows that the comparison finds what is different, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from colonyos_gen.server._quirks import V1_9
from tests.live.differential.conversation import Budget, Conversation
from tests.live.differential.excuses import EXCUSES
from tests.live.differential.peers import Pair, beside_a_real_one, beside_another
from tests.live.differential.tally import Tally
from tests.live.scene import REAL

EXCHANGES = int(os.environ.get("COLONIES_FUZZ_EXCHANGES", "5000"))
SEED = int(os.environ.get("COLONIES_FUZZ_SEED", "1"))
OF_A_CONVERSATION = 100

pytestmark = [pytest.mark.hazards, pytest.mark.timeout(0)]


async def talk(
    servers: Callable[[], AbstractAsyncContextManager[Pair]], exchanges: int, seed: int = SEED
) -> Tally:
    """Hold conversations of a hundred exchanges each until there were so many, on servers of their own."""
    tally = Tally(EXCUSES)
    budget = Budget()
    run = os.urandom(3).hex()
    while tally.exchanges < exchanges:
        async with servers() as pair:
            left = exchanges - tally.exchanges
            talked = Conversation(pair, seed, f"fuzz-{run}-{seed}", tally, budget)
            await talked.hold(min(OF_A_CONVERSATION, left))
        seed += 1
    return tally


@pytest.mark.skipif(not REAL, reason="the environment names no real server")
def test_a_real_server_answers_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    tally = asyncio.run(talk(beside_a_real_one, EXCHANGES))
    with capsys.disabled():
        print(f"\n{tally}")
    assert not tally.found, f"{len(tally.found)} exchanges differ:\n" + "\n".join(tally.found[:200])


async def probe(servers: Callable[[], AbstractAsyncContextManager[Pair]]) -> Tally:
    """Send every message by everybody, and with every field gone wrong, after some that make sense."""
    tally = Tally(EXCUSES)
    async with servers() as pair:
        talked = Conversation(pair, SEED, f"probe-{os.urandom(3).hex()}", tally, Budget())
        await talked.probe(OF_A_CONVERSATION)
    return tally


@pytest.mark.skipif(not REAL, reason="the environment names no real server")
def test_a_real_server_answers_every_field_gone_wrong_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    tally = asyncio.run(probe(beside_a_real_one))
    with capsys.disabled():
        print(f"\n{tally}")
    assert not tally.found, f"{len(tally.found)} exchanges differ:\n" + "\n".join(tally.found[:200])


@pytest.mark.skipif(REAL, reason="it is about the comparison itself")
def test_two_servers_of_a_kind_answer_the_same() -> None:
    tally = asyncio.run(talk(beside_another, 600))
    assert tally.found == []
    assert sum(tally.succeeded.values()) >= 200


@pytest.mark.skipif(REAL, reason="it is about the comparison itself")
@pytest.mark.parametrize("flag", ["zoned_zero_times", "lossy_numbers", "stale_assign_reply"])
def test_what_is_switched_off_is_found(flag: str) -> None:
    without = replace(V1_9, **{flag: False})
    tally = asyncio.run(talk(lambda: beside_another(quirks=without), 400))
    assert tally.found, f"nothing has shown that {flag} is off"
