"""Taking in a function specification: what is refused, and the form in which the rest is kept.

Quantities are rewritten to whole units, so that a process reads the same everywhere. Values that the database of the
real server could not hold (integers beyond 32 bits, NUL characters in plain texts) are refused before anything is
stored.
"""

from __future__ import annotations

from colonyos_gen_wire.constants import LARGEST_INT32, MAX_PRIORITY, MIN_PRIORITY, SMALLEST_INT32
from colonyos_gen_wire.errors import process as errors
from colonyos_gen_wire.types.executor import GPU
from colonyos_gen_wire.types.process import Conditions, FunctionSpec
from msgspec.structs import replace

from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.matching import ANY_EXECUTOR
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._values.quantities import (
    QuantityError,
    format_cpu,
    format_memory,
    parse_cpu,
    parse_memory,
)


def accept_spec(spec: FunctionSpec, quirks: Quirks = STRICT, *, of_workflow: bool = False) -> FunctionSpec:
    """`spec` in the form in which processes keep it; `of_workflow` if it is that of a node or a child."""
    unchecked = of_workflow and quirks.unchecked_node_priority
    if not unchecked and not MIN_PRIORITY <= spec.priority <= MAX_PRIORITY:
        raise Refusal(errors.SUBMIT_PRIORITY_OUT_OF_RANGE, minimum=MIN_PRIORITY, maximum=MAX_PRIORITY)
    conditions = _accept_conditions(spec.conditions, quirks)
    _require_storable(spec)
    return replace(spec, conditions=conditions)


def _accept_conditions(conditions: Conditions, quirks: Quirks) -> Conditions:
    try:
        cpu = parse_cpu(conditions.cpu)
    except QuantityError:
        raise Refusal(errors.SUBMIT_BAD_CPU) from None
    try:
        memory, storage, gpu_memory = (
            parse_memory(text, quirks) for text in (conditions.mem, conditions.storage, conditions.gpu.mem)
        )
    except QuantityError as error:
        raise Refusal(errors.SUBMIT_BAD_MEMORY, text=error.text) from None
    gpu = GPU(name=conditions.gpu.name, mem=format_memory(gpu_memory), count=conditions.gpu.count)
    names = conditions.executornames
    if names == [ANY_EXECUTOR] and not quirks.star_matches_nobody:
        names = []
    return replace(
        conditions,
        executornames=names,
        dependencies=list(conditions.dependencies),  # never null in a process
        cpu=format_cpu(cpu),
        mem=format_memory(memory),
        storage=format_memory(storage),
        gpu=gpu,
    )


def _require_storable(spec: FunctionSpec) -> None:
    conditions = spec.conditions
    for number in (
        spec.priority,
        spec.maxwaittime,
        spec.maxexectime,
        spec.maxretries,
        conditions.nodes,
        conditions.processes,
        conditions.processes_per_node,
    ):
        if not SMALLEST_INT32 <= number <= LARGEST_INT32:
            detail = f'value "{number}" is out of range for type integer'
            raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail=detail)
    texts = (
        spec.funcname,
        spec.nodename,
        spec.label,
        conditions.executortype,
        conditions.locationname,
        conditions.gpu.name,
        *conditions.executornames,
        *conditions.dependencies,
        *spec.channels,
        *spec.env,
        *spec.env.values(),
    )
    if has_nul(texts):
        detail = 'invalid byte sequence for encoding "UTF8": 0x00'
        raise Refusal(errors.SUBMIT_DATABASE_REFUSED, detail=detail)
