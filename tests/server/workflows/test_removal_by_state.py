"""Workflows removed by their state, however many there are."""

from __future__ import annotations

import pytest
from colonyos_gen_wire.constants import FAILED, SUCCESS
from colonyos_gen_wire.types.workflow import WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.server import ManualClock
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._workflows.workflows import Workflows
from tests.server.kit.lab import COLONY
from tests.server.kit.stored import node

LEAVES = Quirks(state_removal_leaves_nodes=True)


@pytest.mark.parametrize("count", [1, 70, 300])
@pytest.mark.parametrize(("quirks", "left"), [(STRICT, 0), (LEAVES, 1)])
def test_many_go_as_few_do(quirks: Quirks, left: int, count: int) -> None:
    records = Records(Store())
    workflows = Workflows(records, ManualClock(), quirks)
    spec = WorkflowSpec(colonyname=COLONY, functionspecs=[node("a"), node("b"), node("c")])
    kept = workflows.start(spec, "i", "user")
    for _ in range(count):
        succeeded, failed, _ = workflows.members(workflows.start(spec, "i", "user"))
        records.processes.put(replace(succeeded, state=SUCCESS))
        records.processes.put(replace(failed, state=FAILED))
    records.store.commit()
    assert records.processgraphs_in_state.count((COLONY, FAILED)) == count

    workflows.remove_in_state(COLONY, FAILED)
    assert records.processgraphs_of_colony.find(COLONY) == list(records.processgraphs)
    assert [graph.processgraphid for graph in records.processgraphs] == [kept.processgraphid]
    assert records.processes_in_state.count((COLONY, SUCCESS)) == left * count
    assert len(records.processes) == left * count + 3
    records.store.commit()

    workflows.remove_in_state(COLONY, None)
    records.store.commit()
    assert len(records.processes) == len(records.processgraphs) == 0


def test_it_can_be_undone() -> None:
    records = Records(Store())
    workflows = Workflows(records, ManualClock(), LEAVES)
    spec = WorkflowSpec(colonyname=COLONY, functionspecs=[node("a"), node("b")])
    for _ in range(300):
        workflows.start(spec, "i", "user")
    records.store.commit()
    workflows.remove_in_state(COLONY, None)
    assert len(records.processes) == 0
    records.store.rollback()
    assert len(records.processes) == 600
    assert len(records.processgraphs) == 300
