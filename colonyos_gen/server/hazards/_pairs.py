"""Two requests about the same thing at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from colonyos_gen_wire import hazards
from colonyos_gen_wire.hazards import Hazard

from colonyos_gen.server.hazards._moments import Finding, Scene
from colonyos_gen.server.hazards._traffic import Passing


class _Pair(NamedTuple):
    hazard: Callable[[], Hazard]
    """Looked up when the pair is met."""
    left: frozenset[str]
    right: frozenset[str]
    left_may_look: bool = False
    """Whether the sender of the left one makes up for it by reading afterwards."""
    strangers: bool = False
    """Whether it takes two signers."""


_CANCEL = frozenset({"cancel_process"})
_ENDS = frozenset({"close", "fail"})
_REMOVAL = frozenset({"remove_process"})

SLOW = frozenset({"cancel_process", "remove_process"}) | frozenset(
    {"cancel_processgraph", "remove_processgraph", "remove_generator"}
)
"""What gets its reply a little later than it could, so that others which were sent at the same time are seen to meet it.

None of them is called often; close, fail, pack and add_child may be.
"""

_PAIRS = (
    _Pair(lambda: hazards.CANCEL_MEETS_REMOVAL, _CANCEL, _REMOVAL),
    _Pair(lambda: hazards.CLOSE_MEETS_REMOVAL, _ENDS, _REMOVAL),
    _Pair(
        lambda: hazards.WORKFLOW_CANCEL_MEETS_REMOVAL,
        frozenset({"cancel_processgraph"}),
        frozenset({"remove_processgraph"}),
    ),
    _Pair(
        lambda: hazards.PACK_MEETS_GENERATOR_REMOVAL,
        frozenset({"pack_generator"}),
        frozenset({"remove_generator"}),
    ),
    _Pair(lambda: hazards.ENDS_AT_ONCE, _CANCEL, _ENDS, left_may_look=True, strangers=True),
    _Pair(lambda: hazards.CHILD_OF_CLOSING_PARENT, frozenset({"add_child"}), _ENDS, left_may_look=True),
)


def met(scene: Scene, passing: Passing) -> Iterator[Finding]:
    """The pairs that `passing` completes."""
    for pair in _PAIRS:
        if passing.name in pair.left:
            opposite = pair.right
        elif passing.name in pair.right:
            opposite = pair.left
        else:
            continue
        others = scene.traffic.on_subject(passing, opposite)
        if pair.strangers:
            others = [other for other in others if other.signer != passing.signer]
        if others:
            left = passing if passing.name in pair.left else others[0]
            yield Finding(pair.hazard(), others, reader=left.signer if pair.left_may_look else "")
