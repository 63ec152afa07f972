"""The embedded server's WebSocket side against everything that was recorded from the real one.

Each recording is played event by event, against a strict server and against one with the quirks of v1.9. What differs on
purpose stands in `DIFFERENT` by the number of the event, with the reason, and with the quirk that makes it go as recorded,
if there is one. An entry that has become unnecessary fails the test.
"""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen.server import ManualClock, Quirks, Server

from .recorded_zone import RECORDED_ZONE
from .replay import Outcome
from .scores import Reason, judge, plays
from .ws_replay import SocketReplay, load, recordings

pytestmark = pytest.mark.hazards

STRANGERS = Reason("the real server shows processes to anybody who knows their ids, which is a leak")
OWNERS = Reason("owners hear of processes that they may not read", "owners_hear")
STALE = Reason("a pushed process lacks the output and the end time of its success", "stale_pushes")
ASSIGNED = Reason("the deadline of before the assignment", "stale_assign_reply")
DROPPED = Reason("the connection is dropped at the timeout", "abrupt_timeouts")
SILENT = Reason("a request that cannot be served is not answered, or drops the connection", "silent_refusals")
DEAF = Reason(
    "a close frame is not answered during a subscription to a channel", "deaf_channel_subscriptions"
)
UNTOLD = Reason("subscribers are not told that a channel is gone", "silent_channel_ends")

DIFFERENT: dict[str, dict[int, Reason]] = {
    "02_process_success": {11: STALE},
    "04_process_already_in_state": {25: DROPPED},
    "05_process_timeout": {8: DROPPED, 11: DROPPED},
    "06_process_unknown": {14: SILENT, 16: SILENT},
    "07_process_roles": {18: OWNERS, 23: OWNERS, 28: STRANGERS},
    "08_envelope_errors": {**dict.fromkeys((8, 11, 14, 17, 20, 25), SILENT), 30: STRANGERS},
    "10_processes_states": {16: STALE},
    "11_processes_timeout": {9: DROPPED},
    "13_channel_live": {23: DEAF},
    "14_channel_afterseq": {17: DEAF, 24: DEAF},
    "15_channel_process_closes": {12: UNTOLD},
    "18_channel_before_assign": {20: DEAF, 22: DEAF},
    "19_chat_stream": {29: DEAF},
    "21_times_of_feeds": {6: ASSIGNED, 24: DROPPED, 31: DROPPED},
}


async def outcomes_of(name: str, mode: str) -> list[Outcome]:
    clock, quirks = ManualClock(), Quirks.parse(mode)
    async with Server(clock=clock, reregister=True, quirks=quirks, zone=RECORDED_ZONE) as server:
        return await SocketReplay(
            load(name),
            server,
            clock,
            zero_times=quirks.zoned_zero_times,
            deaf=quirks.deaf_channel_subscriptions,
        ).play()


@pytest.mark.parametrize(("name", "mode"), plays(recordings()))
def test_goes_as_recorded(name: str, mode: str) -> None:
    judge(f"ws {name}", mode, asyncio.run(outcomes_of(name, mode)), DIFFERENT.get(name, {}))


def test_what_differs_is_known() -> None:
    """Every entry belongs to a recording, and names a quirk of v1.9 or none."""
    assert DIFFERENT.keys() <= set(recordings())
    quirks = {reason.quirk for steps in DIFFERENT.values() for reason in steps.values()} - {""}
    assert quirks <= set(Quirks.parse("v1.9").names)
