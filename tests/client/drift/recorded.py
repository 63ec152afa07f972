"""Replies of the real server, as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS


def replies(folder: Path) -> Iterator[tuple[Method[Any, Any], Any]]:
    """Every reply that is no refusal, and whole, with its method."""
    for path in sorted(folder.glob("*/*.json")):
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            continue
        recording = cast("dict[str, Any]", document)
        events = [event["exchange"] for event in recording.get("events", []) if event["type"] == "rpc"]
        for exchange in [*recording.get("exchanges", []), *events]:
            reply, method = exchange.get("reply"), METHODS.get(exchange.get("msgtype", ""))
            if not reply or reply["error"] or method is None or isinstance(reply["payload"], str):
                continue
            if reply["payloadtype"] == method.payloadtype and exchange["http_status"] == 200:
                yield method, reply["payload"]
