"""Waiting for processes by reading: each by itself where they are few, by lists of what has ended where they are many.

Nothing is subscribed to. A subscription to a process may take a ColonyOS server down (the hazard
`process_subscription_near_change`), and the server does not tell of every change anyway.

- `colonyos_gen._waiting.watcher` tells everybody who waits, and decides what is read when;
- `colonyos_gen._waiting.ended_lists` finds those that have ended in the lists of a colony;
- `colonyos_gen._waiting.workflow_members` finds those that have ended with their workflow, which no list shows;
- `colonyos_gen._waiting.late_errors` looks again for the errors of those that have just failed;
- `colonyos_gen._waiting.pace` says when to look again.
"""

from colonyos_gen._waiting.late_errors import with_errors
from colonyos_gen._waiting.watcher import Watcher

__all__ = ["Watcher", "with_errors"]
