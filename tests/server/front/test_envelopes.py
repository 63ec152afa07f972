"""Envelopes that no client sends: read, or refused, as by the real server, and never with words of a library of ours."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSMsgType
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import PrivateKey
from colonyos_gen.server import V1_9, Quirks
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front.envelope import Envelope, read_envelope, read_payload, text_of
from tests.server.kit.lab import COLONY, Lab, envelope, lab, opened, spec
from tests.server.kit.socket_lab import line

REQUEST = {"msgtype": "getprocessesmsg", "colonyname": COLONY, "count": 5, "state": 0}
TEXT = json.dumps(REQUEST)
MODES = pytest.mark.parametrize("quirks", [Quirks(), V1_9], ids=["strict", "v1.9"])


def _play(act: Callable[[Lab, PrivateKey], Awaitable[None]], quirks: Quirks) -> None:
    async def main() -> None:
        async with lab(quirks=quirks) as here:
            await act(here, await here.add_user("u"))

    asyncio.run(main())


def _signed(key: PrivateKey, payload: str, payloadtype: str = "getprocessesmsg") -> bytes:
    fields = {"payloadtype": payloadtype, "payload": payload, "signature": key.sign(payload)}
    return json.dumps(fields).encode()


def _with(body: bytes, more: bytes) -> bytes:
    return body[:-1] + b"," + more + b"}"


ADDED = {
    "bytes that are no UTF-8": b'"x":"\xff\xfe"',
    "such bytes in a key": b'"\xff":1',
    "half a character": b'"x":"\\ud800"',
    "half a character in a key": b'"\\udc00":"\\ud800"',
    "a payload that is null": b'"payload":null',
    "one in capitals": b'"PAYLOAD":null',
    "a number beyond any": b'"x":1e999',
    "a long number": b'"x":' + b"9" * 400,
    "an object with a key twice": b'"x":{"a":1,"a":2}',
    "lists": b'"x":[[],[{}],{"payload":5}]',
    "the error flag of a reply": b'"error":true',
    "a NUL": b'"a\\u0000":1',
}


@MODES
def test_fields_that_nobody_reads(quirks: Quirks) -> None:
    async def act(here: Lab, user: PrivateKey) -> None:
        body = envelope(user, "getprocessesmsg", TEXT.encode())
        for what, more in ADDED.items():
            assert (await here.post(_with(body, more)))[0] == 200, what
        for same in (body + b" \r\n\t ", b"\n" + body, body.replace(b"/", b"\\/")):
            assert (await here.post(same))[0] == 200

    _play(act, quirks)


def test_the_last_text_counts() -> None:
    for body, read in {
        b'{"payload":"a","payload":"b"}': ("", "b", ""),
        b'{"payload":"a","PAYLOAD":"b"}': ("", "b", ""),
        b'{"PAYLOAD":"b","payload":"a","Payload":null}': ("", "a", ""),
        '{"\u017fignature":"s","p\u0061ylo\u0061d":"p"}'.encode(): ("", "p", "s"),
        b'{"\\u017fignature":"s","\\u0070ayload":"\\u0070"}': ("", "p", "s"),
        b'{"payloadtype":"\\ud800","payload":"\xff\xe2\x82"}': ("\ufffd", "\ufffd\ufffd\ufffd", ""),
        b"{}": ("", "", ""),
    }.items():
        assert read_envelope(body) == Envelope(*read), body


REFUSED = {
    b"true": "json: cannot unmarshal bool into Go value of type rpc.RPCMsg",
    b"-1.5": "json: cannot unmarshal number into Go value of type rpc.RPCMsg",
    b' "a"': "json: cannot unmarshal string into Go value of type rpc.RPCMsg",
    b"[{}]": "json: cannot unmarshal array into Go value of type rpc.RPCMsg",
    b'{"payload":5,"payload":"x"}': "json: cannot unmarshal number into Go struct field RPCMsg.payload of type string",
    b'{"payloadtype":{}}': "json: cannot unmarshal object into Go struct field RPCMsg.payloadtype of type string",
    b'{"SIGNATURE":[],"payload":1}': "json: cannot unmarshal array into Go struct field RPCMsg.signature of type string",
    b'{"payloadtype":false}': "json: cannot unmarshal bool into Go struct field RPCMsg.payloadtype of type string",
    b'{"payloadtype":"x"}x': "invalid character 'x' after top-level value",
    b'\xef\xbb\xbf{"payloadtype":"x"}': "invalid character 'ï' looking for beginning of value",
    b'{"payloadtype":"x\n"}': "invalid character '\\n' in string literal",
    b'{"payload': "unexpected end of JSON input",
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_said_of_no_envelope(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_envelope(body)
    assert (caught.value.status, caught.value.message) == (400, REFUSED[body])


def _encodings() -> dict[str, tuple[str, bool]]:
    """Texts in base64, and whether the real server reads the request in them."""
    found: dict[str, tuple[str, bool]] = {}
    for blanks in range(3):
        text = base64.b64encode((TEXT + " " * blanks).encode()).decode()
        bare = text.rstrip("=")
        padding = text[len(bare) :]
        texts: dict[str, tuple[str, bool]] = {
            "line breaks": ("\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)) + "\n", True),
            "a break before the padding": (bare + "\n" + padding, True),
            "garbage behind it": (text + "!!!!", True),
            "a blank behind it": (text + " ", True),
            "a blank before it": (" " + text, False),
            "garbage in the middle": (text[:8] + "!" + text[8:], False),
        }
        if padding:
            texts["more padding"] = (text + "=", True)
            texts["more behind the padding"] = (text + "AAAA", True)
        found |= {f"{what} ({len(padding)})": one for what, one in texts.items()}
    return found


@MODES
def test_flaws_in_base64(quirks: Quirks) -> None:
    """What comes before the first flaw is read; a group of four that is not complete is not."""

    async def act(here: Lab, user: PrivateKey) -> None:
        for what, (text, is_read) in _encodings().items():
            status, reply = await here.post(_signed(user, text))
            if is_read:
                assert status == 200, what
            else:
                assert (status, opened(reply)[2]["message"]) == (
                    400,
                    "Failed to get processes, invalid JSON",
                ), what

    _play(act, quirks)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", b""),
        ("e30=", b"{}"),
        ("e30", b""),
        ("e3", b""),
        ("e", b""),
        ("e30==", b"{}"),
        ("e30=e30=", b"{}"),
        ("e30=\0", b"{}"),
        ("eyJ9e30", b'{"}'),
        ("eyJ9e3==", b'{"}{'),
        ("eyJ9e3=", b'{"}'),
        ("eyJ9=e30=", b'{"}'),
        ("eyJ9é", b'{"}'),
        ("eyJ9-_-_", b'{"}'),
        ("ey\nJ9\r\n", b'{"}'),
        ("====", b""),
        ("é", b""),
    ],
)
def test_what_is_found_in_base64(text: str, read: bytes) -> None:
    assert text_of(text) == read


SIGNATURES: dict[str, Callable[[str], tuple[str, str]]] = {
    "a character": lambda s: ("é" + s[1:], "encoding/hex: invalid byte: U+00C3 'Ã'"),
    "another": lambda s: ("\u00a0" + s[1:], "encoding/hex: invalid byte: U+00C2 'Â'"),
    "a picture": lambda s: ("\U0001f600" + s[2:], "encoding/hex: invalid byte: U+00F0 'ð'"),
    "half a character": lambda s: ("\ud800" + s[1:], "encoding/hex: invalid byte: U+00EF 'ï'"),
    "a NUL": lambda s: ("\0" + s[1:], "encoding/hex: invalid byte: U+0000"),
    "v too large": lambda s: (
        s[:-2] + "1b",
        "Failed to recover public key: invalid signature: public key recovery code 54 is not in the valid range [27, 34]",
    ),
    "v at its end": lambda s: (
        s[:-2] + "ff",
        "Failed to recover public key: invalid signature: public key recovery code 26 is not in the valid range [27, 34]",
    ),
    "v for a large r": lambda s: (
        s[:-2] + "02",
        "Failed to recover public key: invalid signature: signature R + N >= P",
    ),
    "no r": lambda s: ("0" * 64 + s[64:], "Failed to recover public key: invalid signature: R is 0"),
    "r too large": lambda s: (
        "f" * 64 + s[64:],
        "Failed to recover public key: invalid signature: R >= group order",
    ),
    "no s": lambda s: (
        s[:64] + "0" * 64 + s[128:],
        "Failed to recover public key: invalid signature: S is 0",
    ),
    "s too large": lambda s: (
        s[:64] + "f" * 64 + s[128:],
        "Failed to recover public key: invalid signature: S >= group order",
    ),
    "no point": lambda s: (
        "0" * 63 + "5" + s[64:128] + "00",
        "Failed to recover public key: invalid signature: not for a valid curve point",
    ),
}


def test_what_is_said_of_signatures() -> None:
    async def act(here: Lab, user: PrivateKey) -> None:
        good = json.loads(envelope(user, "getprocessesmsg", TEXT.encode()))
        for what, change in SIGNATURES.items():
            signature, words = change(good["signature"])
            status, reply = await here.post(json.dumps(good | {"signature": signature}).encode())
            assert (status, opened(reply)[2]["message"]) == (403, words), what

    _play(act, Quirks())


@MODES
def test_broken_characters_in_payloads(quirks: Quirks) -> None:
    """Python's json module writes half characters for file names that are no UTF-8."""

    async def act(here: Lab, user: PrivateKey) -> None:
        sent: dict[str, Any] = {"spec": json.loads(encode(spec()))}
        sent["spec"] |= {
            "args": ["\udcff", ["\udc00\ud800"], {"\ud800": "a\ud800b"}],
            "kwargs": {"\udc80": {"x": ["\ud800\U0001f600"]}},
            "env": {"PATH\udcff": "/tmp/\udcff"},
            "label": "\ud800",
        }
        text = json.dumps({"msgtype": "submitfuncspecmsg"} | sent)
        raw = text.replace("a\\ud800b", "a\\ud800b\xff").encode("latin-1")
        status, reply = await here.post(envelope(user, "submitfuncspecmsg", raw))
        assert status == 200, reply
        processid = opened(reply)[2]["processid"]
        asked = json.dumps({"msgtype": "getprocessmsg", "processid": processid}).encode()
        kept = opened((await here.post(envelope(user, "getprocessmsg", asked)))[1])[2]["spec"]
        assert kept["args"] == ["\ufffd", ["\ufffd\ufffd"], {"\ufffd": "a\ufffdb\ufffd"}]
        assert kept["kwargs"] == {"\ufffd": {"x": ["\ufffd\U0001f600"]}}
        assert kept["env"] == {"PATH\ufffd": "/tmp/\ufffd"}
        assert kept["label"] == "\ufffd"

    _play(act, quirks)


