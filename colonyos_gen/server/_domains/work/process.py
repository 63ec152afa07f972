"""Processes: from submission to removal."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import MAX_COUNT, RUNNING
from colonyos_gen_wire.errors import NUL_REFUSED, shared
from colonyos_gen_wire.errors import process as errors
from colonyos_gen_wire.methods import process as methods
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import FunctionSpec, Process
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.presence import caller_is_gone
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import NS_PER_S, Clock, moment
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._processes.matching import Offer
from colonyos_gen.server._processes.pausing import Paused, PauseGate
from colonyos_gen.server._processes.run_statistics import count_run
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._processes.silence import Silence
from colonyos_gen.server._processes.submission import accept_spec
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import in_pieces
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._values.integers import in_nanoseconds, require_integers, require_interval
from colonyos_gen.server._values.quantities import UNLIMITED, QuantityError, parse_cpu, parse_memory
from colonyos_gen.server._workflows.workflows import Workflows

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.process import (
        AssignProcessMsg,
        CancelProcessMsg,
        CloseFailedMsg,
        CloseSuccessfulMsg,
        GetProcessesMsg,
        GetProcessHistMsg,
        GetProcessMsg,
        RemoveAllProcessesMsg,
        RemoveProcessMsg,
        SetOutputMsg,
        SubmitFunctionSpecMsg,
    )

_EVERY_STATE = -1
_LONGEST_WAIT_S = 365 * 24 * 3600
_MANY = 5000
"""Processes that are looked at in one turn of the event loop, if it is for no more than whether they are in a workflow."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Processes:
    """Serves the process messages. Those about one process look for it before they look at rights."""

    def __init__(
        self,
        records: Records,
        access: Access,
        clock: Clock,
        store: Store,
        scheduler: Scheduler,
        silence: Silence,
        pause_gate: PauseGate,
        workflows: Workflows,
        quirks: Quirks = STRICT,
    ) -> None:
        self._quirks = quirks
        self._records = records
        self._access = access
        self._clock = clock
        self._store = store
        self._scheduler = scheduler
        self._silence = silence
        self._pause_gate = pause_gate
        self._workflows = workflows

    async def submit(self, request: SubmitFunctionSpecMsg, signer: str, /) -> Process:
        colonyname = request.spec.conditions.colonyname
        self._access.require(methods.SUBMIT, signer, colonyname)
        try:
            spec = accept_spec(request.spec, self._quirks)
        except Refusal:
            environment = request.spec.env
            if self._quirks.orphan_processes and has_nul((*environment, *environment.values())):
                self._put(accept_spec(replace(request.spec, env={}), self._quirks), signer)
            raise
        return self._put(spec, signer)

    async def assign(self, request: AssignProcessMsg, signer: str, /) -> Process:
        self._access.require(methods.ASSIGN, signer, request.colonyname)
        if request.timeout == 0:
            raise Refusal(errors.ASSIGN_ZERO_TIMEOUT)
        executor = self._records.acting_executor(request.colonyname, signer)
        if executor is None:
            raise Refusal(errors.ASSIGN_EXECUTOR_NOT_FOUND)
        offer = self._offer(executor, request)
        for row in self._records.executors_alike(executor, everywhere=True):
            self._records.executors.put(replace(row, lastheardfromtime=self._now()))
        # Nothing that happens during the wait may undo this.
        self._store.commit()

        def claim(processid: str) -> Process | None:
            if caller_is_gone():
                return None
            # Much can have happened to the executor while it waited.
            approved = not self._quirks.lasting_polls
            if self._records.acting_executor(request.colonyname, signer, approved=approved) is None:
                raise Refusal(shared.NOT_A_MEMBER, name=request.colonyname)
            self._pause_gate.check(request.colonyname)
            process = self._records.processes[processid]
            given = self._workflows.input_of(process)
            if given is not process.input:
                process = replace(process, input=given)
            assigned = self._records.processes.put(lifecycle.assigned(process, signer, self._now()))
            if self._quirks.stale_assign_reply:
                return replace(assigned, execdeadline=process.execdeadline, attributes=process.attributes)
            return assigned

        try:
            with self._silence.broken_by(executor):
                process = await self._pause_gate.attempt(
                    request.colonyname,
                    min(self._seconds(request.timeout), _LONGEST_WAIT_S),
                    lambda left: self._scheduler.acquire(offer, left, claim),
                )
        except Paused:
            raise Refusal(
                errors.ASSIGN_PAUSED_TIMEOUT if request.timeout > 0 else errors.ASSIGN_PAUSED
            ) from None
        if process is None:
            raise Refusal(errors.ASSIGN_NO_PROCESS)
        return process

    async def close(self, request: CloseSuccessfulMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.CLOSE_PROCESS_NOT_FOUND)
        self._access.require(methods.CLOSE, signer, colony_of(process))
        if not process.assignedexecutorid:
            raise Refusal(errors.CLOSE_PROCESS_IS_NOT_ASSIGNED)
        if process.assignedexecutorid != signer:
            raise Refusal(errors.CLOSE_NOT_ASSIGNED_EXECUTOR)
        try:
            closed = lifecycle.closed(process, request.output, self._now())
        except Refusal:
            if self._quirks.kept_output and request.output:
                self._records.processes.put(replace(process, output=request.output))
            raise
        process = self._records.processes.put(closed)
        executor = self._records.acting_executor(colony_of(process), signer)
        if executor is not None:
            count_run(self._records, executor, process)

    async def fail(self, request: CloseFailedMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.FAIL_PROCESS_NOT_FOUND)
        self._access.require(methods.FAIL, signer, colony_of(process))
        if not process.assignedexecutorid:
            raise Refusal(errors.FAIL_PROCESS_IS_NOT_ASSIGNED)
        if process.assignedexecutorid != signer:
            raise Refusal(errors.FAIL_NOT_ASSIGNED_EXECUTOR)
        if has_nul(request.errors):
            if self._quirks.late_errors:
                self._records.processes.put(lifecycle.failed(process, [], self._now()))
            raise Refusal(NUL_REFUSED)
        self._records.processes.put(lifecycle.failed(process, request.errors, self._now()))

    async def set_output(self, request: SetOutputMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.SET_OUTPUT_PROCESS_NOT_FOUND)
        self._access.require(methods.SET_OUTPUT, signer, colony_of(process))
        if process.assignedexecutorid != signer:
            raise Refusal(errors.SET_OUTPUT_NOT_ASSIGNED_EXECUTOR)
        if process.state is not RUNNING:
            raise Refusal(errors.SET_OUTPUT_PROCESS_IS_NOT_RUNNING)
        if request.output:
            self._records.processes.put(replace(process, output=request.output))

    async def get_process(self, request: GetProcessMsg, signer: str, /) -> Process:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.GET_PROCESS_PROCESS_NOT_FOUND)
        self._access.require(methods.GET_PROCESS, signer, colony_of(process))
        return process

    async def get_processes(self, request: GetProcessesMsg, signer: str, /) -> list[Process]:
        self._access.require(methods.GET_PROCESSES, signer, request.colonyname)
        if request.count > MAX_COUNT:
            raise Refusal(errors.GET_PROCESSES_COUNT_TOO_LARGE, limit=MAX_COUNT)
        if request.initiator and self._records.user(request.colonyname, request.initiator) is None:
            raise Refusal(errors.GET_PROCESSES_USER_NOT_FOUND, name=request.initiator)
        if not request.state.is_known:
            raise Refusal(errors.GET_PROCESSES_INVALID_STATE)
        if request.count < 0:
            raise Refusal(errors.GET_PROCESSES_NEGATIVE_LIMIT)
        place, records = (request.colonyname, request.state), self._records
        # Waiting ones as they will be served, running ones by start, ended ones latest first.
        ordered = records.ended_processes if request.state.is_final else records.active_processes
        wanted = _wanted(request)
        if wanted is None:
            return ordered.find(place, request.count)
        rows = ordered.all(place, records.processes_in_state.snapshot(place))
        await self._store.written()
        found: list[Process] = []
        async for piece in in_pieces(rows):
            found += filter(wanted, piece)
            if len(found) >= request.count:
                break
        return found[: request.count]

    async def get_process_history(self, request: GetProcessHistMsg, signer: str, /) -> list[Process]:
        self._access.require(methods.GET_PROCESS_HISTORY, signer, request.colonyname)
        require_integers(request.state)
        require_interval(self._clock.now_ns() // NS_PER_S, request.seconds)
        since_ns = self._clock.now_ns() - request.seconds * NS_PER_S
        if request.seconds <= 0:
            return []
        since = moment(max(0, since_ns))
        rows = self._records.processes_in_state.find((request.colonyname, request.state))
        await self._store.written()
        runs: list[list[Process]] = []
        async for piece in in_pieces(rows):
            run = [
                process
                for process in piece
                if process.submissiontime is not None
                and process.submissiontime >= since
                and request.executorid in ("", process.assignedexecutorid)
            ]
            runs.append(sorted(run, key=_submitted))
        found: list[Process] = []
        async for piece in in_pieces(heapq.merge(*runs, key=_submitted)):
            found += piece
        return found

    async def cancel_process(self, request: CancelProcessMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.CANCEL_PROCESS_PROCESS_NOT_FOUND)
        self._access.require(methods.CANCEL_PROCESS, signer, colony_of(process))
        if process.processgraphid:
            raise Refusal(errors.CANCEL_PROCESS_PART_OF_WORKFLOW)
        self._records.processes.put(lifecycle.cancelled(process, self._now()))

    async def remove_process(self, request: RemoveProcessMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.REMOVE_PROCESS_PROCESS_NOT_FOUND)
        self._access.require(methods.REMOVE_PROCESS, signer, colony_of(process))
        if process.processgraphid:
            raise Refusal(errors.REMOVE_PROCESS_PART_OF_WORKFLOW)
        if process.state is RUNNING:
            raise Refusal(errors.REMOVE_PROCESS_CANNOT_REMOVE_A_RUNNING_PROCESS)
        self._records.processes.remove(process)

    async def remove_all_processes(self, request: RemoveAllProcessesMsg, signer: str, /) -> None:
        self._access.require(methods.REMOVE_ALL_PROCESSES, signer, request.colonyname)
        if request.state == RUNNING:
            raise Refusal(errors.REMOVE_ALL_PROCESSES_NOT_POSSIBLE_TO_REMOVE_RUNNING_PROCESSES)
        if request.state != _EVERY_STATE and not ProcessState(request.state).is_known:
            raise Refusal(errors.REMOVE_ALL_PROCESSES_INVALID_STATE_WHEN_DELETING_ALL_PROCESSES)
        if request.state == _EVERY_STATE:
            rows = self._records.processes_of_colony.snapshot(request.colonyname)
        else:
            state = ProcessState(request.state)
            rows = self._records.processes_in_state.snapshot((request.colonyname, state))
        found: dict[str, Process] = {}
        if len(rows) <= _MANY:
            found = _alone(rows.items())
        else:
            async for piece in in_pieces(iter(rows.items()), _MANY):
                found |= _alone(piece)
            self._access.require(methods.REMOVE_ALL_PROCESSES, signer, request.colonyname)
            found = self._records.processes.unchanged(found)
        self._records.processes.remove_all(found)

    def _put(self, spec: FunctionSpec, signer: str) -> Process:
        name = self._records.name_of(spec.conditions.colonyname, signer)
        return self._records.processes.put(lifecycle.submitted(spec, signer, name, self._clock.now_ns()))

    def _offer(self, executor: Executor, request: AssignProcessMsg) -> Offer:
        try:
            cpu = parse_cpu(request.availablecpu) if request.availablecpu else UNLIMITED
        except QuantityError:
            raise Refusal(errors.ASSIGN_BAD_CPU) from None
        try:
            memory = parse_memory(request.availablemem, self._quirks) if request.availablemem else UNLIMITED
        except QuantityError as error:
            raise Refusal(errors.SUBMIT_BAD_MEMORY, text=error.text) from None
        return Offer.of(replace(executor, colonyname=request.colonyname), cpu, memory)

    def _seconds(self, timeout: int) -> float:
        return in_nanoseconds(timeout) / NS_PER_S if self._quirks.overflowing_timeouts else timeout

    def _now(self) -> datetime:
        return moment(self._clock.now_ns())


def _submitted(process: Process) -> datetime:
    return process.submissiontime or _NEVER


def _wanted(request: GetProcessesMsg) -> Callable[[Process], bool] | None:
    """What tells which processes are meant; None for all."""
    if request.executortype:
        return lambda process: process.spec.conditions.executortype == request.executortype
    if request.initiator:
        return lambda process: process.initiatorname == request.initiator
    if request.label:
        return lambda process: process.spec.label == request.label
    return None


def _alone(rows: Iterable[tuple[str, Process]]) -> dict[str, Process]:
    """Those that are no part of a workflow."""
    return {key: row for key, row in rows if not row.processgraphid}
