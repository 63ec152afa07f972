"""Oddities of the real server that this one can imitate, so that a client can be tested against them.

    Server(quirks="v1.9")                        # all that the real server has
    Server(quirks="empty_200,two_envelopes")     # only these

Each is a flag of `Quirks`, and is asked for at the one place where the behaviour differs. `STRICT`, the default, has none.

Never imitated, whatever the flags say: what crashes the real server or spoils what it has stored (colons in names, a
generator without trigger, children of unknown processes, two subscriptions on one connection), which is refused with
status 400, or done without the harm (workflows that are removed by state take no node of another workflow along, and leave
none that has not ended); what gives one colony access to another (logs, events, and subscriptions across colonies, runs of
crons for outsiders, approvals in other colonies); and what depends on chance in a way that a client cannot tell from the
ordinary (the order of a process's children, an entry that comes twice because it was appended at the moment of subscribing,
a read between the state and the errors of a failure).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Quirks:
    """Which oddities the server shows. Every flag is off unless it is set."""

    # Replies

    empty_200: bool = False
    """Whoever is no member gets status 200 and an empty body from `getcolonystatsmsg` and `getprocesshistmsg`; from
    the latter also for colonies that do not exist."""
    empty_500: bool = False
    """A body, a payload, or the workflow of a cron or generator, that is the JSON null gets status 500 and an empty body; a
    WebSocket is closed over it."""
    two_envelopes: bool = False
    """What the database refuses about logs is answered with two error envelopes, one after the other."""
    null_for_refused_file: bool = False
    """A file that the database refuses is answered with status 200 and `null`."""
    zoned_zero_times: bool = False
    """Times that are not set are written in the zone of the server, as it was in the year 1; west of Greenwich in year 0."""
    go_times: bool = False
    """Fractions of seconds have no zeros at the end, and nine digits where the database has not cut them off: in the start
    of a process that was just assigned, in what is read from channels, and in a new snapshot, whose time is in UTC. Programs
    with a parser that wants six, such as that of Python before 3.11, fail on both."""
    local_history_times: bool = False
    """The history of a blueprint gives the local time of the server, and calls it UTC."""
    nulls_as_sent: bool = False
    """What was null or absent in a request is null in replies, and what was `[]` or `{}` stays so; what the server makes is
    null where Go has nil. Without it each field is always the same of the two."""
    lossy_numbers: bool = False
    """Numbers inside of JSON values pass through a double: digits beyond the 16th are lost, and 1.0 becomes 1."""
    forwarded_assign: bool = False
    """An assign that is refused comes with status 200. Only the followers of a cluster do so; not in "v1.9"."""

    # Processes

    stale_assign_reply: bool = False
    """The reply to assign has the deadline, and the states of attributes, of before the assignment."""
    kept_output: bool = False
    """The output of a close that is refused, as the process has failed or was cancelled, is stored all the same."""
    late_errors: bool = False
    """Errors are stored after the state: those that the database refuses leave a process FAILED that has none."""
    storage_blocks: bool = False
    """A process that asks for storage is never assigned."""
    star_matches_nobody: bool = False
    """The executor name `*` is a name like any other, and no executor has it; alone, it is read back as no name."""
    fickle_units: bool = False
    """Memory in KB, Kb, MB, Mb, TB or Tb is accepted or refused at random, instead of always refused."""
    released_attributes: bool = False
    """The attributes of a process whose executor has left say that it is still running."""
    overflowing_memory: bool = False
    """Memory of more than 2^63 bytes is what is left of it in 64 bits, instead of refused."""
    orphan_processes: bool = False
    """A process whose environment holds a NUL character is refused, and stays in the queue without its environment."""
    lost_wakeups: bool = False
    """A new process wakes one waiting executor of its type and location, in turn, in whatever colony; one that cannot take it
    sleeps on, and so do the others. Locations are compared with their case. Subscribers have their turns with
    `one_listener_per_event`, and one more after they have left. A process that comes back from an executor that has left
    wakes nobody."""
    lasting_polls: bool = False
    """An executor that is removed while its assign waits gets a process all the same."""
    silent_polls: bool = False
    """Only the beginning of a poll shows that an executor is there: in one that lasts too long it is unregistered."""
    short_deadline_check: bool = False
    """Of the processes that have waited too long only those among the first 1000 of the queue fail."""
    identities_leave_all_behind: bool = False
    """What an identity has submitted or added, and what it was assigned, stays its own when it is changed: an executor with a
    new key cannot close what it is working on."""
    one_executor_per_identity: bool = False
    """An identity with several names is known by the first of them that is an executor, in whatever colony and state: it is a
    member of that colony only, unless it is a user elsewhere; it is named so as initiator, and takes work as that executor.
    Approving, rejecting or hearing of one means all in the colony, and replies to additions show the first one."""

    # Workflows, crons, colonies

    whole_graph_fails: bool = False
    """When a member with children fails, all members are FAILED, also those that had succeeded. They have no errors, those
    that had not ended have no end time and keep their channels, and no event tells of any of them."""
    workflow_states_lag: bool = False
    """A workflow stays RUNNING when its running node goes back to the queue, until a node is assigned, closes or fails."""
    cycles_are_unseen: bool = False
    """Nodes that no root leads to, as those of a cycle, are not shown with their workflow and do not count: it can be SUCCESS
    without them, and they go on waiting when it fails or is cancelled."""
    state_removal_leaves_nodes: bool = False
    """When workflows in a state are removed, their nodes that have ended in another state stay."""
    silent_workflow_cancel: bool = False
    """No event tells that members were cancelled with their workflow."""
    cancelled_when_over: bool = False
    """Cancelling a workflow that is over makes it CANCELLED."""
    orphan_workflows: bool = False
    """A workflow with an unknown dependency, or a node that cannot be stored, is refused and leaves an empty row behind."""
    unchecked_node_priority: bool = False
    """The priority of nodes and children of a workflow may be any number of 32 bits."""
    empty_stored_workflows: bool = False
    """A cron or generator may hold a workflow of no colony that has no nodes, such as `{}`."""
    cancelled_blocks_cron: bool = False
    """A cron that waits for its previous workflow waits for ever when that was cancelled."""
    silent_cron_failures: bool = False
    """A run of a cron whose workflow cannot be started is answered as if it had been."""
    nameless_crons_stand_still: bool = False
    """The cron of somebody who is neither a user nor an executor, such as that of a blueprint which the colony owner has
    added, never starts, and keeps the moment of its next run."""
    colony_leftovers: bool = False
    """Blueprints, definitions and the pause of a removed colony stay for the next one of its name."""

    narrow_retention: bool = False
    """Only what has succeeded is forgotten, by the time of its submission; log lines go by their own time."""

    # Files and blueprints

    wildcards_in_labels: bool = False
    """`_` and `%` in a label match other labels too when what is below it is listed or goes into a snapshot."""

    updates_move_nothing: bool = False
    """A blueprint that an update moves to another location or kind leaves its cron behind, which goes on running and is never
    removed; there is none, and no location, where it has moved to."""
    owner_updates_start_nothing: bool = False
    """A blueprint that the colony owner changes gets a new generation, but nobody is told to look after it."""
    first_definition_handles: bool = False
    """Of several definitions of a kind in the colony, a reconcile and the removal of a blueprint ask the handler of the one
    that was added first; additions and updates follow the one whose name comes first."""
    refused_reconcile_counts: bool = False
    """A forced reconcile that is refused, as the kind has no whole handler, raises the generation all the same."""

    # Subscriptions and channels

    abrupt_timeouts: bool = False
    """At its timeout a subscription to processes ends with the connection, without a close frame."""
    overflowing_timeouts: bool = False
    """A timeout that is more than 2^63 nanoseconds is what is left of it in 64 bits: over at once, or some other time."""
    silent_refusals: bool = False
    """A frame that is no envelope, or not signed, ends the connection; other requests than subscriptions, and payloads that
    cannot be read, are not answered."""
    deaf_channel_subscriptions: bool = False
    """Pings and close frames are not answered before a subscription to a channel has ended."""
    silent_channel_ends: bool = False
    """Nothing tells a subscriber that a channel is gone because its process has ended; that of a removed process is silent
    until the timeout."""
    silent_removals: bool = False
    """Nothing tells a subscriber that its process was removed."""
    silent_releases: bool = False
    """No event tells that a process is waiting again because its executor has left."""
    stale_pushes: bool = False
    """A pushed process is an old copy: without the output and end time of its success, unless the executor has registered
    the function; with the executor, the retries and the wait deadline of before, when its deadline has passed; without the
    deadline that an assign has set. Its attributes have their former states."""
    repeated_pushes: bool = False
    """A close that is repeated is told again. Each close of a member of a workflow tells of its children, also of those that
    wait for others; that they wait no more is told by nothing else."""
    one_listener_per_event: bool = False
    """Of the subscribers to an executor type and a state only one gets an event, each in turn."""
    lasting_channel_access: bool = False
    """An executor whose time for a process is over can use its channels until somebody else is assigned. Its subscriptions go
    on even then, and after it was removed."""
    any_executor_hears: bool = False
    """An executor hears of the processes of its colony although it is not approved, was removed, or has another key now."""
    owners_hear: bool = False
    """The owners of the colony and of the server hear of a process, although they may not read it."""
    reopened_channels: bool = False
    """The channels of a cancelled process can be used again, and are empty."""

    @classmethod
    def parse(cls, text: str) -> Quirks:
        """The quirks called `text`: "strict", "v1.9", or names of flags with commas between them.

        Raises ValueError for a name that there is not, and for names beside "strict" or "v1.9".
        """
        if text in _NAMED:
            return _NAMED[text]
        names = [name.strip() for name in text.split(",")]
        known = {field.name for field in fields(cls)}
        for name in names:
            if name not in known and name not in _NAMED:
                raise ValueError(
                    f"quirks is {text!r}, but there is no quirk {name!r}; give {' or '.join(map(repr, _NAMED))}, "
                    f"or some of {', '.join(sorted(known))}, separated by commas"
                )
        for name in names:
            if name in _NAMED:
                raise ValueError(
                    f"quirks is {text!r}, but {name!r} says all by itself; "
                    f"give {name!r} alone, or only names of quirks, separated by commas"
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
