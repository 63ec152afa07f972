"""How many examples a test draws: what it says, many times as many in a long run, a third where the suite runs once more.

`COLONIES_DRAWS=again`, which nox sets for all sessions but the first, chooses the third; a profile of a long run is chosen by
`--hypothesis-profile`. Without an own number a test draws 100 of them, 5000 or 34.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

PROFILE: str = os.environ.get("COLONIES_DRAWS", "patient")
"""The profile where none is chosen on the command line."""
_ALL = 100


def register() -> None:
    """Register and load the profiles. On a busy machine, everything takes long at times."""
    for name, most in (("patient", _ALL), ("again", _ALL // 3 + 1)):
        settings.register_profile(
            name, max_examples=most, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        )
    settings.load_profile(PROFILE)


def drawn(count: int) -> int:
    """How many to draw, where `count` is for an ordinary run."""
    return max(1, count * _most() // _ALL)


def is_deep() -> bool:
    """Whether this is a long run, which draws others each time."""
    return _most() > _ALL


def is_short() -> bool:
    """Whether this draws less than an ordinary run."""
    return _most() < _ALL


def _most() -> int:
    return settings.default.max_examples if settings.default is not None else _ALL
