"""The embedded server against everything that was recorded from the real one.

Each recording is played exchange by exchange, against a strict server and against one with the quirks of v1.9. Status,
error text, and the shape and values of replies must be the same, apart from ids and times. What differs on purpose stands
in `DIFFERENT`, with the reason, and with the quirk that makes it go as recorded, if there is one. An entry that has become
unnecessary fails the test.
"""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen.server import ManualClock, Quirks, Server

from .racy_replay import RacyReplay
from .recorded_zone import RECORDED_ZONE
from .replay import Outcome, Replay, load, recordings
from .scores import Reason, judge, plays

pytestmark = pytest.mark.hazards

ITSELF = Reason("the reply describes the server that was asked")
CRASH = Reason("the real server fails over null, with an empty 500", "empty_500")
OUTSIDER = Reason("the real server runs a cron for outsiders of its colony, which is a leak")
STALE = Reason("deadline and attribute states of before the assignment", "stale_assign_reply")
KEPT_OUTPUT = Reason("the output of a close that was refused is stored", "kept_output")
STORAGE = Reason("what asks for storage is never assigned", "storage_blocks")
EMPTY_200 = Reason("outsiders get an empty 200", "empty_200")
DIGITS = Reason("numbers lose digits in a double", "lossy_numbers")
CASCADE = Reason("what had succeeded fails with its workflow, and has no end time", "whole_graph_fails")
LEFT_OVER = Reason("a workflow that was refused leaves an empty row", "orphan_workflows")
NULLS = Reason("what was sent as null is null again, and not always the same", "nulls_as_sent")

DIFFERENT: dict[str, dict[int, Reason]] = {
    "01_server_info": {5: ITSELF, 6: ITSELF, 7: ITSELF},
    "02_envelope_errors": {11: CRASH, 25: CRASH},
    "05_executor_capabilities": dict.fromkeys((16, 17), NULLS),
    "06_submit_assign_close": {**dict.fromkeys((7, 8, 10, 13, 18, 20), NULLS), 9: STALE},
    "07_fail": {14: KEPT_OUTPUT, 18: NULLS},
    "08_assign_timeouts": {30: STORAGE},
    "09_maxexectime_retries": {7: STALE, 17: STALE, 21: STALE},
    "12_json_types": {9: DIGITS, 10: DIGITS, 16: NULLS, 17: NULLS},
    "13_attributes": {10: STALE},
    "17_statistics": {26: EMPTY_200, 27: EMPTY_200},
    "18_crons": {37: OUTSIDER},
    "23_blueprints": dict.fromkeys((27, 28, 38, 43, 53, 54, 56, 57, 69), NULLS),
    "29_workflow_failure": {
        **dict.fromkeys((13, 15, 16, 17, 26), CASCADE),
        **dict.fromkeys((30, 31, 35), NULLS),
    },
    "30_workflow_errors": {12: LEFT_OVER},
    "33_cancel": {27: KEPT_OUTPUT},
    "34_process_lists": {32: EMPTY_200},
    "36_permission_matrix_reads": dict.fromkeys((94, 95, 97, 98, 100, 101, 102), EMPTY_200),
    "37_sweep_msgtype_mismatch": {58: ITSELF},
    "38_sweep_invalid_json": {58: ITSELF},
    "39_rust_sdk_requests": {**dict.fromkeys((4, 13, 19, 20, 22, 25, 27), NULLS), 5: STALE},
    "46_go_client_requests": {**dict.fromkeys((5, 13, 14, 15), NULLS), 6: STALE},
    "52_times_of_limits": {8: STALE, 25: KEPT_OUTPUT},
}


async def outcomes_of(name: str, mode: str) -> list[Outcome]:
    clock, recording = ManualClock(), load(name)
    replay = RacyReplay if "racy" in recording else Replay
    quirks = Quirks.parse(mode)
    async with Server(clock=clock, reregister=True, quirks=quirks, zone=RECORDED_ZONE) as server:
        return await replay(recording, server, clock, zero_times=quirks.zoned_zero_times).play()


@pytest.mark.parametrize(("name", "mode"), plays(recordings()))
def test_goes_as_recorded(name: str, mode: str) -> None:
    judge(name, mode, asyncio.run(outcomes_of(name, mode)), DIFFERENT.get(name, {}))


def test_what_differs_is_known() -> None:
    """Every entry belongs to a recording, and names a quirk of v1.9 or none."""
    assert DIFFERENT.keys() <= set(recordings())
    quirks = {reason.quirk for steps in DIFFERENT.values() for reason in steps.values()} - {""}
    assert quirks <= set(Quirks.parse("v1.9").names)
