"""Oddities of the real server that this one can imitate, so that a client can be tested against them.

    Server(quirks="v1.9")                        # all that the real server has
    Server(quirks="empty_200,two_envelopes")     # only these

Each is a flag of `Quirks`, and is asked for at the one place where the behaviour differs. `STRICT`, the default, has none.

Never imitated, whatever the flags say: what crashes the real server or spoils what it has stored (colons in names, a
generator without trigger, children of unknown processes, removal of workflows by state while others run, two subscriptions
on one connection), which is refused with status 400; what gives one colony access to another (logs, events, and
subscriptions across colonies, runs of crons for outsiders); and what depends on chance in a way that a client cannot tell
from the ordinary (the order of a process's children, an entry that comes twice because it was appended at the moment of
subscribing).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Quirks:
    """Which oddities the server shows. Every flag is off unless it is set."""

    # Replies

    empty_200: bool = False
    """Whoever is no member gets status 200 and an empty body from `getcolonystatsmsg` and `getprocesshistmsg`."""
    two_envelopes: bool = False
    """What the database refuses about logs is answered with two error envelopes, one after the other."""
    null_for_refused_file: bool = False
    """A file that the database refuses is answered with status 200 and `null`."""
    zoned_zero_times: bool = False
    """Times that are not set are written in the zone of the server, as it was in the year 1; west of Greenwich in year 0."""
    local_history_times: bool = False
    """The history of a blueprint gives the local time of the server, and calls it UTC."""
    lossy_numbers: bool = False
    """Numbers inside of JSON values pass through a double: digits beyond the 16th are lost, and 1.0 becomes 1."""
    forwarded_assign: bool = False
    """An assign that is refused comes with status 200. Only the followers of a cluster do so; not in "v1.9"."""

    # Processes

    stale_assign_reply: bool = False
    """The reply to assign has the deadline, and the states of attributes, of before the assignment."""
    kept_output: bool = False
    """The output of a close that is refused, as the process has failed or was cancelled, is stored all the same."""
    storage_blocks: bool = False
    """A process that asks for storage is never assigned."""
    star_matches_nobody: bool = False
    """The executor name `*` is a name like any other, and no executor has it."""
    fickle_units: bool = False
    """Memory in KB, Kb, MB, Mb, TB or Tb is accepted or refused at random, instead of always refused."""
    orphan_processes: bool = False
    """A process whose environment holds a NUL character is refused, and stays in the queue without its environment."""
    lost_wakeups: bool = False
    """A new process wakes one waiting executor of its type and location, in turn; one that cannot take it sleeps on, and
    so do the others. A process that comes back from an executor that has left wakes nobody."""
    short_deadline_check: bool = False
    """Of the processes that have waited too long only those among the first 1000 of the queue fail."""
    identities_leave_all_behind: bool = False
    """What an identity has submitted or added, and what it was assigned, stays its own when it is changed: an executor with a
    new key cannot close what it is working on."""
    one_executor_per_identity: bool = False
    """An identity that is an executor in several colonies is a member of the first of them only."""

    # Workflows, crons, colonies

    whole_graph_fails: bool = False
    """When a member with children fails, all members are FAILED, also those that had succeeded. They have no errors, those
    that had not ended have no end time and keep their channels, and no event tells of any of them."""
    silent_workflow_cancel: bool = False
    """No event tells that members were cancelled with their workflow."""
    cancelled_when_over: bool = False
    """Cancelling a workflow that is over makes it CANCELLED."""
    orphan_workflows: bool = False
    """A workflow with an unknown dependency, or a node that cannot be stored, is refused and leaves an empty row behind."""
    unchecked_node_priority: bool = False
    """The priority of nodes and children of a workflow may be any number."""
    cancelled_blocks_cron: bool = False
    """A cron that waits for its previous workflow waits for ever when that was cancelled."""
    colony_leftovers: bool = False
    """Blueprints, definitions and the pause of a removed colony stay for the next one of its name."""

    narrow_retention: bool = False
    """Only what has succeeded is forgotten, by the time of its submission; log lines go by their own time."""

    # Subscriptions and channels

    abrupt_timeouts: bool = False
    """At its timeout a subscription to processes ends with the connection, without a close frame."""
    silent_refusals: bool = False
    """A frame that is no envelope, or not signed, ends the connection; other requests than subscriptions, and payloads that
    cannot be read, are not answered."""
    deaf_channel_subscriptions: bool = False
    """Pings and close frames are not answered before a subscription to a channel has ended."""
    silent_channel_ends: bool = False
    """Nothing tells a subscriber that a channel is gone because its process has ended."""
    silent_removals: bool = False
    """Nothing tells a subscriber that its process was removed."""
    silent_releases: bool = False
    """No event tells that a process is waiting again because its executor has left."""
    stale_pushes: bool = False
    """A pushed process is an old copy: without the output and end time of its success, unless the executor has registered
    the function; and with the executor that has just lost it, when its deadline has passed."""
    one_listener_per_event: bool = False
    """Of the subscribers to an executor type and a state only one gets an event, each in turn."""
    lasting_channel_access: bool = False
    """An executor whose time for a process is over can use its channels until somebody else is assigned."""
    reopened_channels: bool = False
    """The channels of a cancelled process can be used again, and are empty."""

    @classmethod
    def parse(cls, text: str) -> Quirks:
        """The quirks called `text`: "strict", "v1.9", or names of flags with commas between them.

        Raises ValueError for a name that there is not.
        """
        if text in _NAMED:
            return _NAMED[text]
        names = [name.strip() for name in text.split(",")]
        known = {field.name for field in fields(cls)}
        for name in names:
            if name not in known:
                raise ValueError(
                    f"there is no quirk {name!r}; give {' or '.join(map(repr, _NAMED))}, "
                    f"or some of {', '.join(sorted(known))}, separated by commas"
                )
        return cls(**dict.fromkeys(names, True))

    @property
    def names(self) -> list[str]:
        """The names of the flags that are set."""
        return [field.name for field in fields(self) if getattr(self, field.name)]


STRICT = Quirks()
"""No quirks: what a correct server answers."""

V1_9 = replace(Quirks(**{field.name: True for field in fields(Quirks)}), forwarded_assign=False)
"""The real server, v1.9, as a single machine with exclusive assign."""

_NAMED = {"strict": STRICT, "v1.9": V1_9}
