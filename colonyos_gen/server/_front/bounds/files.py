"""How many files, which connections are too, the system allows to this program."""

from __future__ import annotations

import contextlib
import sys

if sys.platform != "win32":
    import resource


def files_allowed() -> int | None:
    """How many may be open; None where that is not bounded, or not known."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def allow_more_files(wanted: int) -> None:
    """Let so many be open, or as many as the system grants to a program that asks."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and granted > soft:
        with contextlib.suppress(OSError, ValueError):  # some systems refuse what they say is granted
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
