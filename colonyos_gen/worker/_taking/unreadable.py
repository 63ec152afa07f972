"""Processes whose assignment cannot be read."""

from __future__ import annotations

import json
import re
from typing import Any

from colonyos_gen_wire.constants import ID_LENGTH, RUNNING

_WHOLE = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
_PROCESSID = re.compile(rf'"processid"\s*:\s*"([0-9a-f]{{{ID_LENGTH}}})"')


def processid_in(payload: bytes) -> str | None:
    """The id of the process in a payload that does not fit the schema, or is no JSON at all; None if it is unclear."""
    text = payload.decode("utf-8", "replace")
    try:
        process = json.loads(text)
    except (ValueError, RecursionError):
        found = set(_PROCESSID.findall(text))  # arguments may hold such a thing as well
        return found.pop() if len(found) == 1 else None
    processid = _field(process, "processid")
    return processid if isinstance(processid, str) and _WHOLE.fullmatch(processid) else None


def is_running_in(payload: bytes, executorid: str) -> bool | None:
    """Whether the process in such a payload is RUNNING in the name of an executor; None if it is unclear."""
    try:
        process = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    state = _field(process, "state")
    if not isinstance(state, int):
        return None
    return state == RUNNING.value and _field(process, "assignedexecutorid") == executorid


def _field(process: Any, name: str) -> Any:
    return process.get(name) if isinstance(process, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
