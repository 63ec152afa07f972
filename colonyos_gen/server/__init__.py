"""An embedded ColonyOS server: one process, no database, nothing to install.

    async with Server() as server:
        ...                         # server.url, server.server_key

    with ServerThread() as server:  # the same without an event loop
        ...

It really recovers signatures and really checks roles, and answers with the statuses and texts of the real server.
Where the real server crashes, leaks or stores what it cannot read back, this one refuses. Of its other oddities it has
none, unless it is told to with `quirks="v1.9"`; see `Quirks`. Requests that would have harmed the real
server are noticed; see `colonyos_gen.server.hazards`.
"""

from colonyos_gen.server._clock import Clock, ManualClock, SystemClock, Timer
from colonyos_gen.server._front.rendering import Answer
from colonyos_gen.server._quirks import STRICT, V1_9, Quirks
from colonyos_gen.server._server import Server
from colonyos_gen.server._store.sqlite_journal import JournalError
from colonyos_gen.server._store.tables import Change, Journal
from colonyos_gen.server._thread import ServerThread
from colonyos_gen.server.hazards import Hazards, Occurrence

JournalError.__module__ = __name__  # as `shown_as` does, which the server does without

__all__ = [
    "STRICT",
    "V1_9",
    "Answer",
    "Change",
    "Clock",
    "Hazards",
    "Journal",
    "JournalError",
    "ManualClock",
    "Occurrence",
    "Quirks",
    "Server",
    "ServerThread",
    "SystemClock",
    "Timer",
]
