"""The soak itself, in little, against an embedded server that notices what a real one would not bear."""

from __future__ import annotations

import asyncio

import pytest

from tests.soak import program
from tests.soak.ground import ground
from tests.soak.parts import PARTS, Scale
from tests.soak.program import Report, soak

pytestmark = pytest.mark.long

TINY = Scale(calls=24, teardowns=2, workers=3, minutes=0.05)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.hazards(*part.known)] if part.known else [])
        for name, part in PARTS.items()
    ],
)
def test_a_tiny_soak_is_sound(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "ANSWER_S", 600.0)  # on a busy machine, a server that is well may be slow

    async def run() -> Report:
        async with ground(embedded=True) as server:
            report = await soak(server, [name], TINY)
        server.clear()
        return report

    report = asyncio.run(run())
    assert report.sound, "\n".join(report.table())
