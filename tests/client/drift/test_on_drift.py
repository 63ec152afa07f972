"""Replies that are otherwise than the schema says: told once, refused, or passed over."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire import Colony, Executor, FunctionSpec, Process, ProcessState
from colonyos_gen_wire.codec import encode_reply
from colonyos_gen_wire.methods import process, subscription

from colonyos_gen import AsyncClient, Client, Config, ConfigError, PrivateKey, UnexpectedReplyError, connect
from colonyos_gen._drift import watch
from colonyos_gen._drift.comparing import findings
from colonyos_gen._drift.forms import reply_form
from colonyos_gen.server import ServerThread
from tests.client.kit.bent import Bent, everywhere

JSON = Any
_CHANNEL = subscription.SUBSCRIBE_CHANNEL.msgtype
SERVER, COLONY, MEMBER = (PrivateKey.generate() for _ in range(3))


@pytest.fixture(autouse=True)
def _anew() -> Generator[None]:
    watch.forget()
    yield
    watch.forget()


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    """An embedded server with a colony and an executor on it."""
    with ServerThread(server_key=SERVER) as running:
        with Client(running.url, server_key=SERVER, colony_key=COLONY) as client:
            client.add_colony(Colony(colonyid=COLONY.id, name="dev"))
            client.add_executor(Executor.new("one", MEMBER.id, "type", "dev"))
            client.approve_executor("dev", "one")
        yield running.url


def _options() -> dict[str, Any]:
    return {"server_key": SERVER, "colony_key": COLONY, "member_key": MEMBER}


def _more(entry: dict[str, JSON]) -> None:
    entry["colour"] = "red"


def _less(entry: dict[str, JSON]) -> None:
    entry.pop("retries")


def _null(entry: dict[str, JSON]) -> None:
    entry["spec"]["channels"] = None
    entry["attributes"] = None
    entry["parents"] = None


def _state(entry: dict[str, JSON]) -> None:
    entry["state"] = 9


CASES = [
    (_more, "colour is unknown (string)"),
    (_less, "retries is missing (integer)"),
    (_state, "state is 9, which ProcessState does not have"),
]


@pytest.mark.parametrize(("change", "told"), CASES)
def test_what_a_tolerant_decode_passes_over_is_told_once(
    server: str, caplog: pytest.LogCaptureFixture, change: Any, told: str
) -> None:
    with Bent(server, everywhere(change, "processid", "retries")) as bent:
        for _ in range(2):  # clients
            with Client(bent.url, **_options()) as client:
                made = client.submit(FunctionSpec.new("echo", "type", "dev"))
                for _ in range(3):
                    assert client.get_process(made.processid).processid == made.processid
    lines = [each.getMessage() for each in caplog.records if told in each.getMessage()]
    assert [line.split()[0] for line in lines] == ["submit", "get_process"]
    assert all(each.levelno == logging.WARNING and each.name == "colonyos_gen" for each in caplog.records)


@pytest.mark.parametrize(("change", "told"), CASES)
def test_it_is_refused_when_asked_for(server: str, change: Any, told: str) -> None:
    bent = Bent(server, everywhere(change, "processid", "retries"))
    with bent, Client(bent.url, on_drift="raise", **_options()) as client:
        for _ in range(3):  # every reply, not some
            with pytest.raises(UnexpectedReplyError) as caught:
                client.submit(FunctionSpec.new("echo", "type", "dev"))
            assert told in str(caught.value)
            assert json.loads(caught.value.payload)["processid"]


@pytest.mark.parametrize(("change", "told"), CASES)
def test_nothing_is_said_when_it_is_ignored(
    server: str, caplog: pytest.LogCaptureFixture, change: Any, told: str
) -> None:
    bent = Bent(server, everywhere(change, "processid", "retries"))
    with bent, Client(bent.url, on_drift="ignore", **_options()) as client:
        client.submit(FunctionSpec.new("echo", "type", "dev"))
    assert told not in caplog.text


def test_null_where_the_server_writes_none(server: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        Bent(server, everywhere(_null, "processid", "retries")) as bent,
        Client(bent.url, **_options()) as client,
    ):
        made = client.submit(FunctionSpec.new("echo", "type", "dev"))
        assert made.attributes == []
    form = reply_form(process.SUBMIT)
    assert form is not None
    may = {key: entry.form.null for key, entry in form.fields.items()}
    assert [key for key in ("attributes", "parents") if not may[key]] == [
        key for key in ("attributes", "parents") if f"{key} is null" in caplog.text
    ]


def test_an_unknown_state_is_kept(server: str) -> None:
    with (
        Bent(server, everywhere(_state, "processid", "retries")) as bent,
        Client(bent.url, **_options()) as client,
    ):
        state = client.submit(FunctionSpec.new("echo", "type", "dev")).state
    assert (int(state), state.is_known) == (9, False)


async def _subscribed(url: str) -> None:
    async with AsyncClient(url, on_drift="raise", **_options()) as client:
        spec = FunctionSpec.new("echo", "type", "dev")
        spec.channels = ["chat"]
        made = await client.submit(spec)
        await client.channel_append(made.processid, "chat", 1, b"data")
        async for _ in client.subscribe_channel(made.processid, "chat", 0, 5):
            return


def test_frames_of_subscriptions_are_looked_at(server: str) -> None:
    def bend(msgtype: str, payload: JSON) -> JSON:
        return [{**entry, "colour": "red"} for entry in payload] if msgtype == _CHANNEL else payload

    with Bent(server, bend) as bent, pytest.raises(UnexpectedReplyError, match=r"\[\].colour is unknown"):
        asyncio.run(_subscribed(bent.url))


def test_the_embedded_server_answers_as_the_schema_says(server: str) -> None:
    with Client(server, on_drift="raise", **_options()) as client:
        client.submit(FunctionSpec.new("echo", "type", "dev"))
        taken = client.assign("dev", 5)
        client.close(taken.processid, output=["out"])
        client.get_processes("dev", 10, ProcessState.SUCCESS)
        client.get_executors("dev")
        client.get_statistics("dev")


def test_sessions_and_the_environment_have_it(server: str) -> None:
    environ = {"COLONIES_ON_DRIFT": "raise", "COLONIES_PRVKEY": MEMBER.hex(), "COLONIES_COLONY_NAME": "dev"}
    assert Config.from_env(environ).on_drift == "raise"
    assert Config.from_env({}).on_drift == "warn"
    with Bent(server, everywhere(_more, "executorid")) as bent:
        with connect(url=bent.url, environ=environ) as session, pytest.raises(UnexpectedReplyError):
            session.rpc.get_executors("dev")
        with connect(url=bent.url, environ=environ, on_drift="ignore") as session:
            assert session.rpc.get_executors("dev")


def test_other_words_are_refused() -> None:
    with pytest.raises(ConfigError, match="COLONIES_ON_DRIFT is 'loud'; write ignore, warn or raise"):
        Config.from_env({"COLONIES_ON_DRIFT": "loud"})
    with pytest.raises(ValueError, match="on_drift"):
        Client(on_drift="loud")  # type: ignore[arg-type]


def test_replies_are_looked_at_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    number = 0

    def note(_method: object, _payload: bytes) -> None:
        looked.append(number)

    monkeypatch.setattr(watch, "_warn", note)
    look = watch.look_of("warn", "http://rare")
    assert look is not None
    for number in range(1, 2 * watch.EVERY + 1):  # noqa: B007
        look(process.SUBMIT, b"{}")
    assert looked == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


async def _called(url: str, calls: int) -> tuple[Process, float]:
    """A process, and the seconds of this thread that so many reads of it took."""
    async with AsyncClient(url, on_drift="ignore", **_options()) as client:
        made = await client.submit(FunctionSpec.new("echo", "type", "dev"))
        for _ in range(32):
            await client.get_process(made.processid)
        began = time.thread_time()
        for _ in range(calls):
            await client.get_process(made.processid)
        return made, time.thread_time() - began


def test_a_call_costs_hardly_more(server: str) -> None:
    """Compared is the time of this thread, without that of the server: looks at 1,024 replies, and as many calls."""
    made, seconds = asyncio.run(_called(server, 128))
    payload = encode_reply(process.GET_PROCESS.response, made)
    warm, look = watch.look_of("warn", "http://warm"), watch.look_of("warn", "http://cost")
    assert warm is not None
    assert look is not None
    warm(process.GET_PROCESS, payload)
    began = time.thread_time()
    for _ in range(1024):
        look(process.GET_PROCESS, payload)
    assert (time.thread_time() - began) / (seconds * 1024 / 128) < 0.01


def test_no_recorded_reply_has_drift() -> None:
    """All that the real server was seen to answer is as the schema says."""
    from tests.client.drift.recorded import replies

    count = 0
    for method, payload in replies(Path(__file__).parents[2] / "golden"):
        form = reply_form(method)
        if form is not None:
            count += 1
            assert findings(form, payload) == []
    assert count > 800
