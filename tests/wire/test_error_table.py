"""Which exception a recorded refusal is, written down by hand: the status alone does not tell."""

from __future__ import annotations

import re

import pytest
from colonyos_gen_wire.errors import ENVELOPE_ERRORS

from colonyos_gen.errors import (
    AlreadyExistsError,
    BadSignatureError,
    ConflictError,
    DeniedError,
    InvalidError,
    NoProcessError,
    NotFoundError,
    PausedError,
    RPCError,
    find,
    from_reply,
)
from tests.wire.kit.recordings import METHODS, WEBSOCKET_FAILURES, all_exchanges

ZEROS = "0" * 64
NIL = "Failed to {}, {} is nil"

EXPECTED: list[tuple[str, int, str, type[RPCError]]] = [
    ("getcolonymsg", 403, "Invalid signature length", BadSignatureError),
    ("getcolonymsg", 403, "encoding/hex: odd length hex string", BadSignatureError),
    ("getcolonymsg", 403, "Failed to recover public key: invalid signature: R is 0", BadSignatureError),
    ("getcolonymsg", 403, "invalid rpcMsg.PayloadType: nosuchmsg", InvalidError),
    ("getstatisticsmsg", 403, "Access denied, not server owner", DeniedError),
    ("addcolonymsg", 400, "Failed to add colony, invalid colony Id length", InvalidError),
    ("addcolonymsg", 400, "A Colony with name <gold-colony_lifecycle> already exists", AlreadyExistsError),
    ("removecolonymsg", 400, "Colony with name <gold-no-such-colony> not found", NotFoundError),
    ("getcolonystatsmsg", 400, "Colony with name <gold-no-such-colony> not found", NotFoundError),
    ("approveexecutormsg", 500, NIL.format("approve executor", "executor"), NotFoundError),
    ("getexecutormsg", 500, NIL.format("get executor", "executor"), NotFoundError),
    ("getexecutorbyidmsg", 404, NIL.format("get executor by ID", "executor"), NotFoundError),
    ("reportallocationmsg", 400, "Only an executor can report allocations to itself", DeniedError),
    ("updateexecutormsg", 400, "Executor with name <nosuch> does not exist", NotFoundError),
    ("assignprocessmsg", 404, "No process available for assignment", NoProcessError),
    ("assignprocessmsg", 400, "Invalid timeout value, timeout cannot be zero", InvalidError),
    ("assignprocessmsg", 500, "Failed to assign process, executor not found", DeniedError),
    ("assignprocessmsg", 503, "No processes available: colony assignments are paused", PausedError),
    ("assignprocessmsg", 408, "Assignment timeout: colony assignments are paused", PausedError),
    (
        "submitfuncspecmsg",
        400,
        "Failed to submit function spec, priority outside range [-50000, 50000]",
        InvalidError,
    ),
    ("getprocessmsg", 404, "Failed to get process, process not found", NotFoundError),
    ("closesuccessfulmsg", 500, NIL.format("close process as successful", "process"), NotFoundError),
    ("closesuccessfulmsg", 400, "Tried to set failed process as successful", ConflictError),
    ("closefailedmsg", 400, "Tried to set failed process as failed", ConflictError),
    (
        "closefailedmsg",
        403,
        "Failed to close process as failed, not allowed to close process as failed",
        DeniedError,
    ),
    ("setoutputmsg", 403, "Failed to set output, process is not running", ConflictError),
    ("cancelprocessmsg", 400, "Tried to cancel already cancelled process", ConflictError),
    ("removeprocessmsg", 400, "Failed to remove process, cannot remove a running process", ConflictError),
    ("getprocessesmsg", 400, "Count is larger than MaxCount limit <100>", InvalidError),
    ("getlogsmsg", 403, "Count exceeds max log count (500)", InvalidError),
    ("getlogsmsg", 500, "Failed to get logs, process does not exist", NotFoundError),
    ("addattributemsg", 403, "Failed to add attribute, process is not running", ConflictError),
    (
        "addattributemsg",
        400,
        'pq: duplicate key value violates unique constraint "prod_attributes_pkey"',
        AlreadyExistsError,
    ),
    ("channelreadmsg", 404, "Channel not found", NotFoundError),
    ("channelappendmsg", 403, "Not authorized to write to channel", DeniedError),
    ("addfunctionmsg", 403, "Not allowed to add a function to another executor", DeniedError),
    ("addcronmsg", 400, "expected exactly 6 fields, found 3: [not a cron]", InvalidError),
    ("addcronmsg", 400, "Cron with name <c1> in Colony <gold-crons> already exists", AlreadyExistsError),
    ("getcronmsg", 500, NIL.format("get cron", "cron"), NotFoundError),
    ("runcronmsg", 400, "cron not found", NotFoundError),
    ("packgeneratormsg", 500, NIL.format("increment generator", "generator"), NotFoundError),
    ("getfilemsg", 400, "Failed to get file", NotFoundError),
    (
        "createsnapshotmsg",
        500,
        "Snapshot with name <s1> in Colony <gold-snapshots> already exists",
        AlreadyExistsError,
    ),
    ("removeusermsg", 400, "User with name <nosuch> not found", NotFoundError),
    ("getusermsg", 500, NIL.format("get user", "user"), NotFoundError),
    (
        "addblueprintmsg",
        409,
        "blueprint with name 'w1' already exists in colony 'gold-blueprints'",
        AlreadyExistsError,
    ),
    ("addblueprintmsg", 400, "blueprint validation failed: required field 'image' is missing", InvalidError),
    (
        "removeblueprintdefinitionmsg",
        409,
        "cannot remove BlueprintDefinition 'widgets': 1 blueprint(s) of kind 'GoldWidget' still exist",
        ConflictError,
    ),
    ("submitworkflowspecmsg", 500, "Duplicate nodename: a", InvalidError),
    ("getprocessgraphmsg", 500, NIL.format("get processgraph", "graph"), NotFoundError),
    (
        "removeprocessgraphmsg",
        400,
        "Failed to remove processgraph, cannot remove a running processgraph",
        ConflictError,
    ),
    ("changeuseridmsg", 400, "Failed to change user Id, new user Id is not 64 characters", InvalidError),
    ("subscribeprocessmsg", 403, f"Invalid process with Id {ZEROS}", NotFoundError),
    ("subscribechannelmsg", 403, "Not authorized to subscribe to channel", DeniedError),
]


