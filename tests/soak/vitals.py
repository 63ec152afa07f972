"""How the process of a server is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

_ESTABLISHED = "01"


class Vitals(NamedTuple):
    """What a server holds at a moment."""

    memory: int
    """Resident bytes."""
    files: int
    """Open files and sockets of all kinds, those to its database among them."""
    connections: int
    """Established connections of clients."""

    def __str__(self) -> str:
        return f"{self.memory / 2**20:.0f} MB, {self.connections} connections, {self.files} files"


def look(pid: int, port: int) -> Vitals | None:
    """The vitals of a process that listens on `port`; None if it is gone, or where the system does not say."""
    folder = Path("/proc", str(pid))
    try:
        lines = (folder / "status").read_text(encoding="utf-8").splitlines()
        memory = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
        links = [_target(each) for each in (folder / "fd").iterdir()]
    except (OSError, StopIteration):  # a zombie has no VmRSS
        return None
    return Vitals(memory, len(links), len(_accepted(folder, port).intersection(links)))


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        status = Path("/proc", str(pid), "stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):  # closed in the meantime
        return os.readlink(link)
    return ""


def _accepted(folder: Path, port: int) -> set[str]:
    """The sockets of connections that clients have to `port`, as links of files call them."""
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (folder / "net" / name).read_text(encoding="utf-8").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _ESTABLISHED and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
