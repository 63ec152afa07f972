"""What a function knows of the process that it runs for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from colonyos_gen_wire import Attribute, FunctionSpec, Process
from colonyos_gen_wire.constants import ENV

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.progress import format_progress
from colonyos_gen._secrets import Secrets
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.errors import AlreadyExistsError, RPCError
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._telling.bridge import Bridge, Ready
from colonyos_gen.worker._telling.channel_sender import ChannelSender
from colonyos_gen.worker._telling.children import Children
from colonyos_gen.worker._telling.log_writer import LogWriter
from colonyos_gen.worker._telling.pacing import Pace
from colonyos_gen.worker._telling.text_writer import TextFlow, TextWriter, ended


class Outgoing:
    """What one attempt at one process has to send. Make it on the event loop of the worker."""

    def __init__(
        self, client: AsyncClient, availability: Availability, process: Process, secrets: Secrets
    ) -> None:
        self.bridge: Bridge = Bridge(asyncio.get_running_loop())
        """Leads from threads to the event loop."""
        self.log: LogWriter = LogWriter(client, availability, process, self.bridge, secrets)
        """The log of the process."""
        self._client = client
        self._availability = availability
        self._process = process
        self._pace = Pace()
        self._flows: dict[str, TextFlow] = {}
        self._over = ""
        """Why there are no more streams."""
        self._hurry = ""
        """Why the function is to stop."""

    def stream(self, channel: str) -> TextWriter:
        """The stream over a channel that the function spec declares (see `Context.stream`)."""
        if channel not in self._flows:
            if self._over:
                raise ended(self._over)
            sender = ChannelSender(
                self._client,
                self._availability,
                self._pace,
                self._process.processid,
                channel,
                self._process.assignedexecutorid,
            )
            flow = self._flows[channel] = TextFlow(self.bridge, sender, channel)
            if self._hurry:
                flow.hurry(self._hurry)
        return self._flows[channel].writer

    @property
    def has_unsent(self) -> bool:
        """Whether `flush` and `delivered` may have to wait."""
        return bool(self._flows) or self.log.has_unsent

    @property
    def has_streams(self) -> bool:
        """Whether there are streams, or were."""
        return bool(self._flows)

    @property
    def is_streaming(self) -> bool:
        """Whether a stream is open."""
        return any(each.is_open for each in self._flows.values())

    async def flush(self, seconds: float) -> None:
        """Send what remains of log and streams. Raises RPCError if a stream lost something."""
        self._over = "the function has returned"
        try:
            for flow in self._flows.values():
                await flow.finish()
        finally:
            await self.log.flush(seconds)

    def hurry(self, reason: str) -> None:
        """Let the function, which is to stop, not wait for room any more."""
        self._hurry = reason
        self.log.hurry()
        for flow in self._flows.values():
            flow.hurry(reason)

    def end_streams(self, reason: str) -> None:
        """Append nothing more, not even ends; who tries is told why."""
        self._over = self._over or reason
        for flow in self._flows.values():
            flow.abandon(reason)

    def abandon(self, reason: str, *, expected: bool = False) -> None:
        """Send nothing more, neither text nor lines of the log; `expected` if nobody can wonder that something is lost."""
        self.end_streams(reason)
        self.log.abandon(expected=expected)

    async def delivered(self) -> None:
        """Wait until the readers of the streams have their ends."""
        if self._flows:
            await asyncio.gather(*(each.delivered() for each in self._flows.values()))


@short_tracebacks
class Context:
    """The process, as its function sees it, and what the function can do for it.

        @worker.function
        async def train(epochs: int, ctx: Context) -> float:
            for epoch in range(epochs):
                ctx.progress(epoch / epochs, f"epoch {epoch}")
                ...

    Functions ask for it with a parameter called `ctx`, or annotated with `Context`. It works in coroutines and in
    functions that run in a thread: what returns an awaitable is awaited in the former, and simply called in the latter,
    where it waits by itself. It belongs to one attempt at one process, and is of no use afterwards.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        process: Process,
        cancellation: Cancellation,
        outgoing: Outgoing,
    ) -> None:
        self.process: Process = process
        """The process, as it was when it was assigned."""
        self._client = client
        self._availability = availability
        self._cancellation = cancellation
        self._outgoing = outgoing
        self._bridge = outgoing.bridge
        self._log = outgoing.log
        self._children: Children | None = None
        self._attributes = {
            each.key: each.value for each in process.attributes if each.attributetype is not ENV
        }

    @property
    def inputs(self) -> list[Any]:
        """In a workflow, the outputs of the parents, one after the other; empty otherwise."""
        return self.process.input

    @property
    def env(self) -> dict[str, str]:
        """The environment variables of the function spec."""
        return self.process.spec.env

    def log(self, text: object) -> Awaitable[None]:
        """Add a line to the log of the process; may be awaited in coroutines. Never fails; lines arrive in order.

        It takes time only when a megabyte lies ready to be sent, as the server cannot keep up, or is away. Then threads wait
        here, and coroutines where they await it: until there is room, the process is to stop, or the server has taken nothing
        for a minute. Lines of those that do not wait are dropped when there are eight megabytes; their number is in this log
        and in the worker's.
        """
        return self._log.write(str(text))

    def progress(self, fraction: float, message: str = "") -> Awaitable[None]:
        """Tell how much is done, from 0 to 1: a line of the log that those who wait for the process can read back.

        It waits, and is dropped, as lines of `log` are. Raises ValueError if `fraction` is not a number.
        """
        return self._log.write(format_progress(fraction, message), progress=True)

    def stream(self, channel: str) -> TextWriter:
        """Where to write text for whoever listens to a channel, which the function spec must declare.

            async with ctx.stream("out") as out:     # with `with`, and without await, in functions that are not async
                await out.send("a piece of text")

        Asking again gives the same one; see `colonyos_gen.worker.TextWriter`.

        Raises:
            ValueError: There is no such channel; the message says how to declare it.
            ConflictError: The process has ended, or is somebody else's by now.
        """
        if channel not in self.process.spec.channels:
            declared = ", ".join(map(repr, self.process.spec.channels)) or "none"
            raise ValueError(
                f"the process has no channel {channel!r} (declared: {declared}); submit it with channels=[{channel!r}]"
            )
        return self._outgoing.stream(channel)

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of the process: those that it had at first, and those set here."""
        return dict(self._attributes)

    def set_attribute(self, key: str, value: object) -> Awaitable[None]:
        """Attach an attribute to the process, as text; to be awaited in coroutines.

        Raises:
            AlreadyExistsError: The process has an attribute of that name; they cannot be changed.
            RPCError: The server refuses it, as when the process has been cancelled.
        """
        return self._bridge.run(self._set_attribute(key, str(value)))

    def add_child(self, spec: FunctionSpec, *, insert: bool = False) -> Awaitable[Process]:
        """Add a process to the workflow, as a child that waits for this one; to be awaited in coroutines.

        It is read back, so that it is known to be there. Broken connections and restarts of the server are bridged, without
        adding it twice. Await it before the function returns: a child that is added while its parent is closed waits for
        ever.

        Args:
            spec: What it is to do, with a `nodename` that no other node of the workflow has.
            insert: Whether the children that this process has so far are to wait for the new one instead.

        Raises:
            ValueError: The process is not part of a workflow.
            ConflictError: The process does not run any more, or the child is not there.
            RPCError: The server refuses it.
        """
        return self._bridge.run(self._add_child(spec, insert))

    @property
    def cancelled(self) -> bool:
        """Whether the function should stop: nobody wants its result any more, or it will be too late."""
        return self._cancellation.is_set

    @property
    def cancel_reason(self) -> str:
        """Why; empty as long as it should go on."""
        return self._cancellation.reason

    def wait_cancelled(self, timeout: float | None = None) -> Awaitable[bool]:
        """Wait until the function should stop, at most `timeout` seconds, and tell whether it should.

        In coroutines it is awaited; in threads it waits by itself, and what it returns is true or false.
        """
        if self._bridge.here:
            return self._cancellation.wait(timeout)
        return Ready(self._cancellation.wait_in_thread(timeout))

    def raise_if_cancelled(self) -> None:
        """Leave the function if it should stop, by `asyncio.CancelledError`, in threads too."""
        if self._cancellation.is_set:
            raise asyncio.CancelledError(self._cancellation.reason)

    async def _add_child(self, spec: FunctionSpec, insert: bool) -> Process:
        self._children = self._children or Children(self._client, self._availability, self.process)
        return await self._children.add(spec, insert)

    async def _set_attribute(self, key: str, value: str) -> None:
        attribute = Attribute.new(self.process.spec.conditions.colonyname, self.process.processid, key, value)
        unsure = False
        for pause in pauses(WITHOUT_END):
            try:
                await self._client.add_attr(attribute)
                break
            except AlreadyExistsError:
                if not unsure:
                    raise
                break
            except RPCError as error:
                if not passes(error):
                    raise
                self._availability.lost(error)
                unsure = unsure or is_lost_reply(error)
            await asyncio.sleep(pause)
        self._attributes[key] = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.process.spec.funcname!r}, {self.process.processid[:8]}…)"
