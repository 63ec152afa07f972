"""The channels of processes: what has been written into them, and who waits for more.

Channels live in memory only, as on the real server: after a restart they are empty. A channel comes into being when it
is used for the first time, and it is gone once its process has ended or was removed.

An entry has two places in a channel. Readers count in the order of the *log*, in which the entries of one sender that
follow each other are sorted by sequence. Subscribers get entries in the order of *arrival*. Both are lists that only
grow, so a subscriber needs no buffer of its own, just the number of entries that it has got; however slow it is, it
costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right

from colonyos_gen_wire.constants import (
    CANCELLED,
    CHANNEL_BURST,
    CHANNEL_MAX_LOG_ENTRIES,
    CHANNEL_MAX_MESSAGE_BYTES,
    CHANNEL_MAX_PER_PROCESS,
    CHANNEL_RATE_PER_S,
    WAITING,
)
from colonyos_gen_wire.errors import channel as errors
from colonyos_gen_wire.types.channel import ChannelEntry
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes.lifecycle import is_swept_away
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.tables import Table
from colonyos_gen.server._time.alarm import Alarm
from colonyos_gen.server._time.rate import TokenBucket


class Channel:
    """One channel of a process."""

    def __init__(self, bucket: TokenBucket) -> None:
        self.arrived: list[ChannelEntry] = []
        """The entries in the order in which they came."""
        self.closed: bool = False
        """Whether nothing will come any more, because the process has ended."""
        self._log: list[ChannelEntry] = []
        self._run = 0
        self._bucket = bucket
        self._alarms: dict[Alarm, None] = {}

    def admit(self, payload: bytes) -> None:
        """Refuse unless an entry with this payload may be appended now. Counts it against the rate."""
        if len(payload) > CHANNEL_MAX_MESSAGE_BYTES:
            raise Refusal(errors.CHANNEL_APPEND_MESSAGE_PAYLOAD_EXCEEDS_MAXIMUM_SIZE)
        if not self._bucket.take():
            raise Refusal(errors.CHANNEL_APPEND_RATE_LIMIT_EXCEEDED)
        if len(self._log) >= CHANNEL_MAX_LOG_ENTRIES:
            raise Refusal(errors.CHANNEL_APPEND_CHANNEL_LOG_IS_FULL)

    def append(self, entry: ChannelEntry) -> None:
        """Add an entry, and tell the subscribers.

        It is sorted in among those entries of its sender that nobody else has written between. So whoever uses
        increasing sequences, and whoever alternates with others, finds entries where they came.
        """
        if self._log and self._log[-1].senderid != entry.senderid:
            self._run = len(self._log)
        place = bisect_right(self._log, entry.sequence, lo=self._run, key=lambda other: other.sequence)
        self._log.insert(place, entry)
        self.arrived.append(entry)
        self._ring()

    def read(self, skip: int, limit: int = 0) -> list[ChannelEntry]:
        """The log without its first `skip` entries; at most `limit` of them, unless `limit` is 0 or negative."""
        start = max(0, skip)
        return self._log[start : start + limit] if limit > 0 else self._log[start:]

    def close(self) -> None:
        """Let every subscriber know that nothing will come any more."""
        self.closed = True
        self._ring()

    def join(self, alarm: Alarm) -> None:
        """Ring `alarm` at every entry, and at the end."""
        self._alarms[alarm] = None

    def leave(self, alarm: Alarm) -> None:
        """Ring `alarm` no more."""
        self._alarms.pop(alarm, None)

    def _ring(self) -> None:
        for alarm in self._alarms:
            alarm.ring()


class _ChannelsOfProcess:
    def __init__(self, clock: Clock) -> None:
        self.bucket = TokenBucket(clock, CHANNEL_RATE_PER_S, CHANNEL_BURST)
        self.channels: dict[str, Channel] = {}


class ChannelStore:
    """The channels of all processes that have not ended."""

    def __init__(self, processes: Table[Process], clock: Clock, quirks: Quirks = STRICT) -> None:
        self._clock = clock
        self._quirks = quirks
        self._of_process: dict[str, _ChannelsOfProcess] = {}
        self._former: dict[str, str] = {}
        processes.follow(self._follow)

    def __len__(self) -> int:
        return sum(len(own.channels) for own in self._of_process.values())

    def find(self, process: Process, name: str) -> Channel | None:
        """The channel of a process with this name; None if it declares none, or has ended."""
        if process.state.is_final and not self._has_kept(process):
            return None
        own = self._of_process.get(process.processid)
        if own is not None and name in own.channels:
            return own.channels[name]
        declared = list(dict.fromkeys(process.spec.channels))
        if name not in declared:
            return None
        if name not in declared[:CHANNEL_MAX_PER_PROCESS]:
            raise Refusal(errors.CHANNEL_APPEND_PROCESS_HAS_TOO_MANY_CHANNELS)
        if own is None:
            own = self._of_process[process.processid] = _ChannelsOfProcess(self._clock)
        return own.channels.setdefault(name, Channel(own.bucket))

    def former_executor(self, processid: str) -> str:
        """Who can use the channels although its time for the process is over; empty if nobody can."""
        return self._former.get(processid, "")

    def _has_kept(self, process: Process) -> bool:
        """Whether the channels of a process that has ended can be used all the same."""
        if process.state is CANCELLED and self._quirks.reopened_channels:
            return True
        return self._outlive(None, process)

    def _outlive(self, old: Process | None, ended: Process) -> bool:
        """Whether the channels of a process stay, although it has ended."""
        return self._quirks.whole_graph_fails and is_swept_away(old, ended)

    def _follow(self, old: Process | None, new: Process | None) -> None:
        if old is not None and self._quirks.lasting_channel_access:
            self._note_former(old, new)
        gone = old if new is None else new if new.state.is_final and not self._outlive(old, new) else None
        own = None if gone is None else self._of_process.pop(gone.processid, None)
        # The real server forgets the channels of a process that was removed without telling anybody.
        if own is not None and not (new is None and self._quirks.silent_channel_ends):
            for channel in own.channels.values():
                channel.close()

    def _note_former(self, old: Process, new: Process | None) -> None:
        if new is None or new.state is not WAITING:
            self._former.pop(old.processid, None)
        elif old.assignedexecutorid:
            self._former[old.processid] = old.assignedexecutorid
