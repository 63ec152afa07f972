"""Starting a program anew when its code has changed. For development."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
from pathlib import Path

LOOK_S = 0.5
"""Seconds between two looks at the files."""

_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


async def until_changed() -> Path:
    """Wait until a file of the program changes, appears anew or vanishes, and return which; libraries do not count."""
    before = _state()
    while True:
        await asyncio.sleep(LOOK_S)
        now = _state()
        for path, stamp in before.items():
            if now.get(path, 0.0) != stamp:
                return path
        before = now  # modules that have been imported since


def start_anew() -> None:
    """Replace this process by a new one that runs the same command. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _state() -> dict[Path, float]:
    state: dict[Path, float] = {}
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and not name.startswith(_LIBRARIES):
            path = Path(name)
            state[path] = path.stat().st_mtime if path.exists() else 0.0
    return state
