"""A process as a notebook shows it."""

from __future__ import annotations

from html import escape

from colonyos_gen_wire import Process
from colonyos_gen_wire.constants import FAILED, RUNNING, WAITING

from colonyos_gen.session.node_states import COLOURS

_LONGEST_TEXT = 300


def process_html(process: Process) -> str:
    """A line with the state, the call and what came of it."""
    spec = process.spec
    call = f"{spec.funcname}({', '.join([*map(repr, spec.args), *(f'{k}={v!r}' for k, v in spec.kwargs.items())])})"
    outcome = "; ".join(process.errors) if process.state is FAILED else ", ".join(map(repr, process.output))
    # The colours are made for dark text, except those of RUNNING and FAILED.
    text = "white" if process.state in (RUNNING, FAILED) else "black"
    badge = (
        f'<span style="background:{COLOURS.get(process.state, "#ddd")};color:{text};padding:1px 6px;border-radius:4px">'
        f"{escape(process.state.name)}</span>"
    )
    shown = f" → <code>{escape(_cut(outcome))}</code>" if outcome and process.state > WAITING else ""
    return f'<div title="{escape(process.processid)}">{badge} <code>{escape(_cut(call))}</code>{shown}</div>'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
