"""The way to a channel, which is the same for everybody who reads it, writes to it or subscribes to it."""

from __future__ import annotations

from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.types.process import Process

from colonyos_gen.server._caller.access import Access, AnyMethod, error_of
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.channels import Channel, ChannelStore
from colonyos_gen.server._store.records import Records, colony_of


class ChannelAccess:
    """Finds channels for those who may use them."""

    def __init__(self, records: Records, access: Access, channels: ChannelStore) -> None:
        self._records = records
        self._access = access
        self._channels = channels

    def enter(self, method: AnyMethod, processid: str, name: str, signer: str, denied: ErrorSpec) -> Channel:
        """The channel `name` of a process. Refuses with the words of `method`, and with `denied` who has no part in it."""
        process = self._records.processes.get(processid)
        if process is None:
            raise Refusal(error_of(method, "process_not_found"))
        self._access.require(method, signer, colony_of(process))
        channel = self._channels.find(process, name)
        if channel is None:
            raise Refusal(error_of(method, "channel_not_found"))
        if not self._takes_part(process, signer):
            raise Refusal(denied)
        return channel

    def may_stay(self, processid: str, signer: str) -> bool:
        """Whether `signer` still has a part in a process, or there is none any more."""
        process = self._records.processes.get(processid)
        return process is None or self._takes_part(process, signer)

    def _takes_part(self, process: Process, identity: str) -> bool:
        former = self._channels.former_executor(process.processid)
        return identity in (process.initiatorid, process.assignedexecutorid, former)
