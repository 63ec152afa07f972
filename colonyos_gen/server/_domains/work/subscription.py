"""Subscriptions to processes and channels.

A subscription is an iterator. It begins when its first item is asked for: only then is it refused, or does it start to
listen. Where it ends by itself, the connection stays as it is; `HangUp` closes it.

Unlike the real server, this one tells every listener of every event, tells it what is stored now, and tells nobody of
processes that they may not read.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import CHANNEL_SUBSCRIBE_DEFAULT_TIMEOUT_S
from colonyos_gen_wire.errors import subscription as errors
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods import subscription as methods
from colonyos_gen_wire.types.channel import ChannelEntry
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.hangup import NO_CLOSE_FRAME, NORMAL, TRY_AGAIN_LATER, HangUp
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import NS_PER_S, Clock
from colonyos_gen.server._processes.channel_access import ChannelAccess
from colonyos_gen.server._processes.events import Listener, ProcessEvents
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._time.alarm import Alarm
from colonyos_gen.server._values.integers import in_nanoseconds

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.subscription import (
        SubscribeChannelMsg,
        SubscribeProcessesMsg,
        SubscribeProcessMsg,
    )

_LONGEST_S = 365 * 24 * 3600
_TIMED_OUT = "the subscription has timed out"
_TOO_SLOW = "too many events were not read"


class Subscriptions:
    """Serves the subscription messages."""

    def __init__(
        self,
        records: Records,
        access: Access,
        clock: Clock,
        channels: ChannelAccess,
        events: ProcessEvents,
        quirks: Quirks = STRICT,
    ) -> None:
        self._quirks = quirks
        self._records = records
        self._access = access
        self._clock = clock
        self._channels = channels
        self._events = events

    async def subscribe_process(
        self, request: SubscribeProcessMsg, signer: str, /
    ) -> AsyncGenerator[Process]:
        process = self._records.processes.get(request.processid)
        if process is None:
            raise _no_such_process(request)
        if not (
            (self._quirks.any_executor_hears and self._may_hear(process, signer))
            or (self._quirks.owners_hear and self._access.owns(signer, colony_of(process)))
        ):
            self._access.require(process_methods.GET_PROCESS, signer, colony_of(process))
        executortype = request.executortype or process.spec.conditions.executortype
        with self._events.listen(
            executortype, request.state, self._limited(request.timeout), process.processid
        ) as listener:
            if process.state == request.state:
                yield process
            async for event in _events_of(listener):
                yield event
        if listener.removed:
            raise _no_such_process(request)
        raise self._end_of(listener)

    async def subscribe_processes(
        self, request: SubscribeProcessesMsg, signer: str, /
    ) -> AsyncGenerator[Process]:
        rows = self._records.executors_by_id.find(signer)
        if not rows:
            raise Refusal(errors.SUBSCRIBE_PROCESSES_EXECUTOR_NOT_FOUND)
        heard = {row.colonyname for row in rows} if self._quirks.any_executor_hears else set[str]()
        with self._events.listen(
            request.executortype, request.state, self._limited(request.timeout)
        ) as listener:
            async for event in _events_of(listener):
                if colony_of(event) in heard or self._may_hear(event, signer):
                    yield event
        raise self._end_of(listener)

    async def subscribe_channel(
        self, request: SubscribeChannelMsg, signer: str, /
    ) -> AsyncGenerator[list[ChannelEntry]]:
        denied = errors.SUBSCRIBE_CHANNEL_NOT_AUTHORIZED_TO_SUBSCRIBE_TO_CHANNEL
        channel = self._channels.enter(
            methods.SUBSCRIBE_CHANNEL, request.processid, request.channelname, signer, denied
        )
        alarm = Alarm(self._clock, self._limited(request.timeout) or CHANNEL_SUBSCRIBE_DEFAULT_TIMEOUT_S)
        channel.join(alarm)
        lasting = self._quirks.lasting_channel_access
        try:
            sent = len(channel.arrived)
            if stored := channel.read(request.afterseq):
                yield stored
            while True:
                while sent < len(channel.arrived):
                    # The process may have gone to another executor.
                    if not (lasting or self._channels.may_stay(request.processid, signer)):
                        raise Refusal(denied)
                    sent += 1
                    yield channel.arrived[sent - 1 : sent]
                if channel.closed and self._quirks.silent_channel_ends:
                    return
                if channel.closed or alarm.expired:
                    break
                await alarm.wait()
        finally:
            channel.leave(alarm)
            alarm.cancel()
        yield []

    def _may_hear(self, process: Process, signer: str) -> bool:
        """Whether `signer` is an executor who may hear of the processes of a colony."""
        approved = not self._quirks.any_executor_hears
        return self._records.executor_of(colony_of(process), signer, approved=approved) is not None

    def _limited(self, timeout: int) -> float:
        seconds = in_nanoseconds(timeout) / NS_PER_S if self._quirks.overflowing_timeouts else timeout
        return min(seconds, _LONGEST_S)

    def _end_of(self, listener: Listener) -> HangUp:
        if listener.overrun:
            return HangUp(TRY_AGAIN_LATER, _TOO_SLOW)
        return HangUp(NO_CLOSE_FRAME if self._quirks.abrupt_timeouts else NORMAL, _TIMED_OUT)


async def _events_of(listener: Listener) -> AsyncGenerator[Process]:
    """The events for a listener until its time is over, or nothing can come any more."""
    while True:
        while (event := listener.take()) is not None:
            yield event
        if listener.removed or listener.overrun or listener.alarm.expired:
            return
        await listener.alarm.wait()


def _no_such_process(request: SubscribeProcessMsg) -> Refusal:
    return Refusal(errors.SUBSCRIBE_PROCESS_INVALID_PROCESS, id=request.processid)
