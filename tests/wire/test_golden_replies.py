"""Every recorded reply: successes decode strictly and lose nothing, failures become the right exception."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from colonyos_gen_wire import errors as wire_errors
from colonyos_gen_wire.codec import encode, encode_reply, shape_of
from colonyos_gen_wire.method import ErrorCode, ErrorSpec
from colonyos_gen_wire.shape import ListOf

from colonyos_gen import errors
from colonyos_gen._call.envelope import open_reply
from colonyos_gen.errors import RPCError
from tests.wire.kit.comparing import differences
from tests.wire.kit.recordings import (
    FILES,
    METHODS,
    RECORDED,
    Exchange,
    all_exchanges,
    exchanges,
    frames,
    payload_text,
)

WEBSOCKET_FILES = [path for path in FILES if path.parent.name == "ws"]

# Each class on its own, so that a mix-up in the package's table does not go unnoticed.
CLASSES: dict[ErrorCode, type[RPCError]] = {
    ErrorCode.NOT_FOUND: errors.NotFoundError,
    ErrorCode.DENIED: errors.DeniedError,
    ErrorCode.BAD_SIGNATURE: errors.BadSignatureError,
    ErrorCode.NO_PROCESS: errors.NoProcessError,
    ErrorCode.ALREADY_EXISTS: errors.AlreadyExistsError,
    ErrorCode.INVALID: errors.InvalidError,
    ErrorCode.CONFLICT: errors.ConflictError,
    ErrorCode.PAUSED: errors.PausedError,
    ErrorCode.RATE_LIMITED: errors.RateLimitedError,
    ErrorCode.SERVER_FAULT: errors.ServerFaultError,
}


def specs_for(msgtype: str, status: int, message: str) -> list[ErrorSpec]:
    """The entries of the schema that describe this failure."""
    every = (*METHODS[msgtype].errors, *wire_errors.ENVELOPE_ERRORS)
    return [spec for spec in every if spec.matches(status, message)]


def is_envelope(exchange: Exchange) -> bool:
    """Whether the recorded request body was an envelope at all, rather than some other text."""
    return exchange.raw_request is None or payload_text(exchange) is not None or exchange.raw_request == "{}"


def succeeded(exchange: Exchange) -> bool:
    return exchange.reply is not None and not exchange.reply["error"] and exchange.raw_reply is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_successes_decode_strictly_and_lose_nothing(path: Path) -> None:
    """Times to the microsecond, unset ones however written, null as empty: everything else comes back as it was."""
    found: list[str] = []
    for exchange in filter(succeeded, exchanges(path)):
        assert exchange.reply is not None
        assert exchange.raw_reply is not None
        method, recorded = exchange.method, exchange.reply["payload"]
        assert exchange.status == 200
        value: object = open_reply(method, 200, exchange.raw_reply, strict=True)
        if method.response is None:
            assert value is None
            continue
        shape = shape_of(method.response)
        assert isinstance(value, list) == isinstance(shape, ListOf)
        found += [
            f"{exchange.where}: {line}" for line in differences(shape, recorded, json.loads(encode(value)))
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_successes_can_be_answered_alike(path: Path) -> None:
    """Written as a server writes them, replies have exactly the recorded keys."""
    found: list[str] = []
    for exchange in filter(succeeded, exchanges(path)):
        assert exchange.reply is not None
        assert exchange.raw_reply is not None
        method, recorded = exchange.method, exchange.reply["payload"]
        value = open_reply(method, 200, exchange.raw_reply)
        written = json.loads(encode_reply(method.response, value))
        if method.response is None:
            assert written == {}
            continue
        shape = shape_of(method.response)
        found += [f"{exchange.where}: {line}" for line in differences(shape, recorded, written, exact=True)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_failures_are_in_the_schema(path: Path) -> None:
    """Every status and text that the server answered is matched by an entry of the schema."""
    unmatched: list[str] = []
    for exchange in exchanges(path):
        if exchange.failure is None or not is_envelope(exchange):
            continue
        status, message = exchange.failure["status"], exchange.failure["message"]
        if not specs_for(exchange.msgtype, status, message):
            unmatched.append(f"{exchange.where} {exchange.msgtype} {status} {message}")
    assert not unmatched, "\n".join(unmatched)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_failures_become_the_right_exception(path: Path) -> None:
    """The class is the one of the schema's symbolic code; status, text and call are on the exception."""
    for exchange in exchanges(path):
        if exchange.failure is None:
            continue
        assert exchange.raw_reply is not None
        assert exchange.status is not None
        status, message = exchange.failure["status"], exchange.failure["message"]
        with pytest.raises(RPCError) as caught:
            open_reply(exchange.method, exchange.status, exchange.raw_reply, strict=True)
        error = caught.value
        assert (error.status, error.message, error.method) == (status, message, exchange.method.name)
        assert not error.conn_err()
        specs = specs_for(exchange.msgtype, status, message)
        if specs:
            chosen = next(spec for spec in specs if spec.name == error.name)
            assert type(error) is CLASSES[chosen.code], exchange.where
            telling = min(spec.text.count("{") for spec in specs)
            assert chosen.text.count("{") == telling, "a more telling entry was passed over"


def test_empty_bodies_and_trailing_envelopes_occur() -> None:
    """The recordings hold the replies that need care: empty under 200 and 500."""
    empty = [exchange for exchange in all_exchanges() if exchange.raw_reply == b"" and exchange.payload]
    assert {(exchange.msgtype, exchange.status) for exchange in empty} == {
        ("getcolonystatsmsg", 200),
        ("getprocesshistmsg", 200),
    }
    for exchange in empty:
        with pytest.raises(errors.DeniedError, match="empty body"):
            open_reply(exchange.method, 200, b"")


@pytest.mark.parametrize("path", WEBSOCKET_FILES, ids=lambda path: path.stem)
def test_recorded_frames_decode(path: Path) -> None:
    """What the server pushes decodes strictly, or becomes the exception that the schema gives for it."""
    found: list[str] = []
    for frame in frames(path):
        method, payload = METHODS[frame.msgtype], frame.reply["payload"]
        if frame.reply["error"]:
            with pytest.raises(RPCError) as caught:
                open_reply(method, 200, frame.raw, strict=True)
            specs = specs_for(frame.msgtype, payload["status"], payload["message"])
            assert specs, f"{frame.where}: {payload}"
            assert type(caught.value) in {CLASSES[spec.code] for spec in specs}
            assert caught.value.status == payload["status"]
            continue
        value = open_reply(method, 200, frame.raw, strict=True)
        shape = shape_of(method.response)
        found += [f"{frame.where}: {line}" for line in differences(shape, payload, json.loads(encode(value)))]
    assert not found, "\n".join(found)


def test_enough_was_compared() -> None:
    """The recordings have not shrunk, and hold a success for every message over HTTP."""
    every = all_exchanges()
    successes = [exchange for exchange in every if succeeded(exchange)]
    assert len(successes) > 1000
    assert len([exchange for exchange in every if exchange.failure is not None]) > 600
    pushed = {frame.msgtype for path in WEBSOCKET_FILES for frame in frames(path)}
    assert {exchange.msgtype for exchange in successes} | pushed == RECORDED
