"""The embedded server's WebSocket side against everything that was recorded from the real one.

Each recording is played event by event. What differs on purpose stands in `DIFFERENT` by the number of the event, with
the reason why the real server is wrong; an entry that has become unnecessary fails the test.
"""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen.server import ManualClock, Server

from . import scores
from .replay import Outcome
from .ws_replay import SocketReplay, load, recordings

STALE = "the real server pushes an old copy of the process: the output and the end time are not in it yet"
DROPPED = "the real server drops the connection at the timeout; this one closes it with a close frame"
SILENT = "the real server says nothing, or drops the connection; this one says what is wrong with the request"
STRANGERS = "the real server shows processes to anybody who knows their ids; this one to members only"
DEAF = "the real server answers no close frame during a subscription to a channel"
UNTOLD = "the real server does not tell subscribers that a channel is gone; this one sends the empty list"

DIFFERENT: dict[str, dict[int, str]] = {
    "02_process_success": {11: STALE},
    "04_process_already_in_state": {25: DROPPED},
    "05_process_timeout": {8: DROPPED, 11: DROPPED},
    "06_process_unknown": {14: SILENT, 16: SILENT},
    "07_process_roles": {18: STRANGERS, 23: STRANGERS, 28: STRANGERS},
    "08_envelope_errors": {**dict.fromkeys((8, 11, 14, 17, 20, 25), SILENT), 30: STRANGERS},
    "10_processes_states": {16: STALE},
    "11_processes_timeout": {9: DROPPED},
    "13_channel_live": {23: DEAF},
    "14_channel_afterseq": {17: DEAF, 24: DEAF},
    "15_channel_process_closes": {12: UNTOLD},
    "18_channel_before_assign": {20: DEAF, 22: DEAF},
    "19_chat_stream": {29: DEAF},
}


async def outcomes_of(name: str) -> list[Outcome]:
    clock = ManualClock()
    async with Server(clock=clock, reregister=True) as server:
        return await SocketReplay(load(name), server, clock).play()


@pytest.mark.parametrize("name", recordings())
def test_goes_as_recorded(name: str) -> None:
    outcomes = asyncio.run(outcomes_of(name))
    expected = DIFFERENT.get(name, {})
    found = {outcome.step: outcome.differences for outcome in outcomes if outcome.differences}
    reasons = sorted({reason.partition(";")[0].partition(":")[0] for reason in expected.values()})
    row = scores.Row(f"ws {name}", len(outcomes) - len(found), len(found), "; ".join(reasons))
    scores.ROWS.append(row)
    unexpected = {step: differences for step, differences in found.items() if step not in expected}
    assert unexpected == {}
    assert expected.keys() - found.keys() == set(), (
        "these events no longer differ; take them out of DIFFERENT"
    )
