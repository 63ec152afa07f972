"""Processes whose assignment cannot be read."""

from __future__ import annotations

import json
import re

from colonyos_gen_wire.constants import ID_LENGTH

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
    processid = process.get("processid") if isinstance(process, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return processid if isinstance(processid, str) and _WHOLE.fullmatch(processid) else None
