"""Requests made from the schema, valid and almost valid, from anybody: the server answers, and stays whole.

A handful of each in every run, always the same. `pytest --hypothesis-profile=fuzz tests/server/fuzz/test_fuzz.py` tries
many, and others each time.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from colonyos_gen_wire.methods import METHODS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.drawn import drawn, is_deep, is_short
from tests.server.kit.lab import envelope

from .furnished import KEYS, SIGNERS, Furnished, furnish
from .fuzz_target import Shot, target
from .schema_strategies import Requests

DEEP = is_deep()
pytestmark = [
    *([pytest.mark.timeout(0)] if DEEP else []),
    pytest.mark.hazards,
    pytest.mark.long,
]


def few(examples: int) -> settings:
    """So many examples in every run, and many times as many in a deep one; see `drawn`."""
    return settings(
        max_examples=drawn(examples),
        derandomize=not DEEP,
        database=None,
        deadline=None,
        # Making a failing script shorter takes minutes.
        phases=tuple(Phase) if DEEP else (Phase.generate,),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return asyncio.run(furnish(tmp_path_factory.mktemp("furnished")))


TRIED: set[str] = set()
"""Messages that the tests of this module have sent."""
SUCCEEDED: set[str] = set()
"""Those of them that were carried out at least once."""


@st.composite
def shots(draw: st.DrawFn, requests: Requests, msgtype: str) -> Shot:
    """A request, mostly as the schema wants it, mostly from somebody who may make it."""
    roles = METHODS[msgtype].roles
    entitled = [SIGNERS[role] for role in roles]
    signer = draw(st.sampled_from(entitled if draw(st.integers(0, 3)) else KEYS))
    payload = draw(requests.valid(msgtype) if draw(st.integers(0, 2)) else requests.flawed(msgtype))
    return Shot(signer, msgtype, json.dumps(payload).encode())


def play(furnished: Furnished, script: list[Shot], minutes: float) -> None:
    async def act() -> None:
        async with target(furnished, minutes=minutes) as made:
            for shot in script:
                TRIED.add(shot.msgtype)
                await made.take(shot)
        SUCCEEDED.update(made.succeeded)

    asyncio.run(act())


@pytest.mark.parametrize("msgtype", sorted(METHODS))
def test_every_message(msgtype: str, furnished: Furnished) -> None:
    requests = Requests(furnished.known)

    @few(6)
    @given(script=st.lists(shots(requests, msgtype), min_size=3, max_size=8))
    def check(script: list[Shot]) -> None:
        play(furnished, script, minutes=2)

    check()


def test_requests_of_all_kinds_one_after_another(furnished: Furnished) -> None:
    requests = Requests(furnished.known)
    any_shot = st.sampled_from(sorted(METHODS)).flatmap(lambda msgtype: shots(requests, msgtype))

    @few(40)
    @given(script=st.lists(any_shot, min_size=10, max_size=30))
    def check(script: list[Shot]) -> None:
        play(furnished, script, minutes=15)

    check()


@st.composite
def envelopes(draw: st.DrawFn, furnished: Furnished, requests: Requests) -> bytes:
    """A signed request that something has happened to on its way."""
    shot = draw(shots(requests, draw(st.sampled_from(sorted(METHODS)))))
    body = bytearray(envelope(furnished.keys[shot.signer], shot.msgtype, shot.payload))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["cut", "put", "flip", "double"])):
            case "cut":
                del body[at : at + draw(st.integers(1, 40))]
            case "put":
                body[at:at] = draw(
                    st.binary(min_size=1, max_size=4) | st.sampled_from([b'"', b"{", b"\\u0000"])
                )
            case "flip" if at < len(body):
                body[at] ^= 1 << draw(st.integers(0, 7))
            case _:
                body[at:at] = body[:at]
    return bytes(body)


def test_damaged_envelopes(furnished: Furnished) -> None:
    requests = Requests(furnished.known)

    @few(25)
    @given(bodies=st.lists(envelopes(furnished, requests), min_size=10, max_size=20))
    def check(bodies: list[bytes]) -> None:
        async def act() -> None:
            async with target(furnished) as made:
                for body in bodies:
                    await made.take_raw(body)

        asyncio.run(act())

    check()


@pytest.mark.skipif(is_short(), reason="too few examples are drawn for that")
def test_the_tests_above_were_worth_the_name() -> None:
    """Nearly every message was carried out at least once: requests that are refused early would prove little."""
    missed = TRIED - SUCCEEDED
    assert len(missed) <= len(TRIED) / 5, sorted(missed)
