"""Spec files of either kind: one function, or a workflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
from colonyos_gen_wire import FunctionSpec, WorkflowSpec

__all__ = ["load_spec"]


def load_spec(
    path: str | Path, colonyname: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> FunctionSpec | WorkflowSpec:
    """Read a spec file of the `colonies` command line as it is: a list is a workflow, an object a function or a workflow.

    Where the file names no colony it is `colonyname`, else that of COLONIES_COLONY_NAME, if there is one. Deadlines of 0
    become -1, no limit, as on that command line: the server would take 0 for a deadline long past.

    `FunctionSpec.from_file` and `WorkflowSpec.from_file` read files of one kind only, and do not look at the environment.

    Raises:
        ValueError: The file is not such JSON; the message names the file and the place.
        OSError: The file cannot be read.
    """
    colonyname = colonyname or environ.get("COLONIES_COLONY_NAME", "").strip()
    if _is_workflow(Path(path).read_bytes()):
        return WorkflowSpec.from_file(path, colonyname)
    return FunctionSpec.from_file(path, colonyname)


def _is_workflow(content: bytes) -> bool:
    try:
        data = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False  # and from_file will say what is wrong
    if isinstance(data, dict):
        return any(key.lower() == "functionspecs" for key in cast("dict[str, Any]", data))
    return isinstance(data, list)
