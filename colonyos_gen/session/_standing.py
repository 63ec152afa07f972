"""How a process stands that has not ended: why it waits, or where it runs, in words."""

from __future__ import annotations

import asyncio
import datetime
import difflib
import weakref
from collections.abc import Sequence

from colonyos_gen_wire import Executor, Process
from colonyos_gen_wire.constants import (
    APPROVED,
    MAX_NODES_MATCHABLE,
    RUNNING,
    STALE_EXECUTOR_S,
    SUCCESS,
    UNREGISTERED,
    WAITING,
)

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import RPCError

LOOK_S = 2.0
"""Seconds that finding out may take."""
_MOST_RUNNING = 100
"""Running processes that are counted."""
_SHOWN = 5
"""Names that are listed."""

_asking: weakref.WeakSet[AsyncClient] = weakref.WeakSet()
"""The clients over which somebody asks at this moment."""


async def standing(rpc: AsyncClient, process: Process) -> str:
    """In which state a process is and why, as far as the server tells within 2 seconds.

    That takes a few calls. Where many ask at the same time, one of them learns the reason, and the others the state. Raises
    nothing.
    """
    state = f"it is {process.state.name}"
    if rpc in _asking:
        return state
    _asking.add(rpc)
    try:
        async with asyncio.timeout(LOOK_S):
            if process.state is WAITING:
                return f"{state}: {await _why_waiting(rpc, process)}"
            if process.state is RUNNING:
                return f"{state} {await _where_running(rpc, process)}"
    except (TimeoutError, RPCError):  # what is asked for is only an addition
        pass
    finally:
        _asking.discard(rpc)
    return state


async def _where_running(rpc: AsyncClient, process: Process) -> str:
    rows = await rpc.get_executors(process.spec.conditions.colonyname)
    row = next((each for each in rows if each.executorid == process.assignedexecutorid), None)
    name = process.assignedexecutorid if row is None else row.executorname
    text = f"on {name}"
    if process.starttime is not None:
        text += f" for {_ago(process.starttime)}"
    if row is not None and (silent := _silence(row)):
        text += f", which has not been heard from for {silent}"
    return text


async def _why_waiting(rpc: AsyncClient, process: Process) -> str:
    conditions = process.spec.conditions
    if process.waitforparents:
        return await _which_parents(rpc, process)
    paused, rows = await asyncio.gather(
        rpc.get_pause_status(conditions.colonyname), rpc.get_executors(conditions.colonyname)
    )
    if paused.ispaused:
        return f"assignments are paused in colony {conditions.colonyname!r}"
    return _without_executor(process, rows) or await _with_executors(rpc, process, rows)


async def _which_parents(rpc: AsyncClient, process: Process) -> str:
    ids = process.parents[:_SHOWN]
    parents = await asyncio.gather(*(rpc.get_process(each) for each in ids))
    ahead = [
        f"{each.spec.nodename or each.spec.funcname} ({each.state.name})"
        for each in parents
        if each.state is not SUCCESS
    ]
    more = f" and {len(process.parents) - _SHOWN} more" if len(process.parents) > _SHOWN else ""
    return f"it comes after {', '.join(ahead) or 'its parents'}{more}"


def _without_executor(process: Process, rows: Sequence[Executor]) -> str:
    """Why no executor of the colony can ever take a process; empty if one may."""
    conditions = process.spec.conditions
    kind = conditions.executortype
    if not kind:
        return "it names no executor type, so nobody is given it"
    if max(conditions.nodes, conditions.processes, conditions.processes_per_node) > MAX_NODES_MATCHABLE:
        return f"it asks for more nodes or processes than the {MAX_NODES_MATCHABLE} that are ever assigned"
    there = [each for each in rows if each.executortype == kind and each.state is not UNREGISTERED]
    if not there:
        types = sorted({each.executortype for each in rows if each.state is not UNREGISTERED})
        near = difflib.get_close_matches(kind, types, 1)
        hint = f"nearest: {near[0]!r}" if near else f"there are: {', '.join(map(repr, types)) or 'none'}"
        gone = ", those that were there have gone" if any(each.executortype == kind for each in rows) else ""
        return f"the colony has no executor of type {kind!r} ({hint}){gone}"
    approved = [each for each in there if each.state is APPROVED]
    if not approved:
        return f"no executor of type {kind!r} is approved: {_names(there)}"
    names = [each for each in conditions.executornames if each != "*"]
    named = [each for each in approved if not names or each.executorname in names]
    if not named:
        return f"none of the executors that it is for is there: {', '.join(names)} (of that type: {_names(approved)})"
    place = conditions.locationname
    if place and not [each for each in named if each.locationname.lower() == place.lower()]:
        places = ", ".join(sorted({each.locationname for each in named if each.locationname})) or "none"
        return f"no executor of type {kind!r} is at location {place!r} (they are at: {places})"
    if all(_silence(each) for each in named):
        return f"none of type {kind!r} has been heard from for {min(map(_silence, named), key=len)}: {_names(named)}"
    return ""


async def _with_executors(rpc: AsyncClient, process: Process, rows: Sequence[Executor]) -> str:
    conditions = process.spec.conditions
    kind = conditions.executortype
    running = await rpc.get_processes(conditions.colonyname, _MOST_RUNNING, RUNNING, executortype=kind)
    awake = [
        each for each in rows if each.executortype == kind and each.state is APPROVED and not _silence(each)
    ]
    busy = {each.assignedexecutorid for each in running} & {each.executorid for each in awake}
    more = " or more" if len(running) == _MOST_RUNNING else ""
    text = f"{len(awake)} of type {kind!r} {'is' if len(awake) == 1 else 'are'} there, and {len(busy)} busy"
    if running:
        text += f" with {len(running)}{more} process{'es' * (len(running) > 1)}"
    asked = {"cpu": conditions.cpu, "mem": conditions.mem, "storage": conditions.storage}
    wanted = ", ".join(f"{name} {value}" for name, value in asked.items() if value.strip("0mMi"))
    return f"{text}; it asks for {wanted}, which a worker must have free" if wanted else text


def _names(rows: Sequence[Executor]) -> str:
    names = [f"{each.executorname} ({each.state.name})" for each in rows]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _silence(row: Executor) -> str:
    """How long nothing was heard of an executor, if that is so long that the server takes it for gone; else empty."""
    heard = row.lastheardfromtime
    if heard is None or _seconds_since(heard) < STALE_EXECUTOR_S:
        return ""
    return _ago(heard)


def _seconds_since(time: datetime.datetime) -> float:
    return (datetime.datetime.now(datetime.UTC) - time).total_seconds()


def _ago(time: datetime.datetime) -> str:
    seconds = max(0.0, _seconds_since(time))
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
