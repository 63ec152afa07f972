"""An embedded ColonyOS server: one process, no database, nothing to install.

    async with Server() as server:
        ...                         # server.url, server.server_key

    with ServerThread() as server:  # the same without an event loop
        ...

It really recovers signatures and really checks roles, and answers with the statuses and texts of the real server.
Where the real server crashes, leaks or stores what it cannot read back, this one refuses. Domains that it does not
serve yet are refused with status 501.
"""

from colonyos_gen.server.clock import Clock, ManualClock, SystemClock
from colonyos_gen.server.embedded import Server
from colonyos_gen.server.thread import ServerThread

__all__ = ["Clock", "ManualClock", "Server", "ServerThread", "SystemClock"]
