"""Envelopes that are too large to be read at once: they say the same, and take nobody's time."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._front import large_envelope
from colonyos_gen.server._front.bounds import strangers
from colonyos_gen.server._front.envelope import Envelope, read_envelope, recover_signer
from colonyos_gen.server._front.large_envelope import read_large_envelope
from tests.server.kit.hostile import HOSTILE, SIGNATURE
from tests.server.kit.lab import COLONY, Refused, envelope, lab, opened, spec

MEBIBYTE = 1024**2
LARGE = 12 * MEBIBYTE
KEY = PrivateKey.generate()
CHARACTERS = ["a", "=", "å", "€", "😀", "\\n", "\\\\", '\\"', "\\/", "\\u0041", "\\u00e5", " ", "{", "[", ","]
FLAWS = ["\x01", "\\x", "\\u12", "\\", '"']


def outcome(read: Callable[[bytes], Envelope], body: bytes) -> object:
    """What is read, or the status of the refusal."""
    try:
        found = read(body)
    except Refusal as refusal:
        return refusal.status
    payload = found.payload if isinstance(found.payload, str) else str(found.payload, "ascii")
    return found._replace(payload=payload)


@pytest.mark.parametrize("piece", [16, 17, 61])
def test_pieces_make_the_same_text(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_envelope, "_PIECE", piece)
    monkeypatch.setattr(large_envelope, "_LONG", 140)
    chance = random.Random(piece)
    accepted = 0
    for number in range(3000):
        letters = CHARACTERS if number % 3 else CHARACTERS[:2]
        text = "".join(chance.choices(letters, k=chance.randrange(300)))
        if number % 5 == 0:
            text = text[:200] + chance.choice(FLAWS) + text[200:]
        fields = [f'"payload": "{text}"', '"payloadtype": "x"', f'"signature":"{SIGNATURE}"']
        chance.shuffle(fields)
        body = ("{" + ",".join(fields) + "}").encode()
        expected = outcome(read_envelope, body)
        accepted += isinstance(expected, Envelope)
        assert outcome(read_large_envelope, body) == expected, body
    assert 1000 < accepted < 3000


def test_runs_of_backslashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_envelope, "_LONG", 140)
    for count in range(150, 800):
        for end in ('"}', 'n"}', 'n\\""}'):
            text = f'{{"signature":"{SIGNATURE}","payload":"' + "\\" * count + end
            assert outcome(read_large_envelope, text.encode()) == outcome(read_envelope, text.encode())


def test_the_signer_is_the_same() -> None:
    payload = base64.b64encode(b"x" * LARGE).decode()
    signed = {"payloadtype": "x", "payload": payload, "signature": KEY.sign(payload)}
    assert recover_signer(read_large_envelope(json.dumps(signed).encode())) == KEY.id
    escaped = json.dumps(signed).replace("A", "\\u0041").encode()
    assert recover_signer(read_large_envelope(b" \n" * 1000 + escaped)) == KEY.id


@pytest.mark.parametrize("name", HOSTILE)
def test_what_nobody_has_signed_costs_next_to_nothing(name: str) -> None:
    """Neither memory, beside that of the body, nor time of this processor, beside that of hashing it."""

    async def main() -> None:
        async with lab() as here:
            make, status = HOSTILE[name]
            body = make(LARGE)
            tracemalloc.start()
            answer = await here.server.answer(body)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert answer.status == status, opened(answer.body)
            assert len(answer.body) < 1000
            assert peak < 6 * MEBIBYTE
            began = time.process_time()
            await here.server.answer(body)
            refusing = time.process_time() - began
            began = time.process_time()
            KEY.sign(body)
            assert refusing < 5 * (time.process_time() - began)

    asyncio.run(main())


def test_others_are_served_while_a_large_request_is_read() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            process = await here.submit(user)
            large = asyncio.create_task(here.submit(user, spec(args=["x" * LARGE])))
            answered = 0
            while not large.done():
                await here.process(user, process.processid)
                answered += 1
            assert len((await large).spec.args[0]) == LARGE
            assert answered > 1

    asyncio.run(main())


STRANGER = PrivateKey.generate()
MUCH = {
    "long": ("submitfuncspecmsg", b'"spec":{"args":["%b"]}' % (b"x" * 100_000)),
    "lists": ("submitfuncspecmsg", b'"spec":{"args":[%b0]}' % (b"[]," * 1000)),
    "a workflow": ("submitworkflowspecmsg", b'"spec":{"functionspecs":[%b{}]}' % (b"{}," * 1000)),
}


@pytest.mark.parametrize("much", MUCH)
def test_of_strangers_little_is_read(much: str) -> None:
    """Whoever makes a key can sign."""

    async def main() -> None:
        async with lab() as here:
            msgtype, fields = MUCH[much]
            body = envelope(STRANGER, msgtype, b'{"msgtype":"%b",%b}' % (msgtype.encode(), fields))
            status, answer = await here.post(body)
            assert status == 403
            assert f"Access denied, {STRANGER.id} is neither a member" in opened(answer)[2]["message"]

    asyncio.run(main())


def test_what_strangers_are_told_of_ordinary_requests_is_what_everybody_is_told() -> None:
    async def main() -> None:
        async with lab() as here:
            lists: list[list[Any]] = [[], ["x" * 30_000], [[]] * 50]
            for args in lists:
                with pytest.raises(
                    Refused, match=f"^403 Access denied, not a member of Colony with name <{COLONY}>"
                ):
                    await here.submit(STRANGER, spec(args=args))

    asyncio.run(main())


@pytest.mark.parametrize("who", ["server owner", "colony owner", "user", "executor", "pending executor"])
def test_of_those_who_are_known_much_is_read(who: str) -> None:
    """What becomes of it is another matter."""

    async def main() -> None:
        async with lab() as here:
            key = {
                "server owner": lambda: here.server_key,
                "colony owner": lambda: here.colony_key,
            }.get(who, PrivateKey.generate)()
            if who == "user":
                key = await here.add_user("u")
            elif "executor" in who:
                await here.add_executor("e", key=key, approve="pending" not in who)
            submitting = here.submit(key, spec(args=["x" * 200_000]))
            if who in ("user", "executor"):
                await submitting
            else:
                with pytest.raises(Refused, match="not a member of Colony"):
                    await submitting

    asyncio.run(main())


def test_what_would_fill_the_memory_is_read_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of three bytes becomes one of a thousand in a list of specifications, but not among the arguments of one."""
    monkeypatch.setattr(strangers, "MOST_OBJECTS", 20_000)

    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            fields = b'"spec":{"functionspecs":[%b{}]}' % (b"{}," * 20_000)
            body = envelope(user, "submitworkflowspecmsg", b'{"msgtype":"submitworkflowspecmsg",%b}' % fields)
            status, answer = await here.post(body)
            message = opened(answer)[2]["message"]
            assert (status, message) == (
                400,
                "The payload holds 20003 objects; at most 20000 are read in a submitworkflowspecmsg",
            )

    asyncio.run(main())
