"""Requests that are in order and would still have harmed the real server, noticed while this one answers them.

The real server, v1.9, ends, stands still or spoils its data when certain requests meet; `colonyos_gen_wire.hazards` has
all of them. This server has none of these faults, so whoever tests against it would never know. It therefore notices
such moments, counts them in `Server.hazards`, and logs a warning for the first of each kind:

    server.hazards.counts       # Counter({'cancel_meets_removal': 1})
    print(server.hazards.seen[0])

    Server(hazards="act")       # do what the real one would: end, or stand still
    Server(hazards="refuse")    # refuse what would harm the real one, as far as one request tells
    Server(hazards="off")       # notice nothing

Whoever follows the rules in the catalogue (`Hazard.avoid`) is never counted, so some are not looked for, since they
happen to programs that do nothing wrong, or cannot happen in a server that handles one request after another:

- `workflow_stays_running`, `cancel_meets_assign` and `poll_dropped_near_submit` (C1, C3 and C6) are the real server's
  own races: a worker that closes, or waits for work, cannot know what others do at that moment;
- `channel_without_executor` is another one, between a submission and an executor that waits;
- `slow_subscriber` and `large_workflow` (B2, B4) only take long;
- `identity_change_leaks_connection` cannot be avoided by anybody who changes an identity.

What a program may do as long as it looks afterwards, such as a close near its deadline, or an executor's append to what
has been cancelled without its knowing, counts only when it has not looked within `LOOK_S` seconds.

"At the same time" means that the bytes of each request had arrived before the reply to the other was written. So whoever
sends the next request after the reply to the one before is never counted, however soon it comes, and through whichever
connection or client. Nor is who has read how things stand after the request of somebody else was handled, though that has
no reply yet; nor what is sent through one connection, since a server answers that one by one.

This server is quicker than the real one, which takes 4 ms and more. What a program sends at once could come one after the
other here, so the replies to removals and cancellations of single processes and workflows, and to removals of generators,
leave 5 ms later than they could. What meets others without such a hold, such as a close that is sent before a removal, is
noticed when it does meet them, which is less often than on the real server.

These times are real ones; deadlines are those of the server's clock. A subscription of a single process counts when the
change comes within 50 ms before or 500 ms after it began.
"""

from colonyos_gen.server.hazards._noticed import Hazards, Occurrence, Part
from colonyos_gen.server.hazards._unread import LOOK_S
from colonyos_gen.server.hazards._watch import Mode

__all__ = ["LOOK_S", "Hazards", "Mode", "Occurrence", "Part"]
