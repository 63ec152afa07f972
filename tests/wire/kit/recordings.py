"""The traffic recorded from a server, as the tests of the wire read it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from colonyos_gen_wire import methods
from colonyos_gen_wire.constants import RELEASES
from colonyos_gen_wire.method import Method

GOLDEN = Path(__file__).parents[2] / "golden"
METHODS = methods.METHODS
RECORDED = {msgtype for msgtype, method in METHODS.items() if method.since in (None, *RELEASES)}
"""The messages that the recorded server had."""
FILES = sorted([*GOLDEN.glob("rpc/*.json"), *GOLDEN.glob("ws/*.json")])


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its reply; over a WebSocket, the request alone."""

    where: str
    msgtype: str
    payloadtype: str | None
    """What the envelope says, where that differs from `msgtype`."""
    payload: Any
    """The decoded payload of the request; text when it is not JSON."""
    raw_request: str | None
    prvkey: str | None
    signer: str | None
    verbatim: bool
    status: int | None
    reply: dict[str, Any] | None
    """The decoded reply envelope; None when the body held none."""
    raw_reply: bytes | None

    @property
    def method(self) -> Method[Any, Any]:
        """The method of a registered message."""
        return METHODS[self.msgtype]

    @property
    def failure(self) -> dict[str, Any] | None:
        """Status and message of an error reply."""
        return self.reply["payload"] if self.reply is not None and self.reply["error"] else None

    @property
    def refused_as_malformed(self) -> bool:
        """Whether the server could not read the payload."""
        return self.failure is not None and self.failure["message"].endswith("invalid JSON")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that the server pushed, with the request that it answers."""

    where: str
    msgtype: str
    raw: bytes
    reply: dict[str, Any]


def method_of(msgtype: str) -> Method[Any, Any]:
    """The method of a message; fails with its name if there is none."""
    assert msgtype in METHODS, f"{msgtype} is gone from the schema, and is still named here"
    return METHODS[msgtype]


def expand(value: Any) -> Any:
    """`value` with `{"$repeat": [text, n]}` written out."""
    if isinstance(value, dict):
        entries: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        if list(entries) == ["$repeat"]:
            text, times = entries["$repeat"]
            return text * times
        return {key: expand(item) for key, item in entries.items()}
    if isinstance(value, list):
        return [expand(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


@cache
def load(path: Path) -> dict[str, Any]:
    """One file of recordings."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@cache
def exchanges(path: Path) -> tuple[Exchange, ...]:
    """Every request of a file whose message type the protocol registers, in order."""
    recording = load(path)
    return tuple(
        _exchange(entry, recording["actors"], f"{path.name} {place}")
        for place, entry in _requests(recording)
        if entry["msgtype"] in METHODS
    )


def all_exchanges() -> list[Exchange]:
    """Every request of every file."""
    return [exchange for path in FILES for exchange in exchanges(path)]


def frames(path: Path) -> list[Frame]:
    """The data frames that the server pushed in a WebSocket recording."""
    asked: dict[str, str] = {}
    found: list[Frame] = []
    for index, event in enumerate(load(path).get("events", [])):
        if event["type"] == "ws_send":
            asked[event["conn"]] = event["msgtype"]
        elif event["type"] == "ws_recv" and event["frame"] != "close":
            where = f"{path.name} event {index}"
            found.append(Frame(where, asked[event["conn"]], event["raw"].encode(), event["reply"]))
    return found


def payload_text(exchange: Exchange) -> str | None:
    """The base64 text of the recorded payload, which is what was signed; None where the body is no envelope."""
    try:
        envelope = json.loads(exchange.raw_request or "")
    except ValueError:
        return None
    payload: object = envelope.get("payload") if isinstance(envelope, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return payload if isinstance(payload, str) else None


def envelope_bytes(payloadtype: str, payload: Any, *, error: bool = False) -> bytes:
    """A reply envelope around `payload`."""
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps({"payloadtype": payloadtype, "payload": text, "error": error}).encode()


def _requests(recording: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in recording.get("exchanges", []):
        if entry.get("msgtype"):
            yield f"step {entry['step']}", entry
    for index, event in enumerate(recording.get("events", [])):
        if event["type"] == "rpc":
            yield f"event {index}", event["exchange"]
        elif event["type"] == "ws_send":
            yield f"event {index}", event


def _exchange(entry: dict[str, Any], actors: dict[str, Any], where: str) -> Exchange:
    actor: dict[str, Any] = actors.get(entry["as"]) or {}
    raw_reply: str | None = entry.get("raw_reply")
    return Exchange(
        where=where,
        msgtype=entry["msgtype"],
        payloadtype=entry.get("payloadtype"),
        payload=expand(entry["request_payload"]),
        raw_request=entry.get("raw_request", entry.get("raw")),
        prvkey=actor.get("prvkey"),
        signer=actor.get("id"),
        verbatim=entry.get("verbatim", False),
        status=entry.get("http_status"),
        reply=entry.get("reply"),
        raw_reply=None if raw_reply is None else raw_reply.encode(),
    )


WEBSOCKET_FAILURES: set[tuple[str, int, str]] = {
    (frame.msgtype, frame.reply["payload"]["status"], frame.reply["payload"]["message"])
    for path in FILES
    for frame in frames(path)
    if frame.reply["error"]
}
"""Message type, status and text of the refusals that came over a WebSocket."""
