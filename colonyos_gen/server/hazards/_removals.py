"""Removal of what others still work with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from colonyos_gen_wire import hazards
from colonyos_gen_wire.constants import FAILED, RUNNING, WAITING
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.generator import Generator
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server.hazards._moments import Finding, Scene
from colonyos_gen.server.hazards._traffic import Passing

_EVERY_STATE = -1
_NO_LIMIT = -1
_DEADLINE = timedelta(seconds=2)
"""A deadline so near can pass while a removal is under way."""

_NAMED = 3
"""Processes whose ids are told."""

_ASSIGN = frozenset({"assign"})
_ENDS = frozenset({"close", "fail"})
_SUBMISSIONS = frozenset({"submit", "submit_workflow"})
_WORKFLOW_SUBMISSIONS = frozenset({"submit_workflow", "run_cron"})
WORK = (
    _ASSIGN | _ENDS | _SUBMISSIONS | {"cancel_process", "cancel_processgraph", "add_child", "pack_generator"}
)


def of_colony(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A colony in which something runs, or somebody works or waits for work."""
    records, name = scene.records, passing.colonyname
    if records.colonies.get(name) is None:
        return
    others = scene.traffic.in_colony(passing, WORK)
    running = records.processes_in_state.snapshot((name, RUNNING)).values()
    if others or running:
        yield Finding(hazards.COLONY_REMOVED_WHILE_WORKED_IN, others, _said("RUNNING in the colony", running))
    if limited := _some(process for process in running if process.spec.maxexectime != _NO_LIMIT):
        yield Finding(
            hazards.EXEC_DEADLINE_MEETS_COLONY_REMOVAL,
            detail=_said("RUNNING with an execution deadline", limited),
        )
    for generator in records.generators_of_colony.find(name):
        yield from _at_trigger(scene, generator)


def of_process(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A process whose time to wait is nearly over, or whose channels nobody will close."""
    process = scene.records.processes.get(passing.subject)
    if process is not None and process.state is WAITING and not process.processgraphid:
        yield from _waiting_removed(scene, [process])


def of_all_processes(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """Processes by their state, while others run or are submitted."""
    records, name, state = scene.records, passing.colonyname, passing.request.state
    if state not in (_EVERY_STATE, WAITING):
        return
    if state == _EVERY_STATE and (
        running := _some(_alone(records.processes_in_state.snapshot((name, RUNNING)).values()))
    ):
        yield Finding(
            hazards.ALL_PROCESSES_REMOVED_WHILE_CLOSING, detail=_said("RUNNING in the colony", running)
        )
    if others := scene.traffic.in_colony(passing, _SUBMISSIONS):
        yield Finding(hazards.ALL_PROCESSES_REMOVED_WHILE_SUBMITTING, others)
    yield from _waiting_removed(scene, records.processes_in_state.snapshot((name, WAITING)).values())


def of_workflow(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A workflow that somebody may be given a node of, or that has failed while other nodes go on."""
    records = scene.records
    graph = records.processgraphs.get(passing.subject)
    if graph is None:
        return
    if graph.state is WAITING and (others := scene.traffic.in_colony(passing, _ASSIGN)):
        yield Finding(hazards.WAITING_WORKFLOW_REMOVED_WHILE_ASSIGNING, others)
    if graph.state is FAILED:
        members = records.members_of_graph.find(graph.processgraphid)
        ids = {member.processid for member in members}
        others = scene.traffic.in_colony(passing, _ENDS, lambda other: other.subject in ids)
        yield from _failed_removed(_active(members), others)


def of_all_workflows(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """Workflows by their state, while others are half done or are submitted."""
    records, name, state = scene.records, passing.colonyname, passing.request.state
    if state == RUNNING or (state != _EVERY_STATE and not ProcessState(state).is_known):
        return
    if others := scene.traffic.in_colony(passing, _WORKFLOW_SUBMISSIONS):
        yield Finding(hazards.ALL_WORKFLOWS_REMOVED_WHILE_SUBMITTING, others)
    if state == FAILED:
        unended = [
            *records.processes_in_state.find((name, RUNNING)),
            *records.processes_in_state.find((name, WAITING)),
        ]
        yield from _failed_removed(
            _active(each for each in unended if _has_failed(scene, each.processgraphid))
        )
    half_done = records.processgraphs_in_state.count((name, RUNNING))
    if state != WAITING:
        half_done += records.processgraphs_in_state.count((name, WAITING))
    if half_done:
        yield Finding(
            hazards.WORKFLOWS_REMOVED_BY_STATE, detail=f"{half_done} workflows of the colony have not ended"
        )


def _failed_removed(active: list[Process], others: Sequence[Passing] = ()) -> Iterator[Finding]:
    if active or others:
        detail = _said("not ended in the workflow", active)
        yield Finding(hazards.FAILED_WORKFLOW_REMOVED_WHILE_CLOSING, others, detail)


def _has_failed(scene: Scene, processgraphid: str) -> bool:
    graph = scene.records.processgraphs.get(processgraphid)
    return graph is not None and graph.state is FAILED


def _active(members: Iterable[Process]) -> list[Process]:
    """Those that somebody works on, or may be given."""
    return [
        member
        for member in members
        if member.state is RUNNING or (member.state is WAITING and not member.waitforparents)
    ]


def of_generator(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A generator that is about to start a workflow."""
    generator = scene.records.generators.get(passing.subject)
    if generator is not None:
        yield from _at_trigger(scene, generator)


def _at_trigger(scene: Scene, generator: Generator) -> Iterator[Finding]:
    queued = scene.records.packed_of_generator.count(generator.generatorid)
    since = generator.lastrun or generator.firstpack
    late = (
        generator.timeout > 0
        and since is not None
        and scene.now() - since > timedelta(seconds=generator.timeout)
    )
    if queued and (queued >= generator.trigger or late):
        yield Finding(
            hazards.GENERATOR_REMOVED_AT_TRIGGER,
            detail=f"{queued} arguments are queued, the trigger is {generator.trigger}"
            + (f", and its timeout of {generator.timeout} s has passed" if late else ""),
        )


def _waiting_removed(scene: Scene, waiting: Iterable[Process]) -> Iterator[Finding]:
    now = scene.now()
    first, last = now - _DEADLINE, now + _DEADLINE
    alone = list(_alone(waiting))
    near = _some(
        process
        for process in alone
        if process.spec.maxwaittime > 0
        and (deadline := process.waitdeadline) is not None
        and first < deadline < last
    )
    if near:
        yield Finding(
            hazards.WAIT_DEADLINE_MEETS_REMOVAL, detail=_said("within 2 s of the wait deadline", near)
        )
    if channels := _some(process for process in alone if process.spec.channels):
        yield Finding(hazards.CHANNEL_NEVER_FREED, detail=_said("WAITING with channels", channels))


def _alone(processes: Iterable[Process]) -> Iterator[Process]:
    """Those that are not part of a workflow."""
    return (process for process in processes if not process.processgraphid)


def _some(processes: Iterable[Process]) -> list[Process]:
    """As many as are told of, without a look at the rest."""
    return list(islice(processes, _NAMED + 1))


def _said(what: str, processes: Collection[Process]) -> str:
    if not processes:
        return ""
    ids = ", ".join(process.processid[:12] for process in islice(processes, _NAMED))
    return f"{what}: {ids}" + (" and more" if len(processes) > _NAMED else "")
