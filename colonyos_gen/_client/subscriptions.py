"""Subscriptions: the calls that wait for what happens to processes and channels.

Single processes are read, again and again (see `colonyos_gen._waiting`), unless a caller asks for `push=True` in so many
words. Channels, and the processes of an executor type, are subscribed to over a WebSocket, each over a connection of its own.
Timeouts are kept by this client, in seconds from the first wait on: None means without limit, and 0 or less means to look
once and not to wait (on the wire 0 would mean 30 s for channels). What the server pushes is taken as a hint, since it
neither tells of every change nor pushes what is stored.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

from colonyos_gen_wire import ChannelEntry, Process, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES
from colonyos_gen_wire.method import AsyncCaller, Key
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS

from colonyos_gen._arguments import (
    is_number,
    known_state,
    refused,
    require_callback,
    require_process,
    require_seconds,
    require_text,
)
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._streams.channel import AsyncChannelStream
from colonyos_gen._streams.processes import ProcessStream
from colonyos_gen._streams.states import PushedStateStream, StateStream
from colonyos_gen._streams.stream import AsyncStream, Ended
from colonyos_gen._waiting.watchers import Watchers
from colonyos_gen.errors import RPCTimeoutError, closed_error

StreamT = TypeVar("StreamT", bound=AsyncStream[Any])


class AsyncSubscriptions(AsyncCaller):
    """The calls that wait for events."""

    _pipeline: Pipeline
    _streams: weakref.WeakSet[AsyncStream[Any]]
    _watchers: Watchers

    @property
    @abstractmethod
    def trouble(self) -> str:
        """What is known of a server that has stopped answering; empty while it answers."""

    async def subscribe_process(
        self,
        process: Process,
        state: int,
        timeout: float | None,
        *,
        push: bool = False,
        prvkey: Key | None = None,
    ) -> Process:
        """Wait until a process reaches `state` or a final state, and return the process as it is stored then.

        So look at `state` of what is returned: a process that was to be RUNNING may have FAILED meanwhile, and one that is
        waited for to end may have been CANCELLED. A process that is in that state already is returned at once. The process
        is read, after 2 ms at first, then after at most a twentieth of the time that has passed, and at least every 2
        seconds. Restarts of the server and broken connections are bridged until the timeout.

        Args:
            process: The process to watch; only its id counts.
            state: State to wait for, such as `RUNNING` or `SUCCESS`.
            timeout: Seconds to wait; None for as long as it takes; 0 to look once.
            push: Whether to subscribe as well, over a WebSocket. **This takes ColonyOS servers up to v1.9.12 at least down,
                for everybody**, when the process changes its state at about the moment of the subscription, which no client
                can exclude (seen after 37, 139 and 325 calls; the hazard `process_subscription_near_change`). It is safe
                with the embedded server. All that it saves is reads.
            prvkey: Private key to sign with, instead of the client's own; of a member of the colony.

        Raises:
            InvalidRequestError: An argument is not what it must be, such as a state that there is not.
            RPCTimeoutError: The process reached neither in time.
            NotFoundError: There is no such process, or it was removed.
            ConnectionFailedError: The server could not be reached at first.
        """
        require_process("subscribe_process", process)
        wanted = known_state("subscribe_process", state)
        require_seconds("subscribe_process", "timeout", timeout)
        stream = self._process_stream(process, timeout, prvkey, wanted, push=push)
        async with self._open(stream):
            async for found in stream:
                if found.state is wanted or found.state in FINAL_PROCESS_STATES or stream.was_wanted:
                    return found
        if stream.ended is Ended.CLOSED:
            raise closed_error()
        message = f"the process did not reach state {wanted.name} within {timeout:g} s"
        raise RPCTimeoutError(message, method=SUBSCRIBE_PROCESS.name, hint=self.trouble)

    def process_events(
        self,
        process: Process,
        timeout: float | None = None,
        *,
        push: bool = False,
        prvkey: Key | None = None,
    ) -> AsyncStream[Process]:
        """The states of a process as they come: first the process as it is, then after each change, until a final state.

            async with client.process_events(process) as events:
                async for process in events:
                    print(process.state.name)

        Each item is the process as it is stored at that moment. It is read as `subscribe_process` does, so a state that
        lasts shorter than 2 seconds may go unseen; the final one never does. Restarts of the server and broken connections
        are bridged.

        Args:
            process: The process to watch; only its id counts.
            timeout: Seconds after which the stream ends; None for no limit; 0 for the present state only.
            push: Whether to subscribe as well. **It takes ColonyOS servers down**; see `subscribe_process`.
            prvkey: Private key to sign with, instead of the client's own; of a member of the colony.

        Raises:
            InvalidRequestError: An argument is not what it must be.

        Raises (from the iteration):
            NotFoundError: There is no such process, or it was removed.
            ConnectionFailedError: The server could not be reached at first.
        """
        require_process("process_events", process)
        require_seconds("process_events", "timeout", timeout)
        return self._open(self._process_stream(process, timeout, prvkey, None, push=push))

    def subscribe_processes(
        self,
        executortype: str,
        state: int,
        timeout: float | None = None,
        *,
        colonyname: str = "",
        hazardous: bool = False,
        prvkey: Key | None = None,
    ) -> AsyncStream[Process]:
        """Processes of an executor type, each when it reaches `state`.

            async for process in client.subscribe_processes("cli", SUCCESS):
                ...

        No reliable source: the server gives each event to one listener only, be it a subscriber like this one or an executor
        that waits for work (an executor may so have to wait for longer); nothing is reported of what happens while a
        broken connection is being replaced. Processes in colonies that the signer does not belong to are left out. Each
        process comes as it is stored when it is taken, so it may be in a later state.

        The server is asked for 30 seconds at a time, because it goes on telling a subscriber that has left until the time is
        over. A second before that, the next subscription begins over a connection of its own, and both are read until the
        first one ends; what both bring comes once. Only for WAITING they follow one another, since each of them takes
        wake-ups: what happens in between is not reported. The connections are read in the background until the stream is
        closed or dropped, because the server waits for subscribers who do not read.

        Args:
            executortype: Executor type of the processes.
            state: State whose arrival is of interest.
            timeout: Seconds after which the stream ends, more than 0; None for no limit.
            colonyname: Only processes of this colony; all colonies when empty.
            hazardous: Whether it may be for WAITING. Such a stream takes the wake-ups of executors that wait for work, which
                then sleep on although there is some (the hazard `waiting_feed_takes_wakeups`).
            prvkey: Private key to sign with, instead of the client's own; of an executor.

        Raises:
            InvalidRequestError: `state` is WAITING, and `hazardous` was not given; or an argument is not what it must be.

        Raises (from the iteration):
            DeniedError: The signer is not an executor.
            ConnectionFailedError: The server could not be reached at first.
        """
        wanted = known_state("subscribe_processes", state)
        if timeout is not None and not (is_number(timeout) and timeout > 0):
            raise refused("subscribe_processes", "timeout", timeout, "seconds above 0, or None for no limit")
        stream = ProcessStream(
            self,
            self._pipeline,
            executortype,
            wanted,
            timeout,
            prvkey,
            colonyname=colonyname,
            hazardous=hazardous,
        )
        return self._open(stream)

    @overload
    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        callback: None = None,
        *,
        prvkey: Key | None = None,
    ) -> AsyncChannelStream: ...

    @overload
    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int,
        timeout: float | None,
        callback: Callable[[list[ChannelEntry]], bool],
        *,
        prvkey: Key | None = None,
    ) -> Coroutine[Any, Any, list[ChannelEntry]]: ...

    @overload
    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        *,
        callback: Callable[[list[ChannelEntry]], bool],
        prvkey: Key | None = None,
    ) -> Coroutine[Any, Any, list[ChannelEntry]]: ...

    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        callback: Callable[[list[ChannelEntry]], bool] | None = None,
        *,
        prvkey: Key | None = None,
    ) -> AsyncChannelStream | Coroutine[Any, Any, list[ChannelEntry]]:
        """Receive the entries of a channel as they are appended, each exactly once and in order.

        Without `callback` this is a stream, which ends with an entry whose `msgtype` is `end`, see `AsyncChannelStream`:

            async with client.subscribe_channel(processid, "out") as entries:
                async for entry in entries:
                    ...

        With `callback` it is to be awaited, and returns all entries at the end: when `callback` returns False, when the
        process reaches a final state, or at the timeout. An `end` entry is then the business of `callback`.

        Subscribing creates the channel on the server if it is declared and not there yet.

        Args:
            processid: Process that the channel belongs to.
            channelname: Name of the channel, as the function spec declares it.
            afterseq: How many stored entries to skip; 0 for all. It is an index, not a sequence number.
            timeout: Seconds to listen; None for no limit; 0 for what is stored already.
            callback: Called with each batch of entries; returns whether to go on. It runs on the event loop.
            prvkey: Private key to sign with, instead of the client's own.

        Raises:
            InvalidRequestError: An argument is not what it must be.

        Raises (from the iteration, or when awaited):
            NotFoundError: The process or the channel does not exist, or the process had ended before.
            DeniedError: The signer is neither the initiator nor the assigned executor.
            ConnectionFailedError: The server could not be reached at first.
        """
        for name, value in (("processid", processid), ("channelname", channelname)):
            require_text("subscribe_channel", name, value)
        if not is_number(afterseq):
            raise refused("subscribe_channel", "afterseq", afterseq, "a number of entries")
        require_seconds("subscribe_channel", "timeout", timeout)
        require_callback("subscribe_channel", callback)
        if callback is None:
            stream = AsyncChannelStream(
                self, self._pipeline, processid, channelname, afterseq, timeout, prvkey
            )
            return self._open(stream)
        return self._listen(processid, channelname, afterseq, timeout, callback, prvkey)

    async def _listen(
        self,
        processid: str,
        channelname: str,
        afterseq: int,
        timeout: float | None,
        callback: Callable[[list[ChannelEntry]], bool],
        prvkey: Key | None,
    ) -> list[ChannelEntry]:
        received: list[ChannelEntry] = []
        stream = AsyncChannelStream(
            self, self._pipeline, processid, channelname, afterseq, timeout, prvkey, until_end=False
        )
        async with self._open(stream):
            while batch := await stream.batch():
                received += batch
                if not callback(batch):
                    return received
        if stream.ended is Ended.CLOSED:
            raise closed_error()
        return received

    def _process_stream(
        self,
        process: Process,
        timeout: float | None,
        prvkey: Key | None,
        wanted: ProcessState | None,
        *,
        push: bool,
    ) -> StateStream:
        kind = PushedStateStream if push else StateStream
        watcher = self._watchers.of(prvkey)
        return kind(self, self._pipeline, watcher, process.processid, timeout, prvkey, wanted=wanted)

    def _open(self, stream: StreamT) -> StreamT:
        self._pipeline.require_open()
        self._streams.add(stream)
        return stream

    async def _close_streams(self) -> None:
        for stream in list(self._streams):
            await stream.close()
