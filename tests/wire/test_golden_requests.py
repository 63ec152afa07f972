"""Every recorded request is one that our structs reproduce, field for field, and that our keys sign alike."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire.codec import decode_request, encode, unknown_fields
from colonyos_gen_wire.requests.server import GetServerInfoMsg
from colonyos_gen_wire.shape import StructOf

from colonyos_gen import crypto
from colonyos_gen._call.envelope import signed, written
from tests.wire.kit.comparing import differences
from tests.wire.kit.recordings import (
    FILES,
    METHODS,
    RECORDED,
    Exchange,
    all_exchanges,
    exchanges,
    payload_text,
)

# Sent on purpose, to show that the server ignores what it does not know.
IGNORED = {
    ("getcolonymsg", "extra"),
    ("getprocessmsg", "colonyname"),
    ("getblueprintsmsg", "colonyname"),
    ("addlogmsg", "colonyname"),
    ("addlogmsg", "executorname"),
    ("addfunctionmsg", "function"),
    ("submitfuncspecmsg", "spec.conditions.processes-per-node"),
    # Known keys, in another case.
    ("submitfuncspecmsg", "spec.conditions.ExecutorNames"),
    ("submitfuncspecmsg", "spec.conditions.DEPENDENCIES"),
    ("submitfuncspecmsg", "spec.fs.DIRS"),
    ("submitfuncspecmsg", "spec.fs.Snapshots"),
    ("submitworkflowspecmsg", "spec.functionspecs[0].conditions.processes-per-node"),
}


def is_malformed(exchange: Exchange) -> bool:
    """Whether the payload was recorded in order to be refused: the server could not read it, or would not answer it."""
    if exchange.msgtype == "getserverinfomsg" or exchange.status is None:
        return not isinstance(exchange.payload, dict)
    return exchange.refused_as_malformed or (exchange.status == 400 and exchange.payload is None)


def fields_of(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload without its message type."""
    return {key: value for key, value in payload.items() if key != "msgtype"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_requests_are_reproduced(path: Path) -> None:
    """Decoded as a server would and encoded again, no recorded field is lost and only zero values come in."""
    found: list[str] = []
    for exchange in exchanges(path):
        if is_malformed(exchange) or exchange.payload is None:
            continue
        request = decode_request(exchange.method, exchange.payload)
        ours = json.loads(encode(request))
        assert ours.pop("msgtype") == exchange.msgtype
        shape = StructOf(exchange.method.request)
        found += [
            f"{exchange.where} {exchange.msgtype} {line}"
            for line in differences(shape, fields_of(exchange.payload), ours)
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_requests_have_no_unknown_field(path: Path) -> None:
    """The schema knows every field that was ever sent, save the ones sent to show that they are ignored."""
    found: list[str] = []
    for exchange in exchanges(path):
        if is_malformed(exchange) or exchange.payload is None:
            continue
        payload = msgspec.json.encode(fields_of(exchange.payload))
        paths = unknown_fields(exchange.method.request, payload)
        found += [f"{exchange.where}: {name}" for name in paths if (exchange.msgtype, name) not in IGNORED]
    assert not found, "\n".join(found)


def test_we_refuse_what_the_server_could_not_read() -> None:
    """Our decoder and the server draw the same line through the recorded payloads."""
    wrong: list[str] = []
    for exchange in all_exchanges():
        text = payload_text(exchange)
        if exchange.raw_request is not None and text is None:
            continue  # the body itself is no envelope
        try:
            decode_request(exchange.method, exchange.payload)
            readable = True
        except msgspec.ValidationError:
            readable = False
        if exchange.payload is not None and readable == is_malformed(exchange):
            wrong.append(f"{exchange.where} {exchange.msgtype}: {str(exchange.payload)[:100]}")
    assert not wrong, "\n".join(wrong)


def test_few_recorded_requests_are_left_out() -> None:
    """One malformed request for each message comes from a sweep; the others are counted."""
    every = all_exchanges()
    left_out = [exchange for exchange in every if is_malformed(exchange) or exchange.payload is None]
    by_file = Counter(exchange.where.split()[0] for exchange in left_out)
    assert by_file.pop("38_sweep_invalid_json.json") <= len(METHODS)
    assert sum(by_file.values()) <= 30, by_file
    assert len(every) - len(left_out) > 1600
    assert {exchange.msgtype for exchange in every if exchange not in left_out} == RECORDED


def test_recorded_signatures_are_reproduced() -> None:
    """Signing the recorded base64 text with the actor's key gives the recorded signature, byte for byte."""
    checked = 0
    for exchange in all_exchanges():
        text = payload_text(exchange)
        if exchange.verbatim or exchange.prvkey is None or exchange.raw_request is None or text is None:
            continue
        envelope = json.loads(exchange.raw_request)
        assert envelope["payloadtype"] == (
            exchange.msgtype if exchange.payloadtype is None else exchange.payloadtype
        )
        key = crypto.PrivateKey.parse(exchange.prvkey)
        assert key.id == exchange.signer, exchange.where
        assert key.sign(text.encode()) == envelope["signature"], exchange.where
        checked += 1
    assert checked > 1300


def test_sealed_envelopes_are_what_the_server_read() -> None:
    """Our envelope has the recorded keys and types, a payload that says the same, and a signature by the same identity."""
    sealed: Counter[str] = Counter()
    for exchange in all_exchanges():
        if is_malformed(exchange) or exchange.prvkey is None or exchange.payload is None:
            continue
        if sealed[exchange.msgtype] >= 3:
            continue
        sealed[exchange.msgtype] += 1
        request = decode_request(exchange.method, exchange.payload)
        body = signed(exchange.msgtype, written(request), crypto.PrivateKey.parse(exchange.prvkey))
        envelope = json.loads(body)
        assert set(envelope) == {"payloadtype", "payload", "signature"}
        assert envelope["payloadtype"] == exchange.msgtype
        assert crypto.recid(envelope["payload"], envelope["signature"]) == exchange.signer
        assert msgspec.json.decode(f'"{envelope["payload"]}"', type=bytes) == encode(request)
    assert len(sealed) > 90


def test_unsigned_requests_carry_an_empty_signature() -> None:
    """`version` and `server_info` need nobody's key."""
    envelope = json.loads(signed("getserverinfomsg", written(GetServerInfoMsg()), None))
    assert envelope["signature"] == ""
