"""What the colours of a drawing mean."""

from __future__ import annotations

from colonyos_gen_wire.types.common import ProcessState

BY_COLOUR: dict[str, ProcessState] = {state.colour: state for state in ProcessState}
"""The state that a colour of the server's drawing of a workflow means."""
