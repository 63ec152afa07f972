"""What holds for every workflow, whatever happens to its processes in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import product

from colonyos_gen_wire.constants import FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colonyos_gen.server import ManualClock
from colonyos_gen.server._clock import moment
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._workflows.workflows import Workflows
from tests.server.kit.lab import COLONY
from tests.server.kit.stored import node

Step = Callable[[Process, datetime], Process]


def assign(process: Process, now: datetime) -> Process:
    return lifecycle.assigned(process, "e" * 64, now)


def close(process: Process, now: datetime) -> Process:
    return lifecycle.closed(process, ["out"], now)


def fail(process: Process, now: datetime) -> Process:
    return lifecycle.failed(process, ["no"], now)


def release(process: Process, _: datetime) -> Process:
    return lifecycle.released(process)


class Engine:
    """The tables and everything that follows them, without a network."""

    def __init__(self) -> None:
        self.store = Store()
        self.records = Records(self.store)
        self.clock = ManualClock()
        self.workflows = Workflows(self.records, self.clock)
        self.scheduler = Scheduler(self.records.processes, self.clock)

    def start(self, *nodes: FunctionSpec, **settings: list[str]) -> ProcessGraph:
        spec = WorkflowSpec(colonyname=COLONY, functionspecs=list(nodes))
        graph = self.workflows.start(spec, "initiator", "me", **settings)
        self.store.commit()
        return graph

    @property
    def available(self) -> list[Process]:
        return [each for each in self.waiting if not each.waitforparents]

    @property
    def waiting(self) -> list[Process]:
        return [each for each in self.records.processes if each.state is WAITING]

    @property
    def running(self) -> list[Process]:
        return [each for each in self.records.processes if each.state is RUNNING]

    def make(self, step: Step, process: Process) -> None:
        """Make a change. A first attempt is undone."""
        self.clock.advance(1)
        changed = step(process, moment(self.clock.now_ns()))
        before = self.state()
        self.records.processes.put(changed)
        self.store.rollback()
        assert self.state() == before
        self.records.processes.put(changed)
        self.store.commit()

    def state(self) -> tuple[dict[str, Process], list[ProcessGraph], int]:
        rows = {process.processid: process for process in self.records.processes}
        return rows, list(self.records.processgraphs), self.scheduler.queued


def expected_state(members: list[Process]) -> ProcessState:
    states = {member.state for member in members}
    if FAILED in states:
        return FAILED
    if states == {SUCCESS}:
        return SUCCESS
    return RUNNING if states & {RUNNING, SUCCESS} else WAITING


def check(engine: Engine) -> None:
    rows = engine.records.processes
    for process in rows:
        parents = [rows[parent] for parent in process.parents]
        ready = all(parent.state is SUCCESS for parent in parents)
        if process.state is WAITING:
            assert process.waitforparents is not ready
        if process.state in (RUNNING, SUCCESS):
            assert ready
        if process.state is FAILED and process.children:
            assert all(each.state not in (WAITING, RUNNING) for each in rows)
        assert all(process.processid in rows[parent].children for parent in process.parents)
        assert all(process.processid in rows[child].parents for child in process.children)
    assert engine.scheduler.queued == len(engine.available)
    for graph in engine.records.processgraphs:
        members = engine.workflows.members(graph)
        assert graph.state is expected_state(members)
        assert (graph.endtime is None) is (graph.state in (WAITING, RUNNING))
        assert graph.starttime is not None or all(member.starttime is None for member in members)


@st.composite
def workflows(draw: st.DrawFn) -> list[FunctionSpec]:
    """Nodes that depend on earlier ones, in any order."""
    count = draw(st.integers(1, 7))
    nodes = [
        node(f"n{number}", *(f"n{parent}" for parent in range(number) if draw(st.booleans())), maxretries=1)
        for number in range(count)
    ]
    return draw(st.permutations(nodes))


@settings(deadline=None)
@given(nodes=workflows(), data=st.data())
def test_a_workflow_is_always_settled(nodes: list[FunctionSpec], data: st.DataObject) -> None:
    engine = Engine()
    engine.start(*nodes)
    check(engine)
    for _ in range(40):
        steps: list[tuple[Step, Process]] = [(assign, process) for process in engine.available]
        steps += product((close, fail, release, lifecycle.expired), engine.running)
        if not steps:
            break
        engine.make(*data.draw(st.sampled_from(steps)))
        check(engine)


@settings(deadline=None)
@given(nodes=workflows(), data=st.data())
def test_a_workflow_that_grows_stays_a_workflow(nodes: list[FunctionSpec], data: st.DataObject) -> None:
    engine = Engine()
    engine.start(*nodes)
    for number in range(12):
        if engine.running and bool(data.draw(st.booleans())):
            parent = data.draw(st.sampled_from(engine.running))
            if bool(data.draw(st.booleans())):
                engine.workflows.insert(parent, node(f"x{number}"))
            else:
                follower = data.draw(st.sampled_from([None, *engine.waiting]))
                engine.workflows.append(parent, node(f"x{number}"), follower)
            engine.store.commit()
        elif engine.available and bool(data.draw(st.booleans())):
            engine.make(assign, data.draw(st.sampled_from(engine.available)))
        elif engine.running:
            engine.make(close, data.draw(st.sampled_from(engine.running)))
        check(engine)
    while engine.available or engine.running:
        for process in engine.available:
            engine.make(assign, process)
        for process in engine.running:
            engine.make(close, process)
        check(engine)
    (graph,) = engine.records.processgraphs
    assert graph.state is SUCCESS


def test_arguments_and_input_of_the_roots() -> None:
    engine = Engine()
    own = [node("a", args=["own"], kwargs={"k": 1}), node("b", "a", args=["own"], kwargs={"k": 1})]
    graph = engine.start(*own, args=["x", "y"], rootinput=["in"])
    root, child = engine.workflows.members(graph)
    assert (root.spec.args, root.spec.kwargs, root.input) == (["x", "y"], {}, ["in"])
    assert (child.spec.args, child.spec.kwargs, child.input) == (["own"], {"k": 1}, [])
    assert engine.workflows.input_of(root) == ["in"]
    root, _ = engine.workflows.members(engine.start(*own))
    assert (root.spec.args, root.spec.kwargs, root.input) == (["own"], {"k": 1}, [])


def test_outputs_of_the_leaves() -> None:
    engine = Engine()
    graph = engine.start(node("a"), node("b", "a"), node("c", "a"), node("d"))
    for number, process in enumerate(engine.workflows.members(graph)):
        engine.records.processes.put(replace(process, output=[number]))
    assert engine.workflows.leaf_outputs(graph.processgraphid) == [1, 2, 3]
    assert engine.workflows.leaf_outputs("nothing") == []
