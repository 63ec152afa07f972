"""The entries of a channel, as a stream that survives broken connections."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from colonyos_gen_wire import ChannelEntry
from colonyos_gen_wire.constants import ENTRY_END, FINAL_PROCESS_STATES
from colonyos_gen_wire.method import AsyncCaller, Key
from colonyos_gen_wire.methods.channel import CHANNEL_READ
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_CHANNEL
from colonyos_gen_wire.requests.channel import ChannelReadMsg
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeChannelMsg

from colonyos_gen._call.frames import now
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.retry import passes
from colonyos_gen._streams.reconnection import Link, Rhythm
from colonyos_gen._streams.stream import Ended, Finished
from colonyos_gen._streams.subscription import Subscription
from colonyos_gen.errors import NotFoundError, RPCError

SUBSCRIPTION_S = 30.0
"""Seconds after which a subscription is renewed. A server that does not answer by then has vanished without a word."""

_GRACE_S = 5.0
_ANSWER_S = 2.0
_QUIET_S = 0.5

Identity = tuple[str, int, datetime | None]


class AsyncChannelStream(Subscription[ChannelEntry]):
    """The entries of one channel, each exactly once, in the order of the channel.

        async with client.subscribe_channel(processid, "out") as entries:
            async for entry in entries:
                print(entry.payload_as_string(), end="")
        assert entries.ended is Ended.END

    Broken connections and restarts of the server are bridged: the stream knows which entries it has had, asks for what
    follows, and compares. It ends with an entry whose `msgtype` is `end` (which is still delivered), when the
    process reaches a final state, at its timeout, or when it is closed; `ended` says which.

    **The tail.** The server throws a channel away in the moment in which its process is closed. Entries appended just
    before that arrive if the stream is connected at that moment; if it is not, they are gone, and nobody can know whether
    there were any. So let the sender append an `end` entry and close the process when the reader has it; `ended` is
    `Ended.PROCESS` where the `end` was not seen.

    A slow reader is not run over: while nobody asks for an entry, the connection is not read. The server then keeps up to
    10000 entries for this reader, and cuts it off after that; the stream fetches what it missed once it goes on.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        pipeline: Pipeline,
        processid: str,
        channelname: str,
        afterseq: int,
        timeout: float | None,
        prvkey: Key | None,
        *,
        until_end: bool = True,
    ) -> None:
        super().__init__(caller, pipeline, prvkey, timeout)
        self._processid = processid
        self._channelname = channelname
        self._until_end = until_end
        self._first = max(0, afterseq)
        """Index of the first entry that this stream is to deliver."""
        self._had: set[Identity] = set()
        """The entries since then that have arrived."""
        self._ready: deque[tuple[int, ChannelEntry]] = deque()
        self._next_index = self._first
        pipeline.require_sendable(SUBSCRIBE_CHANNEL, self._subscription(), prvkey)
        self._link = Link(pipeline, SUBSCRIBE_CHANNEL, prvkey)
        self._rhythm = Rhythm()
        self._served = False
        """Whether the server has accepted this subscription before."""
        self._answer_by: float | None = None
        """By when the first frame, or a refusal, should have come; None once it has."""
        self._renew_by = 0.0
        self._over = False
        """Whether nothing can follow what is ready."""

    @property
    def next_index(self) -> int:
        """What `afterseq` has to be in order to go on after the entry delivered last."""
        return self._next_index

    async def batch(self) -> list[ChannelEntry]:
        """All entries that have arrived, at least one; empty once the stream has ended."""
        entry = await self.take()
        found = [] if entry is None else [entry]
        while self._ready and self._ended is None:
            found.append(self._deliver())
        return found

    async def _next(self) -> ChannelEntry:
        while not self._ready:
            if self._over:
                raise Finished(Ended.PROCESS)
            await self._step()
        return self._deliver()

    def _deliver(self) -> ChannelEntry:
        index, entry = self._ready.popleft()
        self._next_index = index + 1
        if self._until_end and entry.msgtype == ENTRY_END:
            self._end(Ended.END)
        return entry

    async def _step(self) -> None:
        """Do what is due next: connect, look at the process, or receive."""
        if not self._looked:
            await self._read_stored()
        elif self._served and self._rhythm.due <= now():
            await self._look()
        elif not self._link.up:
            await self._subscribe()
        else:
            await self._receive()

    async def _read_stored(self) -> None:
        # The server takes a timeout of 0 for 30 seconds. Here it means not to wait.
        if self._served:
            raise Finished(Ended.TIMEOUT)
        self._add(await self._read(self._first))
        self._served = True

    async def _subscribe(self) -> None:
        """Ask for what follows, beginning with the last known entry, to see that it is still the same channel."""
        until = self._rhythm.due if self._served else now() + SUBSCRIPTION_S
        if await self._link.open(self._subscription(), until):
            self._answer_by = now() + _ANSWER_S
            self._renew_by = now() + SUBSCRIPTION_S + _GRACE_S

    def _subscription(self) -> SubscribeChannelMsg:
        return SubscribeChannelMsg(
            processid=self._processid,
            channelname=self._channelname,
            afterseq=self._first + max(0, len(self._had) - 1),
            timeout=self._server_timeout(SUBSCRIPTION_S) if self._begun else 0,
        )

    async def _receive(self) -> None:
        until = min(self._renew_by, self._rhythm.due) if self._served else self._renew_by
        if self._answer_by is not None:
            until = min(until, self._answer_by)
        try:
            entries = await self._link.receive(until)
        except NotFoundError as error:
            await self._gone(error)
            return
        if entries is not None:
            self._served = True
            self._rhythm.restart()
            await self._take(entries)
        elif self._link.up and self._renew_by <= now():
            self._link.lost()
        elif self._link.up and self._answer_by is not None and self._answer_by <= now():
            await self._take_silence()

    async def _take(self, entries: list[ChannelEntry]) -> None:
        if not entries:  # how the server says that the time of the subscription is up
            if now() < self._renew_by - _GRACE_S - SUBSCRIPTION_S / 2:
                self._link.lost()  # far too early, so that there is another reason
                self._rhythm.due = 0.0
            else:
                await self._subscribe()
        elif any(entry.error for entry in entries):  # the server gave up on a slow reader
            self._link.frames.drop()
        elif self._answer_by is None or not self._had or self._follows(entries):
            self._answer_by = None
            self._add(entries)
        else:
            await self._compare()

    async def _take_silence(self) -> None:
        """Nothing was stored then; unless there must have been something."""
        self._served = True
        if self._had:
            await self._compare()
        else:
            self._answer_by = None

    def _follows(self, entries: list[ChannelEntry]) -> bool:
        """Whether nothing is missing between the entries known so far and these, the first of which overlaps.

        As many entries are known as precede the second one of these. If none from there on is known, those are the same.
        """
        known = [_identity(entry) in self._had for entry in entries]
        return known[0] and not any(known[1:])

    async def _compare(self) -> None:
        """Read the whole channel: entries were inserted among the known ones, or the server lost it and it began anew."""
        try:
            entries = await self._read(0)
        except NotFoundError as error:
            await self._gone(error)
            return
        except RPCError as error:
            if not passes(error):
                raise
            self._link.lost()
            return
        self._answer_by = None
        if not any(_identity(entry) in self._had for entry in entries):
            self._first = 0
            self._had.clear()
        self._add(entries[self._first :])

    def _add(self, entries: list[ChannelEntry]) -> None:
        """Make those ready that were not known."""
        for entry in entries:
            identity = _identity(entry)
            if identity not in self._had:
                self._ready.append((self._first + len(self._had), entry))
                self._had.add(identity)

    async def _look(self) -> None:
        """See whether the process has ended, because nobody tells the readers of its channels."""
        try:
            if not await self._has_ended():
                self._rhythm.slow_down()
                return
        except RPCError as error:
            if not passes(error):
                raise
            self._rhythm.slow_down()
            return
        await self._drain()
        self._over = True

    async def _has_ended(self) -> bool:
        request = GetProcessMsg(processid=self._processid)
        try:
            process = await self._caller.call(GET_PROCESS, request, prvkey=self._prvkey)
        except NotFoundError:
            return True
        return process.state in FINAL_PROCESS_STATES

    async def _gone(self, error: NotFoundError) -> None:
        """The server says that there is no such channel: the end of the stream if there was one before."""
        self._link.lost()
        if not self._served:
            raise error
        try:
            if not await self._has_ended():
                raise error
        except RPCError as other:
            if other is error or not passes(other):
                raise
        else:
            self._over = True

    async def _drain(self) -> None:
        """Take what was sent before the process ended, and what the server may still have."""
        try:
            while self._link.up and (entries := await self._link.receive(now() + _QUIET_S)):
                self._add([entry for entry in entries if not entry.error])
            self._add(await self._read(self._first + len(self._had)))
        except RPCError:
            pass  # as a rule: the channel has gone with the process

    async def _read(self, afterseq: int) -> list[ChannelEntry]:
        request = ChannelReadMsg(processid=self._processid, channelname=self._channelname, afterseq=afterseq)
        return await self._caller.call(CHANNEL_READ, request, prvkey=self._prvkey)

    def _drop(self) -> None:
        self._link.frames.drop()


def _identity(entry: ChannelEntry) -> Identity:
    # Senders may use a sequence number twice; the time of arrival tells such entries apart.
    return entry.senderid, entry.sequence, entry.timestamp
