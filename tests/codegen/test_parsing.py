"""Reading hand-written code, whatever else the process has to do."""

from __future__ import annotations

import gc

from colonyos_gen_codegen.left_to_do.parsing import parse


class Clumsy:
    """Goes when the garbage collector finds it."""

    gone = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        type(self).gone += 1


def test_no_garbage_is_collected_meanwhile() -> None:
    threshold = gc.get_threshold()
    gc.collect()
    Clumsy()
    gc.set_threshold(1)
    try:
        before = Clumsy.gone
        tree = parse("x = [" + "(1, 2), " * 2000 + "]")
        during = Clumsy.gone - before
    finally:
        gc.set_threshold(*threshold)
    assert len(tree.body) == 1
    assert gc.isenabled()
    assert during == 0
