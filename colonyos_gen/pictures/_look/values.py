"""Arguments, outputs and calls in a few words, however large they are."""

from __future__ import annotations

import reprlib
from typing import Any

from colonyos_gen_wire.types.process import FunctionSpec

_LONGEST_CALL = 200
"""Characters of a call that are shown."""


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxdict = self.maxtuple = 40
        self.maxstring = self.maxlong = self.maxother = 400


_SHORT = _Short()


def value_text(value: Any) -> str:
    """`value` as Python writes it; of large ones the beginnings."""
    return _SHORT.repr(value)


def call_text(spec: FunctionSpec) -> str:
    """The call that `spec` asks for, such as `sim(3, lr=0.1)`, cut if it is long."""
    values = [*map(value_text, spec.args[:_LONGEST_CALL])]
    values += [f"{name}={value_text(value)}" for name, value in [*spec.kwargs.items()][:_LONGEST_CALL]]
    text = f"{spec.funcname}({', '.join(values)})"
    return text if len(text) <= _LONGEST_CALL else f"{text[: _LONGEST_CALL - 1]}…"
