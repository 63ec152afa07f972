"""Colours and signs of states, in pictures and tables.

Every state has a sign of its own, so that nothing is told by colour alone. Boxes and badges are light with dark text,
whatever is behind them; lines are of a grey that shows on white and on black.
"""

from __future__ import annotations

from typing import NamedTuple

from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState

INK = "#1f2328"
"""Text on boxes."""
SOFT_INK = "#4b535d"
"""Less important text on boxes."""
LINE = "#848d97"
"""Lines between boxes."""
PAPER = "#f6f8fa"
"""Boxes that have no state."""


class Shade(NamedTuple):
    """Colours of one state."""

    fill: str
    """Inside of boxes, under `INK` and `SOFT_INK`."""
    strong: str
    """Borders, lines, and discs under white signs."""


SHADES: dict[ProcessState, Shade] = {
    WAITING: Shade("#f5f0e1", "#85795a"),
    RUNNING: Shade("#dcebfb", "#2f74bd"),
    SUCCESS: Shade("#e2f4cd", "#4a861c"),
    FAILED: Shade("#fbe1dd", "#c23b2e"),
    CANCELLED: Shade("#fdecc8", "#a36500"),
}
PLAIN = Shade(PAPER, "#7d8690")


def shade(state: ProcessState | None) -> Shade:
    """Colours of `state`; plain ones for none, and for states that a newer server may have."""
    return PLAIN if state is None else SHADES.get(state, PLAIN)


def state_name(state: ProcessState) -> str:
    """`state` in words, such as `running`."""
    return state.name.lower().replace("_", " ")
