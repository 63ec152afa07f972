"""Channels: who may use them, in which order they are read, what limits them, and when they are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from colonyos_gen_wire.constants import (
    CHANNEL_BURST,
    CHANNEL_MAX_LOG_ENTRIES,
    CHANNEL_MAX_MESSAGE_BYTES,
    CHANNEL_MAX_PER_PROCESS,
    CHANNEL_RATE_PER_S,
    WAITING,
)
from colonyos_gen_wire.errors import channel as errors
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.methods import channel, process
from colonyos_gen_wire.requests.channel import ChannelAppendMsg, ChannelReadMsg
from colonyos_gen_wire.requests.process import CancelProcessMsg, CloseFailedMsg, RemoveProcessMsg
from colonyos_gen_wire.types.channel import ChannelEntry

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.channels import Channel
from colonyos_gen.server._time.rate import TokenBucket
from tests.server.kit.disk import Disk
from tests.server.kit.lab import Lab, Refused, lab, spec


class Scene:
    """A process with channels, its initiator and its executor."""

    def __init__(self, here: Lab, user: PrivateKey, executor: PrivateKey, processid: str) -> None:
        self.here = here
        self.user = user
        self.executor = executor
        self.processid = processid

    async def append(
        self, key: PrivateKey, sequence: int = 1, text: bytes = b"", name: str = "c", **more: Any
    ) -> None:
        request = ChannelAppendMsg(
            processid=self.processid, channelname=name, sequence=sequence, data=text, **more
        )
        await self.here.call(key, channel.CHANNEL_APPEND, request)

    async def read(
        self, key: PrivateKey, skip: int = 0, limit: int = 0, name: str = "c"
    ) -> list[ChannelEntry]:
        request = ChannelReadMsg(processid=self.processid, channelname=name, afterseq=skip, limit=limit)
        return await self.here.call(key, channel.CHANNEL_READ, request)

    async def texts(self, skip: int = 0, limit: int = 0) -> list[bytes]:
        return [entry.payload for entry in await self.read(self.user, skip, limit)]


def play(
    act: Callable[[Scene], Awaitable[None]],
    channels: Sequence[str] = ("c",),
    *,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> None:
    """Run `act` with a process that waits to be assigned."""

    async def main() -> None:
        async with lab(**options) as here:
            user, executor = await here.add_user("u"), await here.add_executor("e")
            submitted = await here.submit(user, spec(channels=[*channels], **(settings or {})))
            await act(Scene(here, user, executor, submitted.processid))

    asyncio.run(main())


def refused(error: ErrorSpec) -> Any:
    """The context in which a call has to be refused in just this way."""
    return pytest.raises(Refused, match=f"^{error.status} {error.text}$")


def test_reading_skips_by_position_and_not_by_sequence() -> None:
    async def act(scene: Scene) -> None:
        for number in range(5):
            await scene.append(scene.user, 10 * number, b"%d" % number)
        assert await scene.texts() == [b"0", b"1", b"2", b"3", b"4"]
        assert await scene.texts(2) == [b"2", b"3", b"4"]
        assert await scene.texts(2, 2) == [b"2", b"3"]
        assert await scene.texts(-7, 1) == [b"0"]
        assert await scene.texts(3, -1) == [b"3", b"4"]
        assert await scene.texts(5) == await scene.texts(99) == []

    play(act)


def test_sequences_sort_what_one_sender_wrote_without_a_break() -> None:
    async def act(scene: Scene) -> None:
        await scene.here.assign(scene.executor)
        writes = [
            (scene.executor, 5, b"e5"),
            (scene.user, 1, b"u1"),
            (scene.executor, 3, b"e3"),
            (scene.executor, 3, b"e3 again"),
            (scene.executor, 1, b"e1"),
            (scene.executor, 2, b"e2"),
            (scene.user, -1, b"u-1"),
            (scene.executor, 0, b"e0"),
        ]
        for key, sequence, text in writes:
            await scene.append(key, sequence, text)
        # What the real server answers to these very appends.
        assert await scene.texts() == [b"e5", b"u1", b"e1", b"e2", b"e3", b"e3 again", b"u-1", b"e0"]

    play(act)


def test_an_entry_keeps_what_its_sender_gave() -> None:
    async def act(scene: Scene) -> None:
        await scene.append(scene.user, 7, b"\x00\xff", inreplyto=3, data_type="anything at all")
        await scene.append(scene.user, 8)
        first, second = await scene.read(scene.user)
        assert (first.sequence, first.inreplyto, first.payload) == (7, 3, b"\x00\xff")
        assert (first.msgtype, first.senderid, first.error) == ("anything at all", scene.user.id, "")
        assert first.timestamp is not None
        assert (second.inreplyto, second.payload, second.msgtype) == (0, b"", "data")

    play(act)


def test_initiator_and_assigned_executor_take_part_and_nobody_else() -> None:
    async def act(scene: Scene) -> None:
        other, second = await scene.here.add_user("other"), await scene.here.add_executor("second")
        outsider = PrivateKey.generate()
        may_not_write = errors.CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL
        may_not_read = errors.CHANNEL_READ_NOT_AUTHORIZED_TO_READ_FROM_CHANNEL
        await scene.append(scene.user)
        for key in (scene.executor, second, other):
            with refused(may_not_write):
                await scene.append(key)
            with refused(may_not_read):
                await scene.read(key)
        for key in (outsider, scene.here.colony_key):
            with pytest.raises(Refused, match=r"^403 Access denied, not a member"):
                await scene.append(key)
        await scene.here.assign(scene.executor)
        await scene.append(scene.executor)
        assert len(await scene.read(scene.executor)) == 2
        with refused(may_not_read):
            await scene.read(second)

    play(act)


def test_an_attempt_that_expired_takes_the_rights_of_its_executor_but_not_the_entries() -> None:
    clock = ManualClock()

    async def act(scene: Scene) -> None:
        await scene.here.assign(scene.executor)
        await scene.append(scene.executor, 1, b"first attempt")
        clock.advance(seconds=5)
        assert (await scene.here.process(scene.user, scene.processid)).state is WAITING
        with refused(errors.CHANNEL_APPEND_NOT_AUTHORIZED_TO_WRITE_TO_CHANNEL):
            await scene.append(scene.executor, 2)
        assert await scene.texts() == [b"first attempt"]

    play(act, settings={"maxexectime": 1, "maxretries": 3}, clock=clock)


def test_what_was_not_declared_is_not_found() -> None:
    async def act(scene: Scene) -> None:
        with refused(errors.CHANNEL_APPEND_CHANNEL_NOT_FOUND):
            await scene.append(scene.user, name="d")
        with refused(errors.CHANNEL_READ_CHANNEL_NOT_FOUND):
            await scene.read(scene.user, name="d")
        scene.processid = "0" * 64
        with refused(shared.PROCESS_NOT_FOUND):
            await scene.append(scene.user)
        with refused(shared.PROCESS_NOT_FOUND):
            await scene.read(scene.user)

    play(act, ["c", "c"])


def test_only_the_first_hundred_channels_can_be_used() -> None:
    async def act(scene: Scene) -> None:
        await scene.append(scene.user, name=f"c{CHANNEL_MAX_PER_PROCESS - 1}")
        for _ in range(2):
            with refused(errors.CHANNEL_APPEND_PROCESS_HAS_TOO_MANY_CHANNELS):
                await scene.append(scene.user, name=f"c{CHANNEL_MAX_PER_PROCESS}")

    play(act, [f"c{number}" for number in range(CHANNEL_MAX_PER_PROCESS + 1)])


def test_a_payload_may_have_ten_mebibytes() -> None:
    async def act(scene: Scene) -> None:
        await scene.append(scene.user, 1, bytes(CHANNEL_MAX_MESSAGE_BYTES))
        with refused(errors.CHANNEL_APPEND_MESSAGE_PAYLOAD_EXCEEDS_MAXIMUM_SIZE):
            await scene.append(scene.user, 2, bytes(CHANNEL_MAX_MESSAGE_BYTES + 1))
        assert [len(entry.payload) for entry in await scene.read(scene.user)] == [CHANNEL_MAX_MESSAGE_BYTES]

    play(act)


def test_the_channels_of_a_process_share_a_rate() -> None:
    clock = ManualClock()

    async def act(scene: Scene) -> None:
        for number in range(CHANNEL_BURST):
            await scene.append(scene.user, number, name="cd"[number % 2])
        limit = errors.CHANNEL_APPEND_RATE_LIMIT_EXCEEDED
        with refused(limit):
            await scene.append(scene.user)
        clock.advance(0.1)
        for _ in range(CHANNEL_RATE_PER_S // 10):
            await scene.append(scene.user)
        with refused(limit):
            await scene.append(scene.user)
        other = await scene.here.submit(scene.user, spec(channels=["c"]))
        await Scene(scene.here, scene.user, scene.executor, other.processid).append(scene.user)

    play(act, ["c", "d"], clock=clock)


def test_a_channel_holds_ten_thousand_entries() -> None:
    clock = ManualClock()
    filled = Channel(TokenBucket(clock, CHANNEL_RATE_PER_S, CHANNEL_BURST))
    for number in range(CHANNEL_MAX_LOG_ENTRIES):
        clock.advance(1 / CHANNEL_RATE_PER_S)
        filled.admit(b"")
        filled.append(ChannelEntry(sequence=number, senderid="x"))
    with pytest.raises(Refusal, match=errors.CHANNEL_APPEND_CHANNEL_LOG_IS_FULL.text):
        filled.admit(b"")
    assert [entry.sequence for entry in filled.read(0)] == list(range(CHANNEL_MAX_LOG_ENTRIES))


async def _close(scene: Scene) -> None:
    await scene.here.assign(scene.executor)
    await scene.here.close(scene.executor, scene.processid)


async def _fail(scene: Scene) -> None:
    await scene.here.assign(scene.executor)
    request = CloseFailedMsg(processid=scene.processid, errors=[])
    await scene.here.call(scene.executor, process.FAIL, request)


async def _cancel(scene: Scene) -> None:
    request = CancelProcessMsg(processid=scene.processid)
    await scene.here.call(scene.user, process.CANCEL_PROCESS, request)


@pytest.mark.parametrize("end", [_close, _fail, _cancel])
@pytest.mark.hazards("channel_never_freed")
def test_channels_end_with_their_process(end: Callable[[Scene], Awaitable[None]]) -> None:
    async def act(scene: Scene) -> None:
        await scene.append(scene.user)
        await end(scene)
        with refused(errors.CHANNEL_READ_CHANNEL_NOT_FOUND):
            await scene.read(scene.user)
        with refused(errors.CHANNEL_APPEND_CHANNEL_NOT_FOUND):
            await scene.append(scene.user)

    play(act)


@pytest.mark.hazards("channel_never_freed")
def test_channels_end_when_their_process_is_removed() -> None:
    async def act(scene: Scene) -> None:
        await scene.append(scene.user)
        request = RemoveProcessMsg(processid=scene.processid)
        await scene.here.call(scene.user, process.REMOVE_PROCESS, request)
        with refused(shared.PROCESS_NOT_FOUND):
            await scene.read(scene.user)

    play(act)


def test_an_end_that_could_not_be_written_down_leaves_the_channel_alone() -> None:
    disk = Disk()

    async def act(scene: Scene) -> None:
        await scene.here.assign(scene.executor)
        await scene.append(scene.user, 1, b"kept")
        disk.full = True
        with pytest.raises(Refused, match=r"^500"):
            await scene.here.close(scene.executor, scene.processid)
        assert await scene.texts() == [b"kept"]
        disk.full = False
        await scene.here.close(scene.executor, scene.processid)
        with refused(errors.CHANNEL_READ_CHANNEL_NOT_FOUND):
            await scene.read(scene.user)

    play(act, journal=disk)
