"""Drivers that are wrong in one thing, and ones that are right in another way: `python -m tests.conformance.drivers NAME`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import coincurve

from colonyos_gen.conformance._driver import answer
from colonyos_gen.crypto import CURVE_ORDER, InvalidSignatureError, PrivateKey, recid

Vector = dict[str, Any]
Answer = dict[str, Any]
Change = Callable[[Vector, Answer], Answer]


def each_value(change: Callable[[Any], Any], only: str = "value") -> Change:
    """Changes every value inside of what was read."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, list):
            return [walk(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return change(value)

    def changed(_: Vector, given: Answer) -> Answer:
        return {**given, only: walk(given[only])} if only in given else given

    return changed


def through_doubles(value: Any) -> Any:
    return int(float(value)) if isinstance(value, int) and not isinstance(value, bool) else value


def without_fractions(value: Any) -> Any:
    return re.sub(r"(:\d\d)\.\d+", r"\1", value) if isinstance(value, str) else value


def in_utc(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def ascii_only(value: Any) -> Any:
    return value.encode("ascii", "replace").decode() if isinstance(value, str) else value


def without_empty(_: Vector, given: Answer) -> Answer:
    """Leaves out what is null or empty or zero, where a struct has that by default."""
    value: dict[str, Any] | None = given.get("value")
    if value is None:
        return given
    empty: tuple[object, ...] = (None, [], {}, "", 0, False)
    return {"value": {key: item for key, item in value.items() if item not in empty or key in REQUIRED}}


REQUIRED = {"processid", "spec", "funcname", "msgtype", "colonyname", "timeout"}


def written(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Changes the payload that is written."""

    def changed(_: Vector, given: Answer) -> Answer:
        return {**given, "text": json.dumps(change(json.loads(given["text"])))} if "text" in given else given

    return changed


def without_defaults(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if value not in (100, -1)}


def no_limits(vector: Vector, given: Answer) -> Answer:
    refused = vector["op"] == "write_request" and "error" in given
    return (
        {"text": json.dumps({"msgtype": vector["message"], **json.loads(vector["text"])})}
        if refused
        else given
    )


def takes_all(vector: Vector, given: Answer) -> Answer:
    if vector["op"] != "read_reply" or "error" not in given:
        return given
    try:
        return {"value": json.loads(vector["text"])}
    except ValueError:
        return {"value": None}


def refuses_all(_: Vector, given: Answer) -> Answer:
    return {"error": {"kind": "invalid"}} if "value" in given else given


def error(**facts: object) -> Change:
    """Changes what is told of a refusal."""

    def changed(_: Vector, given: Answer) -> Answer:
        told: dict[str, Any] = given.get("error", {})
        return {"error": {**told, **facts}} if told.get("kind") == "refused" else given

    return changed


def http_status(vector: Vector, given: Answer) -> Answer:
    return error(status=vector.get("status"))(vector, given)


def envelope(change: Callable[[Vector, dict[str, Any]], dict[str, Any]]) -> Change:
    """Changes the envelope that is signed."""

    def changed(vector: Vector, given: Answer) -> Answer:
        if "envelope" not in given:
            return given
        return {"envelope": json.dumps(change(vector, json.loads(given["envelope"])))}

    return changed


def signed_json(vector: Vector, made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "signature": PrivateKey.parse(vector["key"]).sign(vector["text"])}


def with_spaces(vector: Vector, made: dict[str, Any]) -> dict[str, Any]:
    payload = base64.b64encode(json.dumps(json.loads(vector["text"])).encode())
    return {**made, "payload": payload.decode(), "signature": PrivateKey.parse(vector["key"]).sign(payload)}


def high_s(_: Vector, made: dict[str, Any]) -> dict[str, Any]:
    text = made["signature"]
    s, v = int(text[64:128], 16), int(text[128:], 16)
    return {**made, "signature": f"{text[:64]}{CURVE_ORDER - s:064x}{v ^ 1:02x}"}


def another_nonce(vector: Vector, made: dict[str, Any]) -> dict[str, Any]:
    """Another signature of the same key, as one with a random nonce is."""
    digest = hashlib.sha3_256(made["payload"].encode()).digest()
    key, nonce = int(vector["key"], 16), int.from_bytes(hashlib.sha256(digest).digest(), "big")
    point = coincurve.PrivateKey.from_int(nonce).public_key.point()
    r = point[0] % CURVE_ORDER
    s = (int.from_bytes(digest, "big") + r * key) * pow(nonce, -1, CURVE_ORDER) % CURVE_ORDER
    v = point[1] & 1
    if s > CURVE_ORDER // 2:
        s, v = CURVE_ORDER - s, v ^ 1
    return {**made, "signature": f"{r:064x}{s:064x}{v:02x}"}


def of_the_bytes(vector: Vector, given: Answer) -> Answer:
    if vector["op"] != "identity" or "identity" not in given:
        return given
    public = coincurve.PrivateKey(bytes.fromhex(vector["key"])).public_key.format(compressed=False)
    return {"identity": hashlib.sha3_256(public).hexdigest()}


def trusts_high_s(vector: Vector, given: Answer) -> Answer:
    if vector["op"] != "recover" or "error" not in given:
        return given
    text = vector["signature"]
    try:
        s, v = int(text[64:128], 16), int(text[128:], 16)
        low = f"{text[:64]}{CURVE_ORDER - s:064x}{v ^ 1:02x}"
        return {"identity": recid(vector["payload"], low)}
    except (ValueError, InvalidSignatureError):
        return given


WRONG: dict[str, tuple[str, Change]] = {
    "integers through doubles": ("read_reply/", each_value(through_doubles)),
    "no fractions of seconds": ("read_reply/", each_value(without_fractions)),
    "ASCII": ("read_request/", each_value(ascii_only)),
    "takes any reply": ("read_reply/", takes_all),
    "refuses any reply": ("read_reply/", refuses_all),
    "refuses any request": ("read_request/", refuses_all),
    "refuses any response": ("read_response/", refuses_all),
    "nothing for a result": (
        "read_response/",
        lambda _, given: {**given, "value": None} if "value" in given else given,
    ),
    "defaults left to the server": ("write_request/", written(without_defaults)),
    "no msgtype": ("write_request/", written(lambda payload: {**payload, "msgtype": ""})),
    "no limits": ("write_request/", no_limits),
    "one code": ("read_response/", error(code="DENIED")),
    "status of HTTP": ("read_response/", http_status),
    "words of its own": ("read_response/", error(message="It failed.")),
    "refusals are invalid": ("read_response/", error(kind="invalid")),
    "the JSON is signed": ("sign/", envelope(signed_json)),
    "the JSON is written anew": ("sign/", envelope(with_spaces)),
    "high s": ("sign/", envelope(high_s)),
    "another payload type": ("sign/", envelope(lambda _, made: {**made, "payloadtype": "x"})),
    "hash of the bytes": ("identity/", of_the_bytes),
    "takes any key": ("identity/", lambda _, given: given if "identity" in given else {"identity": "0" * 64}),
    "high s is fine": ("recover/", trusts_high_s),
    "one signer": ("recover/", lambda _, given: {"identity": "0" * 64} if "identity" in given else given),
    "an empty answer": ("", lambda _vector, _given: {}),
}
"""What is wrong, and where that must be seen."""

RIGHT: dict[str, tuple[str, Change]] = {
    "times in UTC": ("read_reply/*process*", each_value(in_utc)),
    "empty values left out": ("read_reply/assignprocessmsg", without_empty),
    "other signatures": ("sign/", envelope(another_nonce)),
    "a word more": ("", lambda _, given: {**given, "took": 1}),
    "other paths": (
        "wrong",
        lambda _, given: {"error": {**given["error"], "path": "somewhere"}} if "error" in given else given,
    ),
}
"""What is no difference, and where it is tried."""


def misbehave(kind: str, vector: Vector) -> None:
    """What a driver does around its third answer."""
    if vector["id"] % 7 != 3:
        return
    if kind == "hangs":
        time.sleep(600)
    elif kind == "dies":
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(3)
    elif kind == "talks":
        print("hello there", flush=True)
    elif kind == "answers another":
        print(json.dumps({"id": vector["id"] - 1, "value": None}), flush=True)


def main(kind: str) -> int:
    """Answer the lines of standard input in this way."""
    if kind == "never starts":
        return 4
    for line in sys.stdin:
        vector = json.loads(line)
        if kind == "always hangs":
            time.sleep(600)
        misbehave(kind, vector)
        given = answer(vector)
        if kind == "has no sign" and vector["op"] == "sign":
            given = {"unsupported": True}
        if kind in WRONG:
            given = WRONG[kind][1](vector, given)
        print(json.dumps({"id": vector["id"], **given}), flush=True)
    if kind == "says goodbye":
        print("goodbye")
    if kind == "never ends":
        time.sleep(600)
    return 5 if kind == "ends badly" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
