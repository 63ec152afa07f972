"""Appends to one channel, each exactly once, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import time

from colonyos_gen_wire import ChannelEntry
from colonyos_gen_wire.constants import CHANNEL_MAX_LOG_ENTRIES
from colonyos_gen_wire.errors.channel import CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL
from colonyos_gen_wire.hazards import CHANNEL_WITHOUT_EXECUTOR

from colonyos_gen._call.retry import passes, pauses
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.streams import ACK_S, DATA, END, LINGER_S, has_reader, is_awaited
from colonyos_gen.errors import DeniedError, RateLimitedError, RPCError
from colonyos_gen.worker._taking.availability import WITHOUT_END, Availability, is_lost_reply
from colonyos_gen.worker._telling.pacing import RESERVE, Pace

_RATE_PAUSE_S = 0.25


class ChannelSender:
    """The worker's end of a channel."""

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        pace: Pace,
        processid: str,
        channel: str,
        senderid: str,
    ) -> None:
        self._client = client
        self._availability = availability
        self._pace = pace
        self._processid = processid
        self._channel = channel
        self._senderid = senderid
        self._appended = 0
        # Entries of a sender are sorted by sequence. An earlier attempt may have been ours too; its entries come first.
        self._sequence = time.time_ns() // 1_000_000

    async def turn(self) -> None:
        """Wait until text may be appended."""
        await self._pace.turn(self._appended)

    async def text(self, data: bytes) -> None:
        """Append text.

        Raises:
            RPCError: The server refuses it, as it does once the process has ended.
            ValueError: There is room for the end only, which is then appended.
        """
        if self._appended >= CHANNEL_MAX_LOG_ENTRIES - RESERVE:
            await self.end()
            raise ValueError(
                f"the channel {self._channel!r} is full; it holds {CHANNEL_MAX_LOG_ENTRIES} entries"
            )
        await self._append(data, DATA)

    async def end(self) -> None:
        """Append the end."""
        await self._append(b"", END)

    async def delivered(self) -> None:
        """Wait until the readers have seen the end, or have had the time for it."""
        seen: list[ChannelEntry] = []

        def go_on(batch: list[ChannelEntry]) -> bool:
            seen.extend(batch)
            return not has_reader(seen) or is_awaited(seen)

        await self._client.subscribe_channel(self._processid, self._channel, 0, LINGER_S, go_on)
        if is_awaited(seen):
            await self._client.subscribe_channel(self._processid, self._channel, len(seen), ACK_S, go_on)

    async def _append(self, data: bytes, msgtype: str) -> None:
        self._sequence += 1
        for pause in pauses(WITHOUT_END):
            try:
                await self._client.channel_append(
                    self._processid, self._channel, self._sequence, data, msgtype
                )
            except RateLimitedError:
                await asyncio.sleep(_RATE_PAUSE_S)
                continue
            except DeniedError as error:
                if error.name == CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL.name:
                    fault = CHANNEL_WITHOUT_EXECUTOR
                    error.hint = f"if the process is still ours, it is a fault of the server ({fault.name}): {fault.avoid}"
                raise
            except RPCError as error:
                if not passes(error):
                    raise
                self._availability.lost(error)
                await asyncio.sleep(pause)
                if not is_lost_reply(error) or not await self._has_arrived():
                    continue
            self._availability.heard()
            self._appended += 1
            return

    async def _has_arrived(self) -> bool:
        """Whether the entry whose reply was lost is stored."""

        async def rest() -> list[ChannelEntry]:
            return await self._client.channel_read(self._processid, self._channel, self._appended)

        found = await self._availability.insist(rest)
        return any((each.senderid, each.sequence) == (self._senderid, self._sequence) for each in found)
