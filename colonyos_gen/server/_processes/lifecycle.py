"""The states of a process, and what leads from one to the next.

    WAITING --assign--> RUNNING --close--> SUCCESS
       ^                   |-----fail----> FAILED
       |<--- released -----|
       |<-- exec deadline -|  (while retries are left, else FAILED)
       |-- wait deadline --> FAILED
    WAITING, RUNNING --cancel--> CANCELLED

Every function takes a process and returns what becomes of it; none changes its argument, and none knows of tables,
clocks or sockets. A step that the state does not allow raises `Refusal` with the words of the real server.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha3_256
from typing import Any

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
from colonyos_gen_wire.nulls import NullList, is_null
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Conditions, Filesystem, FunctionSpec, Process
from msgspec.structs import replace

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import moment

_NO_LIMIT = -1
_NOTHING: list[Any] = []
"""The one empty list of all processes, as rows are never changed in place: the garbage collector looks at every list."""
_NULL = NullList()
_SPEC_LISTS = ("args", "channels")
_CONDITION_LISTS = ("executornames", "dependencies")
_MOUNT_LISTS = ("snapshots", "dirs")


def new_id() -> str:
    """An id that nothing else has."""
    return secrets.token_hex(32)


def attribute_id(attribute: Attribute) -> str:
    """The id of an attribute, which follows from its process, key and type."""
    text = f"{attribute.targetid}{attribute.key}{int(attribute.attributetype)}"
    return sha3_256(text.encode()).hexdigest()


def submitted(spec: FunctionSpec, initiatorid: str, initiatorname: str, now_ns: int) -> Process:
    """A new process that runs `spec`, waiting to be assigned. Its environment becomes attributes."""
    processid = new_id()
    now = moment(now_ns)
    environment = [
        Attribute(
            targetid=processid,
            targetcolonyname=spec.conditions.colonyname,
            attributetype=ENV,
            key=key,
            value=value,
        )
        for key, value in spec.env.items()
    ]
    _share_empty(spec, _SPEC_LISTS)
    _share_empty(spec.conditions, _CONDITION_LISTS)
    _share_empty(spec.fs, _MOUNT_LISTS)
    return Process(
        processid=processid,
        spec=spec,
        initiatorid=initiatorid,
        initiatorname=initiatorname,
        prioritytime=now_ns - spec.priority * PRIORITY_STEP_NS,
        submissiontime=now,
        waitdeadline=_after(now, spec.maxwaittime),
        attributes=[replace(attribute, attributeid=attribute_id(attribute)) for attribute in environment]
        or _NOTHING,
        parents=_NOTHING,
        children=_NOTHING,
        input=_NOTHING,
        output=_NOTHING,
        errors=_NOTHING,
    )


def _share_empty(row: FunctionSpec | Conditions | Filesystem, fields: Sequence[str]) -> None:
    for field in fields:
        value: object = getattr(row, field)
        empty = _NULL if is_null(value) else _NOTHING
        if value == empty:
            setattr(row, field, empty)


def assigned(process: Process, executorid: str, now: datetime) -> Process:
    """`process`, running on an executor."""
    if process.state is CANCELLED:
        raise Refusal(errors.ASSIGN_CANNOT_ASSIGN_CANCELLED_PROCESS)
    if process.state is not WAITING:
        raise Refusal(errors.ASSIGN_PROCESS_ALREADY_ASSIGNED)
    return _in_state(
        process,
        RUNNING,
        isassigned=True,
        assignedexecutorid=executorid,
        starttime=now,
        execdeadline=_after(now, process.spec.maxexectime),
    )


def closed(process: Process, output: Sequence[Any], now: datetime) -> Process:
    """`process`, ended with success. Closing it once more is no error, as the first reply may have been lost."""
    if process.state is FAILED:
        raise Refusal(errors.CLOSE_TRIED_TO_SET_FAILED_PROCESS_AS_SUCCESSFUL)
    if process.state is CANCELLED:
        raise Refusal(errors.CLOSE_TRIED_TO_SET_CANCELLED_PROCESS_AS_SUCCESSFUL)
    if process.state is WAITING:
        raise Refusal(errors.CLOSE_TRIED_TO_SET_WAITING_PROCESS_AS_SUCCESSFUL_WITHOUT_BEING_RUN)
    return _in_state(process, SUCCESS, endtime=now, output=list(output) if output else process.output)


def failed(process: Process, reasons: Sequence[str], now: datetime) -> Process:
    """`process`, ended with failure, for good."""
    if process.state is SUCCESS:
        raise Refusal(errors.FAIL_TRIED_TO_SET_SUCCESSFUL_PROCESS_AS_FAILED)
    if process.state is FAILED:
        raise Refusal(errors.FAIL_TRIED_TO_SET_FAILED_PROCESS_AS_FAILED)
    if process.state is CANCELLED:
        raise Refusal(errors.FAIL_TRIED_TO_SET_CANCELLED_PROCESS_AS_FAILED)
    texts = NullList() if is_null(reasons) else list(reasons) or _NOTHING
    return _in_state(process, FAILED, endtime=now, errors=texts)


def cancelled(process: Process, now: datetime) -> Process:
    """`process`, called off before it ended."""
    if process.state is SUCCESS:
        raise Refusal(errors.CANCEL_PROCESS_TRIED_TO_CANCEL_SUCCESSFUL_PROCESS)
    if process.state is FAILED:
        raise Refusal(errors.CANCEL_PROCESS_TRIED_TO_CANCEL_FAILED_PROCESS)
    if process.state is CANCELLED:
        raise Refusal(errors.CANCEL_PROCESS_TRIED_TO_CANCEL_ALREADY_CANCELLED_PROCESS)
    return _in_state(process, CANCELLED, endtime=now)


def released(process: Process) -> Process:
    """A running `process`, back in the queue because its executor is gone; this counts as no retry."""
    return _in_state(process, WAITING, isassigned=False, assignedexecutorid="", starttime=None, endtime=None)


def swept_away(process: Process) -> Process:
    """`process`, failed because its workflow has failed, as the real server does it: whatever its state, without a reason,
    and with the end time that it has."""
    return _in_state(process, FAILED, errors=_NOTHING)


def is_swept_away(old: Process | None, new: Process) -> bool:
    """Whether `new` has become of `old` because the real server's workflow has failed; see `swept_away`."""
    return new.state is FAILED and (new.endtime is None or (old is not None and old.state is SUCCESS))


