"""The soak itself, in little, against an embedded server that notices what a real one would not bear."""

from __future__ import annotations

import asyncio

import pytest

from tests.soak.ground import ground
from tests.soak.parts import PARTS, Scale
from tests.soak.program import soak

TINY = Scale(calls=24, teardowns=2, workers=3, minutes=0.05)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.hazards(*part.known)] if part.known else [])
        for name, part in PARTS.items()
    ],
)
def test_a_tiny_soak_is_sound(name: str) -> None:
    async def run() -> list[str]:
        async with ground(embedded=True) as server:
            report = await soak(server, [name], TINY)
        server.clear()
        return [] if report.sound else report.table()

    assert asyncio.run(run()) == []