@pytest.mark.parametrize(("msgtype", "status", "text", "kind"), EXPECTED)
def test_recorded_refusals(msgtype: str, status: int, text: str, kind: type[RPCError]) -> None:
    """The refusal was recorded, and is this exception and no other."""
    error = from_reply(METHODS[msgtype], status, text)
    assert type(error) is kind
    assert (msgtype, status, text) in recorded_failures()


def test_a_denial_says_who_signed_and_who_may() -> None:
    """A wrong key shows as a denial, so the message helps to find it."""
    text = "Access denied, not a member of Colony with name <dev>"
    error = from_reply(METHODS["getprocessmsg"], 403, text, "ab" * 32)
    assert isinstance(error, DeniedError)
    assert "signed by abababab…" in str(error)
    assert "executor approved or user" in str(error)


@pytest.mark.parametrize("msgtype", sorted(METHODS))
def test_each_text_of_the_schema_means_its_own_error(msgtype: str) -> None:
    """None loses to another one that fits as well, such as to `{detail}`, whatever the placeholders stand for."""
    method = METHODS[msgtype]
    for spec in (*method.errors, *ENVELOPE_ERRORS):
        for filling in ("x", "two words", "a-b_c.d"):
            found = find(method, spec.status, re.sub(r"\{\w+\}", filling, spec.text))
            assert found is not None
            assert (found.text, found.code) == (spec.text, spec.code)


def test_refusals_that_the_schema_does_not_list() -> None:
    """Unknown texts fall back on the status."""
    method = METHODS["getprocessmsg"]
    kinds = {
        status: type(from_reply(method, status, "no such text")).__name__ for status in (400, 403, 404, 500)
    }
    assert kinds == {400: "InvalidError", 403: "DeniedError", 404: "NotFoundError", 500: "ServerFaultError"}


def recorded_failures() -> set[tuple[str, int, str]]:
    """Every recorded refusal."""
    posted = {
        (exchange.msgtype, exchange.failure["status"], exchange.failure["message"])
        for exchange in all_exchanges()
        if exchange.failure is not None
    }
    return posted | WEBSOCKET_FAILURES
