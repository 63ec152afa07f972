"""Requests that are in order and would still have harmed the real server, noticed while this one answers them.

The real server, v1.9, ends, stands still or spoils its data when certain requests meet; `colonyos_gen_wire.hazards` has
all of them. This server has none of these faults, so whoever tests against it would never know. It therefore notices
such moments, counts them in `Server.hazards`, and logs a warning for the first of each kind:

    server.hazards.counts       # Counter({'cancel_meets_removal': 1})
    print(server.hazards.seen[0])

    Server(hazards="act")       # do what the real one would: end, or stand still
    Server(hazards="off")       # notice nothing

Whoever follows the rules in the catalogue (`Hazard.avoid`) is never counted, so some are not looked for, since they
happen to programs that do nothing wrong, or cannot happen in a server that handles one request after another:

- `workflow_stays_running`, `cancel_meets_assign` and `poll_dropped_near_submit` (C1, C3 and C6) are the real server's
  own races: a worker that closes, or waits for work, cannot know what others do at that moment;
- `slow_subscriber` and `large_workflow` (B2, B4) only take long;
- `identity_change_leaks_connection` cannot be avoided by anybody who changes an identity.

What a program may do as long as it looks afterwards, such as a close near its deadline, counts only when it has not
looked within `LOOK_S` seconds.

"At the same time" means that the bytes of one request had arrived before the reply to the other was written. A request
that comes within 5 ms after the reply, or within 50 ms where it takes a whole colony from those who work in it, counts as
well if its sender may not have known of the reply: another signer, another connection, and nobody else has read how things
stand in between. These times are real ones; deadlines are those of the server's clock.
"""

from colonyos_gen.server.hazards.noticed import Hazards, Occurrence, Part
from colonyos_gen.server.hazards.unread import LOOK_S
from colonyos_gen.server.hazards.watch import HazardWatch, Mode

__all__ = ["LOOK_S", "HazardWatch", "Hazards", "Mode", "Occurrence", "Part"]
