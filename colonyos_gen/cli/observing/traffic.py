"""Finds replies in JSON of whatever form: our recordings, examples, archives of HTTP, logs with envelopes in them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from colonyos_gen.cli.observing.plain import list_in, object_in

_REQUESTS = ("raw_request", "request_payload", "request", "sent", "req")
_REPLIES = ("raw_reply", "raw_reply_b64", "raw", "reply", "response", "answer", "received", "resp")
_MOST_DEPTH = 60
_ABBREVIATED = "$repeat"
"""How recordings write a text of which one part is repeated."""

_envelope_begins = re.compile(r'\{\s*"(?:payloadtype|payload|signature|error)"').finditer
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class Exchange:
    """A reply, and what is known of its request."""

    msgtype: str
    """Of the request; empty where only the reply is there."""
    payloadtype: str
    """Of the reply."""
    payload: Any
    """Of the reply, as JSON."""
    error: bool
    """Whether it is a refusal."""
    envelope: dict[str, Any] | None
    """As it was sent; None where only the payload was recorded."""
    request: Any = None
    unreadable: bool = False
    """Whether the payload is no JSON."""


def exchanges(value: Any, msgtypes: frozenset[str]) -> Iterator[Exchange]:
    """All that are in a JSON value. `msgtypes` are those that exist, as keys may be."""
    yield from _Search(msgtypes).value(value, "", 0)


def in_text(text: str, msgtypes: frozenset[str]) -> Iterator[tuple[int, Exchange]]:
    """Those in a text of any kind that has JSON in it, each with the line in which it begins, from 1 on."""
    search = _Search(msgtypes)
    end, line, counted = 0, 1, 0
    for match in _envelope_begins(text):
        if match.start() < end:
            continue
        try:
            value, end = _decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        for found in search.value(value, "", 0):
            yield line, found


class _Search:
    def __init__(self, msgtypes: frozenset[str]) -> None:
        self._msgtypes = msgtypes

    def value(self, value: Any, context: str, depth: int) -> Iterator[Exchange]:
        """`context` is the message type that something around it has; empty for none."""
        if depth > _MOST_DEPTH:
            return
        if isinstance(value, list):
            for item in list_in(value):
                yield from self.value(item, context, depth + 1)
        elif isinstance(value, dict):
            yield from self._object(cast("dict[str, Any]", value), context, depth)
        elif isinstance(value, str) and '"payloadtype"' in value and (envelope := _envelope_in(value, 0)):
            yield from self._opened(envelope, "", None)

    def _object(self, node: dict[str, Any], context: str, depth: int) -> Iterator[Exchange]:
        if _is_envelope(node):
            yield from self._opened(node, context, None)
            return
        msgtype, request = self._request(node, context)
        for key in _REPLIES:
            value = node.get(key)
            if value is None:
                continue
            envelope = _envelope_in(_from_base64(value) if key.endswith("_b64") else value, 0)
            if envelope is not None:
                yield from self._opened(envelope, msgtype, request)
                return
        # An example has payloads alone.
        reply = next((key for key in ("reply", "response", "answer") if key in node), None)
        if reply is not None and msgtype in self._msgtypes and request is not None:
            if not _is_http(node[reply]) and node[reply] is not None:
                yield Exchange(msgtype, "", _whole(node[reply]), False, None, request)
            return
        for key, value in node.items():
            inside = key if key in self._msgtypes else msgtype or context
            yield from self.value(value, inside, depth + 1)

    def _request(self, node: dict[str, Any], context: str) -> tuple[str, Any]:
        """The message type of a request, and its payload, as far as they are there."""
        named = next(
            (node[key] for key in ("payloadtype", "msgtype", "method") if _is_text(node.get(key))), ""
        )
        for key in _REQUESTS:
            value = node.get(key)
            if value is None:
                continue
            envelope = _envelope_in(value, 0)
            if envelope is not None:
                ok, payload = _payload(envelope["payload"])
                return str(envelope["payloadtype"]), payload if ok else None
            if isinstance(value, dict) and _is_text(cast("dict[str, Any]", value).get("msgtype")):
                request = cast("dict[str, Any]", value)
                return (named or request["msgtype"]), request
            if isinstance(value, dict) and not _is_http(value):
                return named or context, cast("dict[str, Any]", value)
        return named or context, None

    def _opened(self, envelope: dict[str, Any], msgtype: str, request: Any) -> Iterator[Exchange]:
        if "signature" in envelope:  # a request
            return
        payloadtype = str(envelope["payloadtype"])
        ok, payload = _payload(envelope["payload"])
        if not ok and not isinstance(envelope["payload"], str):
            return
        if not ok and not _is_base64(envelope["payload"]):
            return  # opened by whoever recorded it, and cut short
        sent = envelope if isinstance(envelope["payload"], str) and _is_base64(envelope["payload"]) else None
        error = envelope.get("error") is True
        yield Exchange(msgtype, payloadtype, _whole(payload), error, sent, request, unreadable=not ok)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_envelope(node: dict[str, Any]) -> bool:
    return (
        isinstance(node.get("payloadtype"), str)
        and "payload" in node
        and ("signature" in node or "error" in node)
    )


def _is_http(value: Any) -> bool:
    """Whether it is about HTTP, as in an archive, and not what was answered."""
    return bool({"headers", "httpVersion", "statusText"} & object_in(value).keys())


def _envelope_in(value: Any, depth: int) -> dict[str, Any] | None:
    """The first envelope in a value: itself, its text, or something that it holds a few steps down."""
    if isinstance(value, dict):
        node = cast("dict[str, Any]", value)
        if _is_envelope(node):
            return node
        if depth < 3:
            if node.get("encoding") == "base64" and "text" in node:
                return _envelope_in(_from_base64(node["text"]), depth + 1)
            inner = (
                node[key]
                for key in ("content", "postData", "text", "body", "data", "json", "raw")
                if key in node
            )
            return next((found for each in inner if (found := _envelope_in(each, depth + 1))), None)
    elif isinstance(value, str) and '"payloadtype"' in value:
        try:
            found, _ = _decode(value.lstrip("\ufeff \t\r\n"))
        except (ValueError, RecursionError):
            return None
        return object_in(found) if _is_envelope(object_in(found)) else None
    return None


def _payload(value: Any) -> tuple[bool, Any]:
    """Whether it can be read, and what it holds: JSON, its text, or that in base64."""
    if not isinstance(value, str):
        return True, value
    for text in (_from_base64(value), value):
        try:
            if text:
                return True, json.loads(text)
        except (ValueError, RecursionError):
            pass
    return False, None


def _from_base64(value: Any) -> str:
    """The text that it stands for; empty if it stands for none."""
    try:
        return base64.b64decode(value, validate=True).decode() if isinstance(value, str) else ""
    except (binascii.Error, ValueError):
        return ""


def _is_base64(text: str) -> bool:
    return re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", text) is not None


def _whole(value: Any) -> Any:
    """`value` with what was abbreviated in it as the text that is repeated."""
    if isinstance(value, dict):
        node = cast("dict[str, Any]", value)
        if len(node) == 1 and isinstance(node.get(_ABBREVIATED), list) and node[_ABBREVIATED]:
            return node[_ABBREVIATED][0]
        return {key: _whole(item) for key, item in node.items()}
    if isinstance(value, list):
        return [_whole(item) for item in list_in(value)]
    return value
