"""Files that are for one process: forks of it close them at their first moment.

The other end of a connection learns that a process is gone, and a lock is free, when nobody has the file any more; and what a
function has forked may outlive the worker. A server would go on giving work to its last poll.
"""

from __future__ import annotations

import contextlib
import os
import socket
import weakref
from typing import Any, Protocol


class _Open(Protocol):
    def fileno(self) -> int:
        """Number of the file; negative, or ValueError, if it is closed."""
        ...


class WithoutForks:
    """Open files that forks of this process do not keep."""

    def __init__(self) -> None:
        self.handles: set[int] = set()
        """Numbers of files that are no objects; to be taken out before they are closed."""
        self._files: weakref.WeakSet[_Open] = weakref.WeakSet()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def add(self, file: _Open) -> None:
        """Close this in forks, as long as it is open here."""
        self._files.add(file)

    def _after_fork(self) -> None:
        for file in list(self._files):
            with contextlib.suppress(OSError, ValueError):
                os.close(file.fileno())
        for handle in self.handles:
            with contextlib.suppress(OSError):
                os.close(handle)
        self._files = weakref.WeakSet()
        self.handles = set()


without_forks = WithoutForks()
"""Those of this process."""


def socket_without_forks(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """A new socket for an address as `getaddrinfo` gives it, which is for this process alone."""
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    without_forks.add(made)
    return made
