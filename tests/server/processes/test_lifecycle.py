from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from colonyos_gen_wire.constants import (
    CANCELLED,
    ENV,
    FAILED,
    PRIORITY_STEP_NS,
    RAN_TOO_LONG,
    RUNNING,
    SUCCESS,
    WAITED_TOO_LONG,
    WAITING,
)
from colonyos_gen_wire.errors import process as errors
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes import lifecycle
from tests.server.kit.lab import spec

NOW_NS = 1_800_000_000_123_456_789
NOW = datetime.fromtimestamp(1_800_000_000, UTC) + timedelta(microseconds=123_456)
LATER = NOW + timedelta(seconds=30)
EXECUTOR = "e" * 64

Step = Callable[[Process], Process]

STEPS: dict[str, Step] = {
    "assign": lambda process: lifecycle.assigned(process, EXECUTOR, LATER),
    "close": lambda process: lifecycle.closed(process, ["out"], LATER),
    "fail": lambda process: lifecycle.failed(process, ["why"], LATER),
    "cancel": lambda process: lifecycle.cancelled(process, LATER),
}


def fresh(**settings: Any) -> Process:
    return lifecycle.submitted(spec(**settings), "initiator", "me", NOW_NS)


def in_state(state: ProcessState) -> Process:
    waiting = fresh()
    running = lifecycle.assigned(waiting, EXECUTOR, NOW)
    made = {
        WAITING: waiting,
        RUNNING: running,
        SUCCESS: lifecycle.closed(running, [], NOW),
        FAILED: lifecycle.failed(running, [], NOW),
        CANCELLED: lifecycle.cancelled(running, NOW),
    }
    return made[state]


@pytest.mark.parametrize(
    ("state", "step", "result"),
    [
        (WAITING, "assign", RUNNING),
        (WAITING, "close", errors.CLOSE_TRIED_TO_SET_WAITING_PROCESS_AS_SUCCESSFUL_WITHOUT_BEING_RUN),
        (WAITING, "fail", FAILED),
        (WAITING, "cancel", CANCELLED),
        (RUNNING, "assign", errors.ASSIGN_PROCESS_ALREADY_ASSIGNED),
        (RUNNING, "close", SUCCESS),
        (RUNNING, "fail", FAILED),
        (RUNNING, "cancel", CANCELLED),
        (SUCCESS, "assign", errors.ASSIGN_PROCESS_ALREADY_ASSIGNED),
        (SUCCESS, "close", SUCCESS),
        (SUCCESS, "fail", errors.FAIL_TRIED_TO_SET_SUCCESSFUL_PROCESS_AS_FAILED),
        (SUCCESS, "cancel", errors.CANCEL_PROCESS_TRIED_TO_CANCEL_SUCCESSFUL_PROCESS),
        (FAILED, "close", errors.CLOSE_TRIED_TO_SET_FAILED_PROCESS_AS_SUCCESSFUL),
        (FAILED, "fail", errors.FAIL_TRIED_TO_SET_FAILED_PROCESS_AS_FAILED),
        (FAILED, "cancel", errors.CANCEL_PROCESS_TRIED_TO_CANCEL_FAILED_PROCESS),
        (CANCELLED, "assign", errors.ASSIGN_CANNOT_ASSIGN_CANCELLED_PROCESS),
        (CANCELLED, "close", errors.CLOSE_TRIED_TO_SET_CANCELLED_PROCESS_AS_SUCCESSFUL),
        (CANCELLED, "fail", errors.FAIL_TRIED_TO_SET_CANCELLED_PROCESS_AS_FAILED),
        (CANCELLED, "cancel", errors.CANCEL_PROCESS_TRIED_TO_CANCEL_ALREADY_CANCELLED_PROCESS),
    ],
)
def test_every_step_from_every_state(
    state: ProcessState, step: str, result: ProcessState | ErrorSpec
) -> None:
    process = in_state(state)
    before = replace(process)
    if isinstance(result, ErrorSpec):
        with pytest.raises(Refusal) as caught:
            STEPS[step](process)
        assert caught.value.spec is result
    else:
        after = STEPS[step](process)
        assert after.state is result
        if step != "assign":
            assert after.endtime == LATER
    assert process == before


