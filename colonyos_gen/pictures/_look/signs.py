"""Signs of states, and numbers, as they are written in SVG."""

from __future__ import annotations

from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ProcessState

from colonyos_gen.pictures._look.palette import shade

_SIGNS: dict[ProcessState, str] = {
    WAITING: "M0-4V0.4L3 2.2",
    RUNNING: "M-2-3.6L3.8 0L-2 3.6Z",
    SUCCESS: "M-3.8 0.2L-1.1 3L3.8-2.8",
    FAILED: "M-3-3L3 3M3-3L-3 3",
    CANCELLED: "M-3.8 0H3.8",
}
"""Path of each state's sign, around the origin, for a disc of radius 8."""


def sign(x: float, y: float, state: ProcessState, radius: float) -> str:
    """The sign of `state`, in a disc around a point."""
    colours = shade(state)
    hollow = state == ProcessState.WAITING
    disc, ink = ("#ffffff", colours.strong) if hollow else (colours.strong, "#ffffff")
    border = f' stroke="{colours.strong}" stroke-width="1.6"' if hollow else ""
    solid = state == ProcessState.RUNNING
    drawn = (
        f'fill="{ink}"' if solid else f'fill="none" stroke="{ink}" stroke-width="1.9" stroke-linecap="round"'
    )
    return (
        f'<g transform="translate({numbers(x, y)}) scale({number(radius / 8)})"><circle r="8" fill="{disc}"{border}/>'
        f'<path d="{_SIGNS.get(state, "M0 0")}" {drawn} stroke-linejoin="round"/></g>'
    )


def number(value: float) -> str:
    """`value` with one decimal, or none."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def numbers(*values: float) -> str:
    """`values` with spaces between them."""
    return " ".join(map(number, values))
