"""A reply with very many rows is made in pieces, and is the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from colonyos_gen_wire.methods import process

from colonyos_gen.server import STRICT, V1_9
from colonyos_gen.server._front.rendering import LONG, Rendering
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._quirks import Quirks
from tests.server.kit.lab import spec


@pytest.mark.parametrize("quirks", [STRICT, V1_9])
@pytest.mark.parametrize("count", [1, 2, LONG - 1, LONG, LONG + 1, 3 * LONG, 3 * LONG + 1])
@pytest.mark.parametrize("method", [process.GET_PROCESSES, process.GET_PROCESS_HISTORY])
def test_pieces_make_the_same_reply(method: Any, count: int, quirks: Quirks) -> None:
    rendering = Rendering(quirks)
    rows: list[object] = [
        lifecycle.submitted(spec(args=["å" * number]), "0" * 64, "ä", 10**18 + number)
        for number in range(count)
    ]
    assert asyncio.run(rendering.long_list(method, rows)) == rendering.item(method, rows)
