"""From bytes to bytes: the order of the checks, bad signatures, hostile bodies."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS, attribute, executor, log, process
from colonyos_gen_wire.nulls import NullList
from colonyos_gen_wire.requests.attribute import AddAttributeMsg
from colonyos_gen_wire.requests.executor import GetExecutorsMsg
from colonyos_gen_wire.requests.log import AddLogMsg, GetLogsMsg
from colonyos_gen_wire.requests.process import SubmitFunctionSpecMsg
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import STRICT, V1_9
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._domains.administration.colony import Colonies
from colonyos_gen.server._front.envelope import Envelope, recover_signer, text_of
from colonyos_gen.server._front.rendering import LONG, Rendering
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._quirks import Quirks
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab, opened, spec

SIGNATURES = Path(__file__).parents[2] / "golden" / "crypto" / "bad_signatures.json"
STRANGER = PrivateKey.generate()


def vectors() -> list[Any]:
    sets = json.loads(SIGNATURES.read_text())["sets"]
    return [
        pytest.param(each["message"], vector, id=f"{number}-{vector['mutation']}")
        for number, each in enumerate(sets)
        for vector in each["vectors"]
    ]


@pytest.mark.parametrize(("message", "vector"), vectors())
def test_recorded_signatures(message: str, vector: dict[str, Any]) -> None:
    request = Envelope("getcolonymsg", message, vector["signature"])
    if vector.get("recovered_id") is not None:
        assert recover_signer(request) == vector["recovered_id"]
        return
    with pytest.raises(Refusal) as caught:
        recover_signer(request)
    # After "invalid signature: ", the real server says in the words of its library what is wrong.
    recorded = vector["go_error"].partition("invalid signature: ")[0].rstrip()
    assert caught.value.status == 403
    assert caught.value.message.startswith(recorded)


async def answer_to(lab: Lab, body: bytes) -> tuple[int, str]:
    status, reply = await lab.post(body)
    payloadtype, error, payload = opened(reply)
    assert (payloadtype, error, payload["status"]) == ("error", True, status)
    return status, payload["message"]


def test_order_of_checks() -> None:
    """Everything is wrong at first; each line mends what came to light in the one before."""

    async def main() -> None:
        async with lab() as here:
            signed = envelope(STRANGER, "addcolonymsg", b"{}")
            flawed = json.loads(signed)
            assert (await answer_to(here, signed[:-1]))[0] == 400
            unknown = {**flawed, "payloadtype": "nosuchmsg", "payload": "!"}
            assert await answer_to(here, json.dumps({**unknown, "signature": "zz"}).encode()) == (
                403,
                "encoding/hex: invalid byte: U+007A 'z'",
            )
            assert await answer_to(here, envelope(STRANGER, "nosuchmsg", b"?")) == (
                403,
                "invalid rpcMsg.PayloadType: nosuchmsg",
            )
            for payload, answer in [
                (b"?", (400, "Failed to add colony, invalid JSON")),
                (b'{"colony": 5}', (400, "Failed to add colony, invalid JSON")),
                (b"{}", (400, "Failed to add colony, msg.MsgType does not match payloadType")),
                (b'{"msgtype": "addcolonymsg"}', (403, "Access denied, not server owner")),
            ]:
                assert await answer_to(here, envelope(STRANGER, "addcolonymsg", payload)) == answer
            objects: list[tuple[dict[str, Any], tuple[int, str]]] = [
                ({}, (400, "Failed to add colony, colony is <nil>")),
                ({"colony": None}, (400, "Failed to add colony, colony is <nil>")),
                ({"colony": {}}, (400, "Failed to add colony, invalid colony Id length")),
            ]
            for fields, answer in objects:
                text = json.dumps({"msgtype": "addcolonymsg", **fields}).encode()
                assert await answer_to(here, envelope(here.server_key, "addcolonymsg", text)) == answer

    asyncio.run(main())


DEEP = 100_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a list": b"[{}]",
    "a string": b'"x"',
    "half a document": b'{"payloadtype": "getcol',
    "two documents": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL bytes": b"\0" * 100,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "lists that never end": b"[" * DEEP,
    "a payload that is a number": b'{"payloadtype": "getcolonymsg", "payload": 5}',
    "a signature that is a list": b'{"payloadtype": "getcolonymsg", "signature": []}',
    "a long integer": b'{"payloadtype": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_hostile_bodies(body: bytes) -> None:
    async def main() -> None:
        async with lab() as here:
            assert (await answer_to(here, body))[0] == 400
            await here.add_colony("still-alive")

    asyncio.run(main())


PAYLOADS: dict[str, bytes] = {
    "a list": b"[]",
    "deep": b'{"msgtype": "submitfuncspecmsg", "spec": {"args": [' + b"[" * DEEP + b"]" * DEEP + b"]}}",
    "a fraction for an integer": b'{"msgtype": "submitfuncspecmsg", "spec": {"priority": 1.5}}',
    "text for an integer": b'{"msgtype": "submitfuncspecmsg", "spec": {"priority": "1"}}',
    "an object for a list": b'{"msgtype": "submitfuncspecmsg", "spec": {"args": {}}}',
    "a number for a message type": b'{"msgtype": 5, "spec": {}}',
    "not a number": b'{"msgtype": "submitfuncspecmsg", "spec": {"args": [NaN]}}',
    "an integer of 65 bits": b'{"msgtype": "submitfuncspecmsg", "spec": {"priority": 9223372036854775808}}',
    "one inside": b'{"msgtype": "submitfuncspecmsg", "spec": {"conditions": {"walltime": -9223372036854775809}}}',
    "beyond any number": b'{"msgtype": "submitfuncspecmsg", "spec": {"args": [1e999]}}',
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_payloads(payload: bytes) -> None:
    async def main() -> None:
        async with lab() as here:
            body = envelope(here.colony_key, "submitfuncspecmsg", payload)
            assert await answer_to(here, body) == (400, "Failed to submit process, invalid JSON")

    asyncio.run(main())


def deepest() -> int:
    """How many lists inside one another are read here; versions of Python differ, and some count the callers as well."""
    readable, unreadable = 1, 100_000
    while unreadable - readable > 1:
        depth = (readable + unreadable) // 2
        try:
            msgspec.json.decode(b"[" * depth + b"]" * depth)
        except RecursionError:
            unreadable = depth
        else:
            readable = depth
    return readable


def test_what_can_be_read_but_not_answered() -> None:
    """Nested so deeply that it could be written by itself, but not inside the envelope of a reply."""

    async def main() -> None:
        async with lab() as here:
            depth = deepest() - 32
            payload = b'{"msgtype": "submitfuncspecmsg", "spec": {"args": %b%b}}' % (
                b"[" * depth,
                b"]" * depth,
            )
            body = envelope(STRANGER, "submitfuncspecmsg", payload)
            assert await answer_to(here, body) == (400, "Failed to submit process, invalid JSON")

    asyncio.run(main())


def test_keys_match_in_any_case_and_null_is_absent() -> None:
    async def main() -> None:
        async with lab() as here:
            text = f'{{"MsgType": "getexecutorsmsg", "ColonyName": "{COLONY}", "extra": null}}'.encode()
            request = json.loads(envelope(await here.add_executor("ex"), "getexecutorsmsg", text))
            request = {
                "PayloadType": request["payloadtype"],
                "PAYLOAD": request["payload"],
                **request,
                "x": 1,
            }
            del request["payloadtype"], request["payload"]
            status, reply = await here.post(json.dumps(request).encode())
            assert (status, len(opened(reply)[2])) == (200, 1)

    asyncio.run(main())


def test_line_breaks_in_base64_are_tolerated() -> None:
    async def main() -> None:
        async with lab() as here:
            text = base64.encodebytes(json.dumps({"msgtype": "getcoloniesmsg", "pad": "x" * 100}).encode())
            payload = text.decode().replace("\n", "\r\n")
            signature = here.server_key.sign(payload)
            request = {"payloadtype": "getcoloniesmsg", "payload": payload, "signature": signature}
            status, _ = await here.post(json.dumps(request).encode())
            assert status == 200

    asyncio.run(main())


def test_a_mistake_in_a_handler_shows_no_traceback_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(_mistake(monkeypatch))
    assert "secret detail" in caplog.text


async def _mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Colonies.remove_colony

    async def broken(self: Colonies, request: Any, signer: str, /) -> None:
        await original(self, request, signer)
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Colonies, "remove_colony", broken)
    async with lab() as here:
        key = await here.add_executor("ex")
        submitted = await here.submit(key)
        text = json.dumps({"msgtype": "removecolonymsg", "colonyname": COLONY}).encode()
        status, message = await answer_to(here, envelope(here.server_key, "removecolonymsg", text))
        assert status == 500
        assert "secret" not in message
        # Back in the queue as well.
        assert (await here.assign(key)).processid == submitted.processid


@pytest.mark.parametrize(
    "method", [each for each in METHODS.values() if each.about is not None], ids=lambda method: method.name
)
def test_object_that_a_message_is_about_must_be_there(method: Method[Any, Any]) -> None:
    async def main() -> None:
        assert method.about is not None
        (missing,) = [error for error in method.errors if error.name == method.about.missing]
        async with lab() as here:
            for payload in ({"msgtype": method.msgtype}, {"msgtype": method.msgtype, method.about.key: None}):
                body = envelope(here.server_key, method.msgtype, json.dumps(payload).encode())
                assert await answer_to(here, body) == (missing.status, missing.text)

    asyncio.run(main())


@pytest.mark.hazards("colon_in_name", "nul_in_env")
def test_nul_characters_and_colons_are_refused_before_anything_is_stored() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            with pytest.raises(Refused, match="400 Invalid executor name <a:b>"):
                await here.add_executor("a:b")
            with pytest.raises(Refused, match="400 pq: invalid byte sequence"):
                await here.add_colony("a\0b")
            with pytest.raises(Refused, match="400 Invalid user name"):
                await here.add_user("a:b")
            found = await here.call(key, executor.GET_EXECUTORS, GetExecutorsMsg(colonyname=COLONY))
            assert [each.executorname for each in found] == ["ex"]
            for poison in (spec(env={"A": "\0"}), spec("\0"), spec(label="\0"), spec(maxwaittime=2**31)):
                with pytest.raises(Refused, match="400 pq: "):
                    await here.call(key, process.SUBMIT, SubmitFunctionSpecMsg(spec=poison))
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            running = await here.submit(key)
            await here.assign(key)
            with pytest.raises(Refused, match="400 pq: invalid byte sequence"):
                await here.call(key, log.ADD_LOG, AddLogMsg(processid=running.processid, message="\0"))
            with pytest.raises(Refused, match="400 pq: LIMIT must not be negative"):
                await here.call(key, log.GET_LOGS, GetLogsMsg(processid=running.processid, count=-1))
            bad = Attribute.new(COLONY, running.processid, "\0", "")
            with pytest.raises(Refused, match="400 pq: invalid byte sequence"):
                await here.call(key, attribute.ADD_ATTR, AddAttributeMsg(attr=bad))

    asyncio.run(main())


@pytest.mark.parametrize("quirks", [STRICT, V1_9])
@pytest.mark.parametrize("count", [1, 2, LONG - 1, LONG, LONG + 1, 3 * LONG, 3 * LONG + 1])
@pytest.mark.parametrize("method", [process.GET_PROCESSES, process.GET_PROCESS_HISTORY])
def test_a_long_reply_that_is_made_in_pieces_is_the_same(method: Any, count: int, quirks: Quirks) -> None:
    rendering = Rendering(quirks)
    rows: list[object] = [_row(number) for number in range(count)]
    whole = rendering.item(method, rows)
    assert asyncio.run(rendering.long_list(method, rows)) == whole
    assert (b'"errors":null' in text_of(json.loads(whole)["payload"])) is (count > 2 and quirks.nulls_as_sent)


def _row(number: int) -> Process:
    """Every third one with errors that were null, for nobody."""
    row = lifecycle.submitted(spec(args=["å" * number]), "0" * 64, "ä", 10**18 + number)
    if number % 3 != 2:
        return row
    conditions = replace(row.spec.conditions, executornames=["*"])
    return replace(row, errors=NullList(), spec=replace(row.spec, conditions=conditions))
