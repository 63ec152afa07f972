"""Which kind of event loop a synchronous client runs."""

from __future__ import annotations

import asyncio
import sys


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where the `speed` extra is installed and threads are threads, else of asyncio."""
    if has_green_threads():
        return asyncio.new_event_loop()
    try:
        from uvloop import (
            new_event_loop as made,
        )  # all of it: a signal handler may call while it is being imported
    except ImportError:
        return asyncio.new_event_loop()
    return made()


def has_green_threads() -> bool:
    """Whether gevent or eventlet have replaced threads: a loop that waits in C would hold up all of them for ever."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    return (gevent is not None and bool(gevent.is_module_patched("threading"))) or (
        eventlet is not None and bool(eventlet.is_monkey_patched("thread"))
    )