def test_submit() -> None:
    process = fresh(priority=2, maxwaittime=60, env={"A": "1"})
    assert process.prioritytime == NOW_NS - 2 * PRIORITY_STEP_NS
    assert process.submissiontime == NOW
    assert process.waitdeadline == NOW + timedelta(seconds=60)
    [attribute] = process.attributes
    assert (attribute.targetid, attribute.attributetype) == (process.processid, ENV)
    assert (attribute.key, attribute.value) == ("A", "1")


def test_attribute_id_is_the_hash_of_process_key_and_type() -> None:
    # From recorded traffic.
    [attribute] = fresh(env={"result": "42"}).attributes
    attribute.targetid = "0ac999ad3c0b1795a8bcd07f9afefd95f98caa0795cca387d68253834fd9726e"
    known = "958adc23e7e4947f9600e7a7733f6f306f4b575a2bd432a1aa0250850b550cd0"
    assert lifecycle.attribute_id(attribute) == known


def test_attributes_follow_the_state() -> None:
    process = lifecycle.assigned(fresh(env={"A": "1"}), EXECUTOR, NOW)
    assert process.attributes[0].state is RUNNING
    assert lifecycle.released(process).attributes[0].state is WAITING


def test_close_keeps_the_output_when_it_brings_none() -> None:
    running = replace(in_state(RUNNING), output=["early"])
    assert lifecycle.closed(running, [], NOW).output == ["early"]
    assert lifecycle.closed(running, ["late"], NOW).output == ["late"]


def test_cancel_leaves_the_assignment() -> None:
    assert in_state(CANCELLED).isassigned
    assert not lifecycle.cancelled(fresh(), NOW).isassigned


def test_released_forgets_the_attempt_and_counts_no_retry() -> None:
    process = lifecycle.released(in_state(RUNNING))
    assert (process.state, process.isassigned, process.assignedexecutorid) == (WAITING, False, "")
    assert (process.starttime, process.endtime, process.retries) == (None, None, 0)


@pytest.mark.parametrize(
    ("maxwaittime", "due"),
    [(60, NOW + timedelta(seconds=60)), (0, None), (-1, None), (-2, NOW)],
)
def test_wait_deadline(maxwaittime: int, due: datetime | None) -> None:
    assert lifecycle.deadline(fresh(maxwaittime=maxwaittime)) == due


@pytest.mark.parametrize(
    ("maxexectime", "due"),
    [(60, LATER + timedelta(seconds=60)), (0, LATER), (-1, None), (-2, LATER)],
)
def test_exec_deadline(maxexectime: int, due: datetime | None) -> None:
    assert lifecycle.deadline(STEPS["assign"](fresh(maxexectime=maxexectime))) == due


def test_ended_processes_have_no_deadline() -> None:
    for state in (SUCCESS, FAILED, CANCELLED):
        limits = replace(in_state(state).spec, maxexectime=1, maxwaittime=1)
        assert lifecycle.deadline(replace(in_state(state), spec=limits)) is None


def test_waiting_too_long_fails() -> None:
    process = lifecycle.expired(fresh(maxwaittime=1), LATER)
    assert (process.state, process.errors) == (FAILED, [WAITED_TOO_LONG])


def test_running_too_long_is_retried_as_often_as_allowed() -> None:
    process = fresh(maxexectime=1, maxretries=2, maxwaittime=5)
    for attempt in (1, 2):
        process = lifecycle.expired(lifecycle.assigned(process, EXECUTOR, NOW), LATER)
        assert (process.state, process.retries) == (WAITING, attempt)
        assert (process.isassigned, process.assignedexecutorid) == (False, "")
        assert (process.starttime, process.endtime) == (NOW, LATER)
        assert process.waitdeadline == LATER + timedelta(seconds=5)
    process = lifecycle.expired(lifecycle.assigned(process, EXECUTOR, NOW), LATER)
    assert (process.state, process.errors) == (FAILED, [RAN_TOO_LONG])


def test_negative_retries_have_no_end() -> None:
    process = replace(fresh(maxexectime=1, maxretries=-1), retries=1000)
    assert lifecycle.expired(lifecycle.assigned(process, EXECUTOR, NOW), LATER).state is WAITING