def is_released(old: Process | None, new: Process) -> bool:
    """Whether `new` has become of `old` because its executor is gone; see `released`."""
    return old is not None and old.state is RUNNING and new.state is WAITING and new.starttime is None


def is_closed_again(old: Process | None, new: Process) -> bool:
    """Whether `new` has become of `old` because it was closed once more; see `closed`."""
    # Nothing else makes a new end time, which may be the same where the clock stands still.
    return old is not None and old.state is new.state is SUCCESS and old.endtime is not new.endtime


def deadline(process: Process) -> datetime | None:
    """The time after which `process` is `expired`, if there is one.

    Limits other than a number of seconds or "none" have passed as soon as they apply: an executing time of 0,
    and negative numbers below -1.
    """
    spec = process.spec
    if process.state is WAITING and spec.maxwaittime not in (0, _NO_LIMIT):
        return process.waitdeadline or process.submissiontime
    if process.state is RUNNING and spec.maxexectime != _NO_LIMIT:
        return process.execdeadline or process.starttime
    return None


def expired(process: Process, now: datetime) -> Process:
    """`process` after its deadline: failed, or back in the queue if it was running and may be retried."""
    spec = process.spec
    if process.state is WAITING:
        return failed(process, [WAITED_TOO_LONG], now)
    if 0 <= spec.maxretries <= process.retries:
        return failed(process, [RAN_TOO_LONG], now)
    return _in_state(
        process,
        WAITING,
        isassigned=False,
        assignedexecutorid="",
        endtime=now,
        waitdeadline=_after(now, spec.maxwaittime),
        retries=process.retries + 1,
    )


def _after(now: datetime, seconds: int) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds > 0 else None


def _in_state(process: Process, state: ProcessState, **changes: Any) -> Process:
    if process.attributes:
        changes["attributes"] = [replace(attribute, state=state) for attribute in process.attributes]
    return replace(process, state=state, **changes)
