"""What happens when an executor leaves."""

from __future__ import annotations

from colonyos_gen_wire.constants import UNREGISTERED
from colonyos_gen_wire.types.executor import Executor
from msgspec.structs import replace

from colonyos_gen.server._processes.lifecycle import released
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records


def unregister(records: Records, executor: Executor, quirks: Quirks = STRICT) -> Executor:
    """Mark `executor` as UNREGISTERED, put what it was running back into the queue, and forget its functions."""
    for function in records.functions_of_executor.find((executor.colonyname, executor.executorname)):
        records.functions.remove(function)
    for process in records.running_processes.find((executor.colonyname, executor.executorid)):
        left = released(process)
        records.processes.put(
            replace(left, attributes=process.attributes) if quirks.released_attributes else left
        )
    return records.executors.put(replace(executor, state=UNREGISTERED))
