"""The synchronous client: the asynchronous one on an event loop of its own, in a thread of its own."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload

import msgspec
from colonyos_gen_wire import ChannelEntry, Process
from colonyos_gen_wire.method import Key, Method
from colonyos_gen_wire.stubs_sync import SyncStubs

from colonyos_gen._client.client import DEFAULT_TIMEOUT, DEFAULT_URL, AsyncClient, settings
from colonyos_gen._client.own_loop import OwnLoop
from colonyos_gen._streams.channel import AsyncChannelStream
from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._streams.sync_stream import ChannelStream, Stream
from colonyos_gen.config import DEFAULT_MAX_IN_FLIGHT, Config
from colonyos_gen.interceptors import Interceptor
from colonyos_gen.transport import MAX_REPLY_BYTES, Transport

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")
T = TypeVar("T")


class Client(SyncStubs):
    """Makes signed calls to a ColonyOS server; every function of the protocol is a method, and none has to be awaited.

        with Client.from_env() as client:
            process = client.submit(FunctionSpec.new("echo", "cli", "dev"))

    Keys are given once, by role, and the schema says which of them a call needs; `prvkey=` on a call takes precedence.
    A client may be used from several threads at once, and where an event loop is already running, as in notebooks.
    Interrupting a call (Ctrl-C) cancels it: the connection is dropped, and the server may or may not have carried out the
    request. Connections are closed by the `with` block, by `close_connections`, or at interpreter exit. `AsyncClient` is the
    same for coroutines.

    Calls that only read, or that may be repeated without harm, are repeated when the connection fails. Any other call is
    sent at most once: it is repeated only if the request provably never left this machine.

    A program has at most 16 requests under way at one server, long polls apart, all its clients together, because some
    hundred freeze a ColonyOS server for good. The others wait for their turn, one client after the other, and their time
    counts. When calls time out and nothing else is answered, all of them slow down together until the server answers again.

    One client for all of a program is best: what it reads tells all who wait over it. Several read for their own waits each.

    Args:
        url: Address of the server, such as `https://colonies.example.com:443`.
        server_key: Key of the server owner.
        colony_key: Key of the colony owner.
        member_key: Key of an executor or user of the colony.
        timeout: Seconds that a call may take in all, repetitions included. Long polls get the time they ask for on top.
        retries: How often a call that may be repeated is repeated.
        ca_file: File with the certificates to trust instead of the system's (PEM).
        insecure: Do not verify certificates at all. Only for tests: anyone in between can read and replay requests.
        max_reply_bytes: Largest reply that is read, in bytes.
        pool_size: Long polls that are under way at the same time.
        max_in_flight: Other requests of this client that are under way at the same time, at most `pool_size`. All clients of
            the program for the same server share what the most generous of them allows: one that is made with 16, as by
            default, lifts all to 16. Above 16, see the README's chapter "Keep the server alive" first; above 100, what
            freezes a server, the logger `colonyos_gen` gets a warning.
        strict: Refuse replies that hold fields the schema does not know, instead of ignoring those fields.
        transport: What carries requests and replies, instead of sockets (see `colonyos_gen.transport`). Then `url`,
            `ca_file`, `insecure` and `max_reply_bytes` are not used. It serves one client at a time, and is closed with it.
        interceptors: What comes around calls, the outermost first (see `colonyos_gen.interceptors`).

    Raises:
        InvalidKeyError: A key is not a private key.
        TypeError: A key is neither text nor something that signs, or another argument is of a wrong type.
        ValueError: The url is not one, or a number is too small.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        server_key: Key | None = None,
        colony_key: Key | None = None,
        member_key: Key | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = 3,
        ca_file: str | None = None,
        insecure: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        pool_size: int = 100,
        max_in_flight: int = DEFAULT_MAX_IN_FLIGHT,
        strict: bool = False,
        transport: Transport | None = None,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        self._async = AsyncClient(
            url,
            server_key=server_key,
            colony_key=colony_key,
            member_key=member_key,
            timeout=timeout,
            retries=retries,
            ca_file=ca_file,
            insecure=insecure,
            max_reply_bytes=max_reply_bytes,
            pool_size=pool_size,
            max_in_flight=max_in_flight,
            strict=strict,
            transport=transport,
            interceptors=interceptors,
        )
        self._loop = OwnLoop()
        # Runs once: when asked to, when the client is dropped without a close, or at interpreter exit.
        self._finish = weakref.finalize(self, self._loop.stop, self._async.close_connections)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """A client for the server, and with the keys, that the environment names (see `Config`).

        `options` are those of the constructor, and win over the environment.

        Raises:
            ConfigError: A variable holds something that cannot be used; the message names it.
        """
        config = Config.from_env() if environ is None else Config.from_env(environ)
        return cls(**(settings(config) | options))

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._async.url

    def identity(self, role: Literal["server", "colony", "member"]) -> str:
        """The identity of the key that this client holds for a role. Raises MissingKeyError if it holds none."""
        return self._async.identity(role)

    @property
    def trouble(self) -> str:
        """What is known of a server that has stopped answering; empty while it answers, or before two calls timed out."""
        return self._async.trouble

    def call(
        self,
        method: Method[ReqT, RespT],
        request: ReqT,
        /,
        *,
        prvkey: Key | None = None,
        rpc_timeout: float | None = None,
        hazardous: bool = False,
    ) -> RespT:
        """Check, sign and send `request`, and return its decoded reply. The methods of this client all come down to it.

        Args:
            method: The message, from `colonyos_gen_wire.methods`.
            request: Its request.
            prvkey: Key to sign with, instead of the client's own.
            rpc_timeout: Seconds that the call may take in all, instead of the client's timeout.
            hazardous: Whether to send what may harm the server, and is refused otherwise (see `Method.unconfirmed`).

        Raises:
            InvalidRequestError: An argument or the request is not what it must be; nothing was sent.
            RPCError: The call failed; see `colonyos_gen.errors` for what the subclasses mean.
        """
        return self._loop.run(
            self._async.call(method, request, prvkey=prvkey, rpc_timeout=rpc_timeout, hazardous=hazardous)
        )

    def hand_over(self) -> AsyncClient:
        """The asynchronous client behind this one, for the event loop of the caller, who closes it; this one is then done.

        Raises:
            RPCError: The client was closed.
            RuntimeError: It was used before.
        """
        self._loop.give_up()
        return self._async

    @property
    def asynchronous(self) -> AsyncClient:
        """The asynchronous client behind this one. Its calls are to be awaited inside of `run` only."""
        return self._async

    def run(self, work: Coroutine[Any, Any, T], /) -> T:
        """The result of `work`, which runs on the event loop of this client. Interrupting it (Ctrl-C) cancels `work`.

        Raises:
            TypeError: `work` is no coroutine.
            RPCError: The client has been closed.
            RuntimeError: It is called from a callback that runs on that event loop.
        """
        return self._loop.run(work)

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

        Without `callback` this is a stream, which ends with an entry of type `end`, see `ChannelStream`:

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

    def close_connections(self) -> None:
        """Close the connections of this client; it cannot be used afterwards. (`close` closes a process.)

        Streams end with `Ended.CLOSED`; calls under way in other threads fail with an `RPCError`.
        """
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close_connections()

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncClient", type(self).__name__, 1)
