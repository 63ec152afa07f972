"""Streams: some are read to the end, some readers leave in the middle, and some cancel the process as well."""

from __future__ import annotations

import asyncio
import contextlib

from colonyos_gen_wire.hazards import CHANNEL_WITHOUT_EXECUTOR

from colonyos_gen import CANCELLED, FAILED, SUCCESS, NotFoundError
from colonyos_gen.session import AsyncProcessHandle
from tests.soak.colony.functions import TYPE, text_of
from tests.soak.colony.site import WAIT_S, Site

PIECES = 30
SECONDS = 1.5
_KINDS = 4


async def stream(site: Site, number: int) -> None:
    """One stream; what its reader does follows from the number."""
    kind = number % _KINDS
    token = site.ledger.token(must_run=kind != 3)
    handle = await site.session.submit("write", token, PIECES, SECONDS, to=TYPE, channels=["out"])
    try:
        await _use(site, handle, token, kind)
    except NotFoundError:
        # Where the machine is busy, a reader may come when everything has been written and the channel thrown away.
        site.ledger.require((await handle.refresh()).state is SUCCESS, f"no channel: {handle.state.name}")
        site.ledger.require(await handle.output() == token, f"another output than {token}")
    except Exception:  # whatever comes of it, there may be one cause that is nobody's fault
        if not await _never_knew_its_executor(handle):
            raise


async def _use(site: Site, handle: AsyncProcessHandle, token: str, kind: int) -> None:
    if kind == 0:
        await _read_all(site, handle, token)
    elif kind == 1:
        await _leave(handle)
    elif kind == 2:
        await _vanish(site, handle)
    else:
        await _leave(handle)
        state = await handle.cancel()
        if state is FAILED and await _never_knew_its_executor(handle):
            return
        site.ledger.require(
            state in (CANCELLED, SUCCESS),
            f"after a cancel a stream's process is {state.name}: {handle.process.errors}",
        )
    await handle.wait(WAIT_S)
    if kind != 3 and not await _never_knew_its_executor(handle):
        site.ledger.require(handle.state is SUCCESS, f"the process of a stream is {handle.state.name}")
        site.ledger.require(await handle.output() == token, f"another output than {token}")


async def _never_knew_its_executor(handle: AsyncProcessHandle) -> bool:
    """Whether it has failed for what nobody can avoid."""
    await handle.refresh()
    return any(CHANNEL_WITHOUT_EXECUTOR.name in each for each in handle.process.errors)


async def _read_all(site: Site, handle: AsyncProcessHandle, token: str) -> None:
    async with handle.stream("out", WAIT_S) as pieces:
        text = "".join([piece async for piece in pieces])
    site.ledger.require(text == text_of(token, PIECES), f"{len(text)} characters of a stream arrived")


async def _leave(handle: AsyncProcessHandle) -> None:
    """Read a little, and leave as one should."""
    async with handle.stream("out", WAIT_S) as pieces:
        async for _ in pieces:
            break


async def _vanish(site: Site, handle: AsyncProcessHandle) -> None:
    """Read a little, and be cancelled in the middle."""
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in handle.stream("out", WAIT_S):
            begun.set()

    reading, beginning = asyncio.create_task(read()), asyncio.create_task(begun.wait())
    await asyncio.wait({reading, beginning}, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
    if reading.done():
        beginning.cancel()
        await reading
    site.ledger.require(begun.is_set(), f"a stream without a piece: {reading!r}")
    beginning.cancel()
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
