"""Pictures of workflows, and tables of what a server has, for files and notebooks.

`draw_workflow` and `draw_graph` give SVG, `workflow_to_mermaid` and `graph_to_mermaid` text for Mermaid, `to_html` tables.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colonyos_gen.pictures._drawing import (
        draw_graph,
        draw_workflow,
        graph_to_mermaid,
        save,
        workflow_to_mermaid,
    )
    from colonyos_gen.pictures._html import to_html

__all__ = ["draw_graph", "draw_workflow", "graph_to_mermaid", "save", "to_html", "workflow_to_mermaid"]


def __getattr__(name: str) -> Any:
    # At first use, since sessions need the colours of states, and seldom a picture.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "_html" if name == "to_html" else "_drawing"
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value
