"""A small process that ends what a pool has left behind when its worker is killed, whatever that is doing."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from colonyos_gen._call.network.forks import without_forks

_CODE = """
import os, signal, sys
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    if line[0] == ".":
        break
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for each in groups:
    try:
        os.killpg(each, signal.SIGKILL)
    except OSError:
        pass
"""


class Guardian:
    """Knows the groups of processes of a pool, and kills them when the worker has ended."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", "-E", "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            bufsize=1,
        )
        if self._popen.stdin is not None:
            without_forks.add(self._popen.stdin)

    def watch(self, group: int) -> None:
        """Kill a group in the end."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """A group has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End it, and what it watches."""
        self._tell(".\n")  # and not only by closing the pipe, which others may have too
        if self._popen.stdin is not None:
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
        self._popen.wait()

    def _tell(self, line: str) -> None:
        if self._popen.stdin is not None and not self._popen.stdin.closed:
            with contextlib.suppress(OSError):  # somebody has killed it
                self._popen.stdin.write(line)
