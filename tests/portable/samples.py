"""Recorded replies and requests, each with the name of its type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "generated/colonyos.schema.json"
OPENRPC = ROOT / "generated/openrpc.json"
REPLIES, REQUESTS = 300, 100
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Sample:
    """A value, and the definition that it is of."""

    kind: str
    type: str
    value: Any


def samples() -> list[Sample]:
    """300 replies and 100 requests, spread over all message types."""
    document = json.loads(SCHEMA.read_text())
    replies = list(_spread(_recorded(document, "reply"), REPLIES))
    requests = list(_spread(_recorded(document, "request"), REQUESTS))
    if (len(replies), len(requests)) != (REPLIES, REQUESTS):
        raise SystemExit(f"{len(replies)} replies and {len(requests)} requests are recorded: too few")
    return replies + requests


def _recorded(document: dict[str, Any], kind: str) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for file in sorted((ROOT / "tests/golden/rpc").glob("*.json")):
        for exchange in json.loads(file.read_text())["exchanges"]:
            reply: dict[str, Any] = exchange.get("reply") or {}
            message: dict[str, Any] = document["x-messages"].get(exchange.get("msgtype"), {})
            if reply.get("error") or "payload" not in reply or "reply" not in message:
                continue  # a refused request may be one that breaks the schema
            value: Any = reply["payload"] if kind == "reply" else exchange.get("request_payload")
            schema: dict[str, Any] = message[kind]
            if "items" in schema:  # of a list one element stands for all: the tools name structs only
                value, schema = next(iter(value or []), None), schema["items"]
            if "$ref" not in schema or not isinstance(value, dict):
                continue
            if kind == "request" and cast("dict[str, Any]", value).get("msgtype") != exchange["msgtype"]:
                continue
            name = str(schema["$ref"]).rpartition("/")[2]
            found.setdefault(exchange["msgtype"], []).append(Sample(kind, name, value))
    return found


def _spread(found: dict[str, list[Sample]], count: int) -> Iterator[Sample]:
    turns = max(map(len, found.values()))
    order = [each[turn] for turn in range(turns) for each in found.values() if turn < len(each)]
    yield from order[:count]


def lost(before: Any, after: Any, path: str = "$") -> Iterator[str]:
    """What is not there any more; the same instant and empty for absent are the same."""
    if isinstance(before, dict):
        members = cast("dict[str, Any]", before)
        other = cast("dict[str, Any]", after if isinstance(after, dict) else {})
        for key, value in members.items():
            if not _empty(value) or key in other:
                yield from lost(value, other.get(key), f"{path}.{key}")
    elif (
        isinstance(before, list)
        and isinstance(after, list)
        and len(cast("list[Any]", before)) == len(cast("list[Any]", after))
    ):
        for index, (one, two) in enumerate(
            zip(cast("list[Any]", before), cast("list[Any]", after), strict=True)
        ):
            yield from lost(one, two, f"{path}[{index}]")
    elif not (_empty(before) and _empty(after)) and _plain(before) != _plain(after):
        yield f"{path}: {before!r} became {after!r}"


def _empty(value: Any) -> bool:
    return value in (None, "", [], {}, 0, False) or value == "0001-01-01T00:00:00Z"


def _plain(value: Any) -> Any:
    """A time without zeros at its end, `Z` for +00:00, so that the same instants are the same texts."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    return match[1], (match[2] or "").rstrip("0"), match[3].replace("+00:00", "Z")
