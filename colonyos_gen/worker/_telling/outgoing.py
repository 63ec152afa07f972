"""What a function says while it runs: lines of the log, and text over channels."""

from __future__ import annotations

import asyncio

from colonyos_gen_wire import Process

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._telling.bridge import Bridge
from colonyos_gen.worker._telling.channel_sender import ChannelSender
from colonyos_gen.worker._telling.log_writer import LogWriter
from colonyos_gen.worker._telling.pacing import Pace
from colonyos_gen.worker._telling.text_writer import TextFlow, TextWriter, ended


class Outgoing:
    """What one attempt at one process has to send. Make it on the event loop of the worker."""

    def __init__(self, client: AsyncClient, availability: Availability, process: Process) -> None:
        self.bridge: Bridge = Bridge(asyncio.get_running_loop())
        """Leads from threads to the event loop."""
        self.log: LogWriter = LogWriter(client, availability, process)
        """The log of the process."""
        self._client = client
        self._availability = availability
        self._process = process
        self._pace = Pace()
        self._flows: dict[str, TextFlow] = {}
        self._over = ""
        """Why there are no more streams."""

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
            self._flows[channel] = TextFlow(self.bridge, sender, channel)
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

    def end_streams(self, reason: str) -> None:
        """Append nothing more, not even ends; who tries is told why."""
        self._over = self._over or reason
        for flow in self._flows.values():
            flow.abandon(reason)

    def abandon(self, reason: str) -> None:
        """Send nothing more, neither text nor lines of the log."""
        self.end_streams(reason)
        self.log.abandon()

    async def delivered(self) -> None:
        """Wait until the readers of the streams have their ends."""
        if self._flows:
            await asyncio.gather(*(each.delivered() for each in self._flows.values()))
