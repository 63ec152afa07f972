"""Whether the caller is still there.

A handler that has waited for long, such as a long-polling assign, asks before it gives something away that only the
caller can give back. The HTTP layer says how to find out; without one, the caller counts as present.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar


def _present() -> bool:
    return False


_gone: ContextVar[Callable[[], bool]] = ContextVar("_gone", default=_present)


def watch_caller(is_gone: Callable[[], bool]) -> None:
    """Let `is_gone` answer for the caller of the current request."""
    _gone.set(is_gone)


def caller_is_gone() -> bool:
    """Whether the caller of the current request has hung up, so that no reply can reach it."""
    return _gone.get()()
