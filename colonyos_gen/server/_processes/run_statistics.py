"""The figures that a registered function keeps about its use."""

from __future__ import annotations

from datetime import datetime

from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.function import Function
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._store.records import Records, colony_of


def count_run(records: Records, executor: Executor, process: Process) -> None:
    """Note a successful run with every registration of the function by this executor."""
    key = colony_of(process), executor.executorname
    waited = _seconds(process.submissiontime, process.starttime)
    ran = _seconds(process.starttime, process.endtime)
    for function in records.functions_of_executor.find(key):
        if function.funcname == process.spec.funcname:
            records.functions.put(with_run(function, waited, ran))


def with_run(function: Function, waited: float, ran: float) -> Function:
    """`function` after one more run, which waited and ran for so many seconds.

    0 stands for "not known yet". The averages are no means over all runs: each run moves them half the way.
    """
    return replace(
        function,
        counter=function.counter + 1,
        minwaittime=min(function.minwaittime or waited, waited),
        maxwaittime=max(function.maxwaittime, waited),
        avgwaittime=(function.avgwaittime + waited) / 2 if function.avgwaittime else waited,
        minexectime=min(function.minexectime or ran, ran),
        maxexectime=max(function.maxexectime, ran),
        avgexectime=(function.avgexectime + ran) / 2 if function.avgexectime else ran,
    )


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return 0.0 if start is None or end is None else (end - start).total_seconds()
