"""Log lines of processes and executors.

No two lines have the same timestamp, so a reader who asks for what came after the last line it has seen gets every
line, and each of them once.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import MAX_COUNT, MAX_DAYS, MAX_LOG_COUNT, RUNNING
from colonyos_gen_wire.errors import log as errors
from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.methods import log as methods
from colonyos_gen_wire.types.log import Log

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import NS_PER_S, Clock
from colonyos_gen.server._store.pieces import in_pieces
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._values.integers import require_integers
from colonyos_gen.server._values.like import Like

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.log import AddExecutorLogMsg, AddLogMsg, GetLogsMsg, SearchLogsMsg

_DAY_NS = 24 * 3600 * NS_PER_S


def _time(log: Log) -> int:
    """By which lines are in order, as they are found."""
    return log.timestamp


class Logs:
    """Serves the log messages."""

    def __init__(self, records: Records, access: Access, clock: Clock) -> None:
        self._records = records
        self._access = access
        self._clock = clock
        self._latest = max((log.timestamp for log in records.logs), default=0)

    async def add_log(self, request: AddLogMsg, signer: str, /) -> None:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.ADD_LOG_PROCESS_NOT_FOUND)
        colonyname = colony_of(process)
        self._access.require(methods.ADD_LOG, signer, colonyname)
        if process.state is not RUNNING:
            raise Refusal(errors.ADD_LOG_PROCESS_IS_NOT_RUNNING)
        executor = self._records.acting_executor(colonyname, signer)
        if process.assignedexecutorid != signer or executor is None:
            raise Refusal(errors.ADD_LOG_NOT_ASSIGNED_EXECUTOR)
        self._write(process.processid, colonyname, executor.executorname, request.message)

    async def add_executor_log(self, request: AddExecutorLogMsg, signer: str, /) -> None:
        self._access.require(methods.ADD_EXECUTOR_LOG, signer, request.colonyname)
        executor = self._records.acting_executor(request.colonyname, signer)
        if executor is None:
            raise Refusal(errors.ADD_EXECUTOR_LOG_EXECUTOR_NOT_FOUND)
        if executor.executorname != request.executorname:
            raise Refusal(errors.ADD_EXECUTOR_LOG_EXECUTOR_NAME_MISMATCH)
        self._write("", request.colonyname, executor.executorname, request.message)

    async def get_logs(self, request: GetLogsMsg, signer: str, /) -> list[Log]:
        lines = self._lines_for(request, signer)
        if request.count > MAX_LOG_COUNT:
            raise Refusal(errors.GET_LOGS_COUNT_TOO_LARGE, limit=MAX_LOG_COUNT)
        if request.count < 0:
            raise Refusal(errors.GET_LOGS_NEGATIVE_LIMIT)
        if request.latest:
            return lines[len(lines) - min(request.count, len(lines)) :]
        first = bisect_right(lines, request.since, key=_time)
        return lines[first : first + request.count]

    async def search_logs(self, request: SearchLogsMsg, signer: str, /) -> list[Log]:
        self._access.require(methods.SEARCH_LOGS, signer, request.colonyname)
        if request.count > MAX_COUNT:
            raise Refusal(errors.SEARCH_LOGS_COUNT_TOO_LARGE, limit=MAX_COUNT)
        if request.days > MAX_DAYS:
            raise Refusal(errors.SEARCH_LOGS_DAYS_TOO_LARGE, limit=MAX_DAYS)
        require_integers(request.days)
        if request.count < 0:
            raise Refusal(process_errors.GET_PROCESSES_NEGATIVE_LIMIT)
        since = self._clock.now_ns() - request.days * _DAY_NS
        pattern = Like(request.text)
        found: list[Log] = []
        lines = self._records.logs_of_colony.find(request.colonyname)
        await self._records.store.written()
        async for piece in in_pieces(lines[bisect_right(lines, since, key=_time) :]):
            found += [line for line in piece if pattern.within(line.message)]
            if len(found) >= request.count:
                break
        return found[: request.count]

    def _lines_for(self, request: GetLogsMsg, signer: str) -> list[Log]:
        if request.executorname:
            executor = self._records.executor(request.colonyname, request.executorname)
            if executor is None:
                raise Refusal(errors.GET_LOGS_EXECUTOR_NOT_FOUND)
            self._access.require(methods.GET_LOGS, signer, executor.colonyname)
            return self._records.logs_of_executor.find((executor.colonyname, executor.executorname))
        process = self._records.processes.get(request.processid)
        if process is None:
            raise Refusal(errors.GET_LOGS_PROCESS_NOT_FOUND)
        self._access.require(methods.GET_LOGS, signer, colony_of(process))
        return self._records.logs_of_process.find(process.processid)

    def _write(self, processid: str, colonyname: str, executorname: str, message: str) -> None:
        if has_nul((message,)):
            raise Refusal(errors.ADD_LOG_NUL_CHARACTER)
        self._latest = max(self._clock.now_ns(), self._latest + 1)
        self._records.logs.put(
            Log(
                processid=processid,
                colonyname=colonyname,
                executorname=executorname,
                message=message,
                timestamp=self._latest,
            )
        )
