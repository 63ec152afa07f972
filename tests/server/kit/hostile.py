"""Large envelopes that nobody has signed, of any size."""

from __future__ import annotations

import base64
from collections.abc import Callable

SIGNATURE = "1" * 130
"""Has the form of one."""


def text(key: str, what: bytes) -> Callable[[int], bytes]:
    """Makes an envelope with a large text in it."""
    return lambda size: b'{"payloadtype":"x","%b":"%b"}' % (key.encode(), what * (size // len(what)))


def value(key: str, begin: bytes, what: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    """Makes an envelope with another large value in it."""
    return lambda size: (
        b'{"payloadtype":"x","%b":%b}' % (key.encode(), begin + what * (size // len(what)) + end)
    )


def call(msgtype: str, rest: str) -> Callable[[int], bytes]:
    """Makes an envelope with a large payload that is one."""

    def make(size: int) -> bytes:
        payload = base64.b64encode(b"x" * (size // 4 * 3)).decode()
        return f'{{"payloadtype":"{msgtype}","payload":"{payload}"{rest}}}'.encode()

    return make


HOSTILE: dict[str, tuple[Callable[[int], bytes], int]] = {
    "lists": (value("a", b"[", b"[],", b"0]"), 400),
    "objects": (value("payload", b"[", b"{},", b"0]"), 400),
    "deep": (value("a", b"", b"["), 400),
    "digits": (value("payload", b"", b"1"), 400),
    "a fraction": (value("signature", b"0.", b"1"), 400),
    "space before": (lambda size: b" " * size + b"{}", 400),
    "space inside": (lambda size: b"{" + b" " * size + b"}", 400),
    "space after": (lambda size: b"{}" + b" " * size, 400),
    "texts": (value("a", b"[", b'"",', b"0]"), 400),
    "keys": (lambda size: b"{" + b'"a":0,' * (size // 6) + b'"b":0}', 400),
    "no object": (lambda size: b"x" * size, 400),
    "no end": (lambda size: b'{"a":"' + b"x" * size, 400),
    "a text": (text("a", b"a"), 403),
    "a key": (lambda size: b'{"' + b"x" * size + b'":1}', 403),
    "escapes": (text("payload", b"\\n"), 403),
    "escaped letters": (text("Payload", b"\\u0041"), 403),
    "escaped quotes": (text("payload", b'\\"'), 400),
    "backslashes": (text("a", b"\\"), 400),
    "a type": (text("payloadtype", b"x"), 403),
    "a signature": (text("signature", b"1"), 403),
    "a wrong signature": (call("submitfuncspecmsg", f',"signature":"{SIGNATURE}"'), 403),
    "no signature": (call("submitfuncspecmsg", ""), 403),
    "a version": (call("versionmsg", ""), 400),
}
"""Envelopes that nobody has signed, and the status of the answer."""
