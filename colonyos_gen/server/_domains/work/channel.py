"""Appending to and reading from the channels of a process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import ENTRY_DATA
from colonyos_gen_wire.errors import channel as errors
from colonyos_gen_wire.methods import channel as methods
from colonyos_gen_wire.types.channel import ChannelEntry

from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.channel_access import ChannelAccess
from colonyos_gen.server._store.tables import Store

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.channel import ChannelAppendMsg, ChannelReadMsg


class Channels:
    """Serves the channel messages."""

    def __init__(self, access: ChannelAccess, clock: Clock, store: Store) -> None:
        self._access = access
        self._clock = clock
        self._store = store

    async def channel_append(self, request: ChannelAppendMsg, signer: str, /) -> None:
        channel = self._access.enter(
            methods.CHANNEL_APPEND,
            request.processid,
            request.channelname,
            signer,
            errors.CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL,
        )
        channel.admit(request.data)
        entry = ChannelEntry(
            sequence=request.sequence,
            inreplyto=request.inreplyto,
            timestamp=moment(self._clock.now_ns()),
            senderid=signer,
            payload=request.data,
            msgtype=request.data_type or ENTRY_DATA,
        )
        # Subscribers must not see an entry whose sender is told that it failed.
        self._store.afterwards(partial(channel.append, entry))

    async def channel_read(self, request: ChannelReadMsg, signer: str, /) -> list[ChannelEntry]:
        channel = self._access.enter(
            methods.CHANNEL_READ,
            request.processid,
            request.channelname,
            signer,
            errors.CHANNEL_READ_NOT_AUTHORIZED_TO_READ_FROM_CHANNEL,
        )
        return channel.read(request.afterseq, request.limit)
