"""The embedded server against everything that was recorded from the real one.

Each recording is played exchange by exchange. Status, error text, and the shape and values of replies must be the same,
apart from ids and times. What differs on purpose stands in `DIFFERENT`, with the reason; an entry that has become
unnecessary fails the test.
"""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen.server import ManualClock, Server

from . import scores
from .replay import Outcome, Replay, load, recordings

ITSELF = "the reply describes the server that was asked"
WORDING = "the wording comes from Go's JSON or elliptic curve library; status and meaning are the same"
CRASH = "the real server crashes (empty 500); this one refuses"
STALE = (
    "the real server patches an old copy of the process: deadline and attribute states are those of before"
)
KEPT_OUTPUT = "the real server has stored the output of a close that it refused"
STORAGE = "the real server never assigns what asks for storage"
EMPTY_200 = "the real server answers outsiders with an empty 200; this one says that they are no members"
DIGITS = "the real server passes numbers through a double and loses digits"
CASCADE = "the real server fails what has succeeded as well, and sets no end time, when a workflow fails"
SHUFFLED = "the real server puts the children of a process in random order, also in the drawing"
OUTSIDER = "the real server runs a cron for outsiders, and then tells them that they are not allowed to"
LEFT_OVER = "the real server keeps the empty workflow of a submission that it refused"

DIFFERENT: dict[str, dict[int, str]] = {
    "01_server_info": {5: ITSELF, 6: ITSELF, 7: ITSELF},
    "02_envelope_errors": {
        **dict.fromkeys((6, 7, 8, 9, 10, 13, 20), WORDING),
        11: CRASH,
        25: CRASH,
    },
    "06_submit_assign_close": {9: STALE},
    "07_fail": {14: KEPT_OUTPUT},
    "08_assign_timeouts": {30: STORAGE},
    "09_maxexectime_retries": {7: STALE, 17: STALE, 21: STALE},
    "12_json_types": {9: DIGITS, 10: DIGITS},
    "13_attributes": {10: STALE},
    "17_statistics": {26: EMPTY_200, 27: EMPTY_200},
    "18_crons": {37: OUTSIDER},
    "29_workflow_failure": {**dict.fromkeys((13, 15, 16, 17, 26), CASCADE), 33: SHUFFLED, 37: SHUFFLED},
    "30_workflow_errors": {12: LEFT_OVER},
    "33_cancel": {27: KEPT_OUTPUT},
    "34_process_lists": {32: EMPTY_200},
    "36_permission_matrix_reads": dict.fromkeys((94, 95, 97, 98, 100, 101, 102), EMPTY_200),
    "37_sweep_msgtype_mismatch": {58: ITSELF},
    "38_sweep_invalid_json": {58: ITSELF},
    "39_rust_sdk_requests": {5: STALE},
    "46_go_client_requests": {6: STALE},
}

RACY = "the order is not defined; test_long_poll checks the same invariants"


async def outcomes_of(name: str) -> list[Outcome]:
    clock = ManualClock()
    async with Server(clock=clock, reregister=True) as server:
        return await Replay(load(name), server, clock).play()


@pytest.mark.parametrize("name", recordings())
def test_goes_as_recorded(name: str) -> None:
    if "racy" in load(name):
        scores.ROWS.append(scores.Row(name, 0, 0, f"skipped: {RACY}"))
        pytest.skip(RACY)
    outcomes = asyncio.run(outcomes_of(name))
    expected = DIFFERENT.get(name, {})
    found = {outcome.step: outcome.differences for outcome in outcomes if outcome.differences}
    reasons = sorted({reason.partition(";")[0].partition(":")[0] for reason in expected.values()})
    scores.ROWS.append(scores.Row(name, len(outcomes) - len(found), len(found), "; ".join(reasons)))
    unexpected = {step: differences for step, differences in found.items() if step not in expected}
    assert unexpected == {}
    assert expected.keys() - found.keys() == set(), "these steps no longer differ; take them out of DIFFERENT"
