"""How a process stands that has not ended: why it waits, or where it runs, in words."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import difflib
import weakref
from collections.abc import Awaitable, Callable, Sequence

from colonyos_gen_wire import Executor, Process
from colonyos_gen_wire.constants import (
    APPROVED,
    FAILED,
    FINAL_PROCESS_STATES,
    MAX_NODES_MATCHABLE,
    MAX_STORAGE_MATCHABLE_MI,
    RUNNING,
    STALE_EXECUTOR_S,
    SUCCESS,
    UNREGISTERED,
    WAITING,
)
from colonyos_gen_wire.terminal import visible

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._waiting import with_errors
from colonyos_gen.errors import RPCError

LOOK_S = 2.0
"""Seconds that finding out may take."""
_MOST_RUNNING = 100
"""Running processes that are counted."""
QUIET_S = 30.0
"""Seconds after which one that is idle is told to be silent: workers ask for work every 10 s."""
_LONGEST = 1000
"""Characters of reasons."""
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
    if process.state in FINAL_PROCESS_STATES and process.state is not FAILED:
        return state
    return await in_time(rpc, lambda: _reason(Colony(rpc, process), process), state) or state


async def several(rpc: AsyncClient, processids: Sequence[str]) -> str:
    """How processes of one colony stand, in words: those of which the same is to be told together.

    Empty if another one asks already, or the server does not tell. Raises nothing.
    """

    async def ask() -> str:
        processes = await asyncio.gather(*map(rpc.get_process, processids))
        colony = Colony(rpc, processes[0])
        alike: dict[str, list[str]] = {}
        for process in processes:
            reason = (await _reason(colony, process)).removeprefix("it is ")
            alike.setdefault(reason, []).append(repr(process.spec.nodename or process.spec.funcname))
        return "; ".join(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {reason}"
            for reason, names in alike.items()
        )

    return await in_time(rpc, ask, "") if processids else ""


async def in_time(rpc: AsyncClient, ask: Callable[[], Awaitable[str]], otherwise: str) -> str:
    """What `ask` tells within 2 seconds, one at a time over a client; if it does not, something else. Raises nothing."""
    if rpc in _asking:
        return otherwise
    _asking.add(rpc)
    try:
        async with asyncio.timeout(LOOK_S):
            return await ask()
    except Exception:  # what is asked for is only an addition, whatever interceptors may raise
        return otherwise
    finally:
        _asking.discard(rpc)


class Colony:
    """What is asked about the colony of a process; each thing is asked once."""

    def __init__(self, rpc: AsyncClient, process: Process) -> None:
        self.rpc: AsyncClient = rpc
        self._name = process.spec.conditions.colonyname
        self._executors: list[Executor] | None = None
        self._paused: bool | None = None
        self._running: dict[str, list[Process]] = {}

    async def executors(self) -> list[Executor]:
        if self._executors is None:
            self._executors = await self.rpc.get_executors(self._name)
        return self._executors

    async def is_paused(self) -> bool:
        if self._paused is None:
            self._paused = (await self.rpc.get_pause_status(self._name)).ispaused
        return self._paused

    async def running(self, executortype: str) -> list[Process]:
        if executortype not in self._running:
            self._running[executortype] = await self.rpc.get_processes(
                self._name, _MOST_RUNNING, RUNNING, executortype=executortype
            )
        return self._running[executortype]


async def _reason(colony: Colony, process: Process) -> str:
    state = f"it is {process.state.name}"
    if process.state is WAITING:
        return f"{state}: {await _why_waiting(colony, process)}"
    if process.state is RUNNING:
        return f"{state} {await _where_running(colony, process)}"
    if process.state is FAILED:
        return f"{state} {await _why_failed(colony, process)}"
    return state


async def _why_failed(colony: Colony, process: Process) -> str:
    process = await with_errors(process, lambda: colony.rpc.get_process(process.processid))
    tries = process.retries + (process.starttime is not None)
    text = f"after {tries} attempt{'s' * (tries != 1)}" if tries else "without an attempt"
    if process.assignedexecutorid:
        with contextlib.suppress(RPCError):
            rows = await colony.executors()
            text += f", on {executor_name(process, rows)}"
    return f"{text}: {reasons_of(process)}"


def reasons_of(process: Process) -> str:
    """Why a process failed, without tracebacks: `failure` has those."""
    given = [
        " ".join(each.split()) for each in process.errors if each.strip() and not each.startswith((" ", "\n"))
    ]
    told = "; ".join(given[:_SHOWN])
    if len(given) > _SHOWN:
        told += f"; and {len(given) - _SHOWN} more"
    told = told or "its executor gave no reason, or another process of its workflow failed"
    return visible(told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…")


def executor_name(process: Process, rows: Sequence[Executor]) -> str:
    """The name of the executor that a process was given to; its id if the colony has it no more."""
    row = next((each for each in rows if each.executorid == process.assignedexecutorid), None)
    return process.assignedexecutorid if row is None else row.executorname


async def _where_running(colony: Colony, process: Process) -> str:
    rows = await colony.executors()
    row = next((each for each in rows if each.executorid == process.assignedexecutorid), None)
    text = f"on {executor_name(process, rows)}"
    if process.starttime is not None:
        text += f" for {_told(_seconds_since(process.starttime, rows))}"
    if row is not None and (silent := _silence(row, rows)):
        text += f", which has not been heard from for {_told(silent)}"
    return text


async def _why_waiting(colony: Colony, process: Process) -> str:
    conditions = process.spec.conditions
    if process.waitforparents:
        return await _which_parents(colony.rpc, process)
    paused, rows = await asyncio.gather(colony.is_paused(), colony.executors())
    if paused:
        return f"assignments are paused in colony {conditions.colonyname!r}"
    return _without_executor(process, rows) or await _with_executors(colony, process, rows)


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
        gone = ", those that were there have gone" if any(each.executortype == kind for each in rows) else ""
        return f"the colony has no executor of type {kind!r} ({nearest(kind, rows)}){gone}"
    approved = [each for each in there if each.state is APPROVED]
    if not approved:
        return f"no executor of type {kind!r} is approved: {_names(there)}"
    names = [] if "*" in conditions.executornames else conditions.executornames
    named = [each for each in approved if not names or each.executorname in names]
    if not named:
        return f"none of the executors that it is for is there: {', '.join(names)} (of that type: {_names(approved)})"
    place = conditions.locationname
    if place and not [each for each in named if each.locationname.lower() == place.lower()]:
        places = ", ".join(sorted({each.locationname for each in named if each.locationname})) or "none"
        return f"no executor of type {kind!r} is at location {place!r} (they are at: {places})"
    silent = [_silence(each, rows) for each in named]
    if all(silent):
        return f"none of type {kind!r} has been heard from for {_told(min(silent))}: {_names(named)}"
    return ""


def nearest(executortype: str, rows: Sequence[Executor]) -> str:
    """Which executor type of a colony may be meant by one that it does not have."""
    types = sorted({each.executortype for each in rows if each.state is not UNREGISTERED})
    near = difflib.get_close_matches(executortype, types, 1)
    if near:
        return f"nearest: {near[0]!r}"
    more = f" and {len(types) - _SHOWN} more" if len(types) > _SHOWN else ""
    return f"there are: {', '.join(map(repr, types[:_SHOWN])) or 'none'}{more}"


async def _with_executors(colony: Colony, process: Process, rows: Sequence[Executor]) -> str:
    conditions = process.spec.conditions
    kind = conditions.executortype
    running = await colony.running(kind)
    there = [each for each in rows if each.executortype == kind and each.state is APPROVED]
    awake = [each for each in there if not _silence(each, rows)]
    busy = {each.assignedexecutorid for each in running} & {each.executorid for each in awake}
    quiet = [each for each in awake if each.executorid not in busy and _quiet_for(each, rows) >= QUIET_S]
    more = " or more" if len(running) == _MOST_RUNNING else ""
    text = f"{len(awake)} of type {kind!r} {'is' if len(awake) == 1 else 'are'} there, and {len(busy)} busy"
    if running:
        text += f" with {len(running)}{more} process{'es' * (len(running) > 1)}"
    if quiet:
        text += f"; {_who_is_quiet(quiet, rows, idle=len(awake) - len(busy))}"
    asked = {"cpu": conditions.cpu, "mem": conditions.mem, "storage": conditions.storage}
    wanted = ", ".join(f"{name} {value}" for name, value in asked.items() if value.strip("0mMi"))
    if wanted:
        text += f"; it asks for {wanted}, which executors that say what they have must have free"
    if _mebibytes(asked["storage"]) > MAX_STORAGE_MATCHABLE_MI:
        text += "; most servers give what asks for storage to nobody"
    return text


def _mebibytes(text: str) -> int:
    """An amount as replies give it, which is in whole mebibytes."""
    number = text.removesuffix("Mi")
    return int(number) if number.isdecimal() else 0


def _who_is_quiet(quiet: Sequence[Executor], rows: Sequence[Executor], *, idle: int) -> str:
    """Which executors may have ended: a server takes them for gone only when they have been silent for ten minutes."""
    time = _told(min(_quiet_for(each, rows) for each in quiet))
    if len(quiet) < idle:
        who = f"{len(quiet)} of {idle} that are idle {'has' if len(quiet) == 1 else 'have'} not"
    else:
        who = "the idle one has not" if idle == 1 else "none of those that are idle has"
    return f"{who} been heard from for {time}, so may have ended: {_names(quiet)}"


def _names(rows: Sequence[Executor]) -> str:
    names = [f"{each.executorname} ({each.state.name})" for each in rows]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _silence(row: Executor, rows: Sequence[Executor]) -> float:
    """For how many seconds nothing was heard of an executor, if so long that the server takes it for gone; else 0."""
    seconds = _quiet_for(row, rows)
    return 0.0 if seconds < STALE_EXECUTOR_S else seconds


def _quiet_for(row: Executor, rows: Sequence[Executor]) -> float:
    """For how many seconds nothing was heard of an executor; 0 if it has yet to ask for work."""
    heard = row.lastheardfromtime
    return 0.0 if heard is None else _seconds_since(heard, rows)


def _seconds_since(time: datetime.datetime, rows: Sequence[Executor]) -> float:
    """How long ago something was by the clock of the server, which is no earlier than when it last heard of anybody."""
    heard = (each.lastheardfromtime for each in rows)
    now = max([datetime.datetime.now(datetime.UTC), *filter(None, heard)])
    return max(0.0, (now - time).total_seconds())


def _told(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