OTHER_WAYS = [
    ("GET", API_PATH, 404),
    ("PUT", API_PATH, 404),
    ("HEAD", API_PATH, 404),
    ("DELETE", API_PATH, 404),
    ("OPTIONS", API_PATH, 404),
    ("POST", "/", 404),
    ("POST", API_PATH + "x", 404),
    ("POST", "/pubsub", 404),
    ("POST", "/health", 404),
    ("HEAD", "/health", 404),
]


@MODES
def test_other_ways(quirks: Quirks) -> None:
    async def act(here: Lab, user: PrivateKey) -> None:
        body = envelope(user, "getprocessesmsg", TEXT.encode())
        for method, path, status in OTHER_WAYS:
            async with here.session.request(method, here.server.url + path, data=body) as response:
                assert response.status == status, (method, path)
        for kind in (
            "application/json",
            "text/plain",
            "multipart/form-data",
            "",
            "application/x-www-form-urlencoded",
        ):
            async with here.session.post(
                here.server.url + API_PATH, data=body, headers={"Content-Type": kind}
            ) as response:
                assert response.status == 200, kind

    _play(act, quirks)


@pytest.mark.hazards("process_subscription_near_change", "abandoned_feed")
@MODES
def test_frames(quirks: Quirks) -> None:
    """Texts that are no UTF-8 are read like other bytes, and whoever closes a connection gets his own code back."""

    async def act(here: Lab, user: PrivateKey) -> None:
        process = await here.submit(user)
        request = {"msgtype": "subscribeprocessmsg", "processid": process.processid, "timeout": 60}
        body = envelope(user, "subscribeprocessmsg", json.dumps(request).encode())
        for kind in (WSMsgType.TEXT, WSMsgType.BINARY):
            async with line(here) as connection:
                await connection.socket.send_frame(_with(body, b'"x":"\xff"'), kind)
                frame = await connection.frame()
                assert frame.type is kind
                assert opened(frame.data)[2]["processid"] == process.processid
        for code in (1000, 1001, 3000):
            async with line(here) as connection:
                await connection.socket.close(code=code)
                assert connection.socket.close_code == code

    _play(act, quirks)


def test_one_message_reads_null_as_an_empty_object() -> None:
    assert read_payload(METHODS["getblueprinthistorymsg"], b"null") == {}
    with pytest.raises(Refusal):
        read_payload(METHODS["getblueprintmsg"], b"null")
