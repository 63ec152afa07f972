"""Web developer: failures by type, each with an answer of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from colonyos_gen import AsyncSession, Client, Process, ProcessFailed, WaitTimeout
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing


class HTTPException(Exception):
    """As web frameworks have it."""

    def __init__(self, status: int, detail: object = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


async def convert(c: AsyncSession, to: str, timeout: float) -> Any:
    try:
        return await c.call("convert", 20, to=to, timeout=timeout)
    except ProcessFailed as e:
        raise HTTPException(502, e.errors) from e
    except WaitTimeout:
        raise HTTPException(504) from None


def test_typed_failures(colonies: LocalColony) -> None:
    def fail(_client: Client, _process: Process) -> Any:
        raise ValueError("no such unit")

    async def main() -> tuple[object, ...]:
        c = colonies.asession
        return await asyncio.gather(
            convert(c, "faas", 30),
            convert(c, "broken", 30),
            convert(c, "nobody", 0.5),
            return_exceptions=True,
        )

    with executing(colonies, "faas"), executing(colonies, "broken", fail):
        good, failed, late = asyncio.run(main())
    assert good == 20
    assert isinstance(failed, HTTPException)
    assert (failed.status, failed.detail) == (502, ["no such unit"])
    assert isinstance(late, HTTPException)
    assert late.status == 504
