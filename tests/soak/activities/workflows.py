"""Workflows of 50 nodes: some succeed, some fail, some are cancelled, and some are removed."""

from __future__ import annotations

import asyncio

from colonyos_gen import CANCELLED, FAILED, SUCCESS, ProcessState, workflow
from colonyos_gen.session import AsyncWorkflowHandle
from colonyos_gen.workflows import Workflow
from tests.soak.colony.functions import TYPE
from tests.soak.colony.site import WAIT_S, Site

NODES = 50
_LAYERS = 6
_CANCEL_S = 0.5
_SLOW_S = 0.3
_LONG_S = 5 * WAIT_S
_FINAL = (SUCCESS, FAILED, CANCELLED)
_WIDE, _DEEP, _FAILING, _CANCELLED = range(4)


async def run(site: Site, number: int) -> None:
    """One workflow; what becomes of it follows from the number. Two of each four are removed in the end."""
    kind = number % 4
    handle = await site.session.submit(_made(site, number, kind))
    if kind == _CANCELLED:
        await asyncio.sleep(_CANCEL_S)
        await handle.cancel()
    await handle.wait(_LONG_S)
    states = await _states(handle)
    require = site.ledger.require
    require(all(state in _FINAL for state in states.values()), f"a workflow ended with {_told(states)}")
    if kind in (_WIDE, _DEEP):
        require(set(states.values()) == {SUCCESS}, f"a workflow that succeeds ended with {_told(states)}")
    if kind == _FAILING:
        failed = await handle.failures()
        require(set(failed) == {"bad"}, f"of a workflow that fails at 'bad', these failed: {sorted(failed)}")
    if number % 8 >= 4:
        await handle.remove(timeout=WAIT_S)


def _made(site: Site, number: int, kind: int) -> Workflow:
    def token() -> str:
        return site.ledger.token(must_run=kind in (_WIDE, _DEEP))

    made = workflow(f"soak-{number}-x", to=TYPE)
    first = made.task("work", token(), name="first")
    if kind in (_WIDE, _CANCELLED):
        seconds = _SLOW_S if kind == _CANCELLED else 0.0  # so that some run, and some do not yet
        leaves = [
            made.task("work", token(), seconds, name=f"leaf-{each}", after=first) for each in range(NODES - 2)
        ]
        made.task("work", token(), name="last", after=leaves)
        return made
    layer = [first]
    for depth in range(_LAYERS):
        layer = [
            made.task("work", token(), name=f"n-{depth}-{each}", after=layer)
            for each in range((NODES - 2) // _LAYERS)
        ]
    if kind == _FAILING:
        made.task("fail", site.ledger.token(must_run=False), name="bad", after=first)
    made.task("work", token(), name="last", after=[*layer, *(["bad"] if kind == _FAILING else [])])
    return made


async def _states(handle: AsyncWorkflowHandle) -> dict[str, ProcessState]:
    return {name: process.state for name, process in (await handle.processes()).items()}


def _told(states: dict[str, ProcessState]) -> str:
    names = [state.name for state in states.values()]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))
