"""When something was first seen to have ended."""

from __future__ import annotations

import time


class Ending:
    """When something was first seen to have ended as it has; its handle keeps that, from one removal to the next."""

    def __init__(self) -> None:
        self._how: object = None
        self._at = 0.0

    def see(self, how: object) -> None:
        """It is seen now.

        Args:
            how: How it has ended; None if it goes on. Where it ends in another way after all, that is a new end.
        """
        if how != self._how:
            self._how, self._at = how, time.monotonic()

    @property
    def at(self) -> float:
        """When it was first seen, on the monotonic clock; now, if it is not known to have ended."""
        return time.monotonic() if self._how is None else self._at
