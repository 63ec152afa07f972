"""Processes, executors, statistics and workflows as tables and pictures in notebooks.

The types come from the schema and know nothing of notebooks, so that IPython is told how to show them.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["register"]


def register(shell: Any = None, *, lists: bool = True) -> bool:
    """Let IPython show what this package returns as tables and pictures. Doing it again changes nothing.

    Args:
        shell: The `InteractiveShell` to tell; None for the one that this program runs in, if any. IPython is not imported
            for that.
        lists: Whether lists and tuples of those are shown as tables, too. What IPython makes of other lists stays as it is,
            and so does what somebody else has told it of lists. `connect()` leaves them out.

    Returns:
        Whether there was a shell.
    """
    shell = _running() if shell is None else shell
    if shell is None:
        return False
    from colonyos_gen_wire.types.executor import Executor
    from colonyos_gen_wire.types.process import Process
    from colonyos_gen_wire.types.statistics import Statistics
    from colonyos_gen_wire.types.workflow import ProcessGraph

    from colonyos_gen.pictures import draw_graph
    from colonyos_gen.pictures._html import table_of

    formatters: dict[str, Any] = shell.display_formatter.formatters
    html, svg = formatters["text/html"], formatters["image/svg+xml"]
    for kind in (Process, Executor, Statistics):
        html.for_type(kind, table_of)
    svg.for_type(ProcessGraph, draw_graph)
    # Of any other list nothing is made, and IPython goes on as if this were not here.
    for many in (list, tuple) if lists else ():
        if many not in html.type_printers:
            html.for_type(many, table_of)
    return True


def _running() -> Any:
    ipython: Any = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
