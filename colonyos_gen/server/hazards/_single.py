"""Single requests that are hazardous by what they say, and by the moment in which they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from colonyos_gen_wire import hazards
from colonyos_gen_wire.constants import CANCELLED, ID_LENGTH, RUNNING, SUCCESS
from colonyos_gen_wire.hazards import Hazard

from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import (
    BAD_TRIGGER,
    FOREIGN_PROCESS,
    INVALID_NAME,
    UNKNOWN_PROCESS,
    Refusal,
)
from colonyos_gen.server.hazards._moments import Finding, Scene
from colonyos_gen.server.hazards._traffic import Passing

_NEAR_DEADLINE = timedelta(seconds=1)


def close(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A close that the deadline of the process may overtake."""
    process = scene.records.processes.get(passing.subject)
    if process is None or process.state is not RUNNING or process.assignedexecutorid != passing.signer:
        return
    deadline = process.execdeadline
    if deadline is not None and abs(left := deadline - scene.now()) <= _NEAR_DEADLINE:
        yield Finding(
            hazards.CLOSE_AT_DEADLINE,
            detail=f"{left.total_seconds():.2f} s before its deadline, and not read afterwards",
            reader=passing.signer,
        )


def close_again(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A close of what has succeeded, of which the workflow is gone."""
    process = scene.records.processes.get(passing.subject)
    if (
        process is not None
        and process.state is SUCCESS
        and process.assignedexecutorid == passing.signer
        and process.processgraphid
        and scene.records.processgraphs.get(process.processgraphid) is None
    ):
        yield Finding(hazards.NODE_CLOSED_AFTER_REMOVAL_BY_STATE)


def append(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """Something for a channel of a process that was cancelled, of which its executor learns only when it looks."""
    process = scene.records.processes.get(passing.subject)
    if process is not None and process.state is CANCELLED:
        runs_it = process.assignedexecutorid == passing.signer
        yield Finding(
            hazards.CHANNEL_NEVER_FREED,
            detail="the process was cancelled before" + (", and not read afterwards" if runs_it else ""),
            reader=passing.signer if runs_it else "",
        )


def assign(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """A worker whose type the real server takes for that of another one that waits."""
    waiting = scene.scheduler.types_waiting(passing.colonyname)
    if not waiting or passing.request.timeout <= 0:
        return
    executor = scene.records.executor_of(passing.colonyname, passing.signer)
    if executor is None:
        return
    own = executor.executortype
    for other in waiting:
        if (other[:-1] == own and other[-1:].isdigit()) or (own[:-1] == other and own[-1:].isdigit()):
            yield Finding(
                hazards.TYPES_DIFFER_BY_DIGIT, detail=f"executors of types {own!r} and {other!r} wait at once"
            )


def refused(passing: Passing, refusal: Refusal) -> Hazard | None:
    """What the real server would have come to if it had not been spared `passing`."""
    request, spec = passing.request, refusal.spec
    if spec is BAD_TRIGGER:
        return hazards.GENERATOR_WITHOUT_TRIGGER
    if spec is UNKNOWN_PROCESS:
        of_parent = refusal.values["id"] == passing.subject
        return hazards.CHILD_OF_UNKNOWN_PARENT if of_parent else hazards.UNKNOWN_CHILD
    if spec is FOREIGN_PROCESS:
        return hazards.CHILD_OF_OTHER_WORKFLOW
    if spec is INVALID_NAME and ":" in str(refusal.values["name"]):
        return hazards.COLON_IN_NAME
    if spec.name == "invalid_dependencies":
        return hazards.UNKNOWN_DEPENDENCY
    too_long_or_short = spec.name == "new_colony_id_is_not_64_characters"
    if passing.name == "change_server_id" and too_long_or_short and len(request.serverid) != ID_LENGTH:
        return hazards.SERVER_ID_OF_WRONG_LENGTH
    return hazards.NUL_IN_ENV if _has_nul_in_env(request) else None


def _has_nul_in_env(request: object) -> bool:
    spec = getattr(request, "spec", None) or getattr(request, "workflowspec", None)
    for each in (spec, *getattr(spec, "functionspecs", ())):
        env: dict[str, str] = getattr(each, "env", {})
        if has_nul((*env, *env.values())):
            return True
    return False
