"""Subscriptions of the synchronous client: those of the asynchronous one, on its event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, overload

from colonyos_gen_wire import ChannelEntry, Process
from colonyos_gen_wire.method import Caller, Key

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._client.own_loop import OwnLoop
from colonyos_gen._streams.channel import AsyncChannelStream
from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._streams.sync_stream import ChannelStream, Stream

T = TypeVar("T")


class Subscriptions(Caller):
    """The calls that wait for events."""

    _async: AsyncClient
    _loop: OwnLoop

    def subscribe_process(
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
        return self._loop.run(
            self._async.subscribe_process(process, state, timeout, push=push, prvkey=prvkey)
        )

    def process_events(
        self,
        process: Process,
        timeout: float | None = None,
        *,
        push: bool = False,
        prvkey: Key | None = None,
    ) -> Stream[Process]:
        """The states of a process as they come: first the process as it is, then after each change, until a final state.

            with client.process_events(process) as events:
                for process in events:
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
        return self._stream(lambda: self._async.process_events(process, timeout, push=push, prvkey=prvkey))

    def subscribe_processes(
        self,
        executortype: str,
        state: int,
        timeout: float | None = None,
        *,
        colonyname: str = "",
        hazardous: bool = False,
        prvkey: Key | None = None,
    ) -> Stream[Process]:
        """Processes of an executor type, each when it reaches `state`.

            for process in client.subscribe_processes("cli", SUCCESS):
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
        return self._stream(
            lambda: self._async.subscribe_processes(
                executortype, state, timeout, colonyname=colonyname, hazardous=hazardous, prvkey=prvkey
            )
        )

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
    ) -> ChannelStream: ...

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
    ) -> list[ChannelEntry]: ...

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
    ) -> list[ChannelEntry]: ...

    def subscribe_channel(
        self,
        processid: str,
        channelname: str,
        afterseq: int = 0,
        timeout: float | None = None,
        callback: Callable[[list[ChannelEntry]], bool] | None = None,
        *,
        prvkey: Key | None = None,
    ) -> ChannelStream | list[ChannelEntry]:
        """Receive the entries of a channel as they are appended, each exactly once and in order.

        Without `callback` this is a stream, which ends with an entry whose `msgtype` is `end`, see `ChannelStream`:

            with client.subscribe_channel(processid, "out") as entries:
                for entry in entries:
                    ...

        With `callback` it waits, and returns all entries at the end: when `callback` returns False, when the
        process reaches a final state, or at the timeout. An `end` entry is then the business of `callback`.

        Subscribing creates the channel on the server if it is declared and not there yet.

        Args:
            processid: Process that the channel belongs to.
            channelname: Name of the channel, as the function spec declares it.
            afterseq: How many stored entries to skip; 0 for all. It is an index, not a sequence number.
            timeout: Seconds to listen; None for no limit; 0 for what is stored already.
            callback: Called with each batch of entries; returns whether to go on. It runs in the client's thread.
            prvkey: Private key to sign with, instead of the client's own.

        Raises:
            InvalidRequestError: An argument is not what it must be.

        Raises (from the iteration, or with `callback`):
            NotFoundError: The process or the channel does not exist, or the process had ended before.
            DeniedError: The signer is neither the initiator nor the assigned executor.
            ConnectionFailedError: The server could not be reached at first.
        """
        if callback is None:

            async def make() -> AsyncChannelStream:
                return self._async.subscribe_channel(processid, channelname, afterseq, timeout, prvkey=prvkey)

            return ChannelStream(self._loop.run, self._loop.run(make()), self)
        return self._loop.run(
            self._async.subscribe_channel(processid, channelname, afterseq, timeout, callback, prvkey=prvkey)
        )

    def _stream(self, make: Callable[[], AsyncStream[T]]) -> Stream[T]:
        async def on_the_loop() -> AsyncStream[T]:
            return make()

        return Stream(self._loop.run, self._loop.run(on_the_loop()), self)
