"""Servers that run against the schema: everything is tried that does no harm, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire import Colony, Executor, FunctionSpec
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import Client, PrivateKey
from colonyos_gen.cli.observing import server as observing
from colonyos_gen.cli.observing.colony import PREFIX
from colonyos_gen.server import ServerThread
from tests.cli.observing.command import drift, report, told
from tests.client.kit.bent import Bent, everywhere

JSON = Any
SERVER, COLONY, MEMBER = (PrivateKey.generate() for _ in range(3))
CHANGES = {"changeserveridmsg", "changecolonyidmsg", "changeexecutoridmsg", "changeuseridmsg"}


@pytest.fixture
def server() -> Generator[str]:
    """An embedded server with a colony of somebody on it, in which there is a process."""
    with ServerThread(server_key=SERVER) as running:
        with Client(running.url, server_key=SERVER, colony_key=COLONY, member_key=MEMBER) as client:
            client.add_colony(Colony(colonyid=COLONY.id, name="dev"))
            client.add_executor(Executor.new("one", MEMBER.id, "type", "dev"))
            client.approve_executor("dev", "one")
            client.submit(FunctionSpec.new("echo", "type", "dev"))
        yield running.url


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COLONIES_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLONIES_SERVER_PRVKEY", SERVER.hex())


def _colonies(url: str) -> list[str]:
    with Client(url, server_key=SERVER) as client:
        return [each.name for each in client.get_colonies()]


def test_an_embedded_server_is_as_the_schema_says(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Bent(server) as watched:  # which changes nothing
        document = report(capsys, "--server", watched.url)
        assert document["differences"] == []
        assert document["untried"].keys() == CHANGES
        assert METHODS.keys() - document["tried"].keys() == CHANGES
        assert watched.most == 1  # requests that overlap take servers down
        assert set(watched.subscriptions.values()) == {1}
        assert len(watched.subscriptions) == 3
        for msgtype in CHANGES:  # only asked for where it is refused
            (sent,) = watched.sent(msgtype)
            assert sent.get("colonyname", "schema-drift-nowhere") == "schema-drift-nowhere"
        others = [each for each in watched.requests if each.get("colonyname") == "dev"]
        assert others == []
    assert _colonies(server) == ["dev"]


def test_what_is_otherwise_is_told_with_its_place(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    def change(entry: dict[str, JSON]) -> None:
        if {"processid", "retries"} <= entry.keys():
            entry["colour"] = "red"
            del entry["retries"]
        if {"executorid", "executorname"} <= entry.keys():
            entry["state"] = 9
        if {"cronid", "interval"} <= entry.keys():
            entry["interval"] = str(entry["interval"])
        if {"functionid", "funcname"} <= entry.keys():
            entry.pop("description", None)  # which is left out when it is empty, and was sent

    unknown = frozenset({"cancelprocessmsg", "addlocationmsg", "getpausestatusmsg"})
    with Bent(server, everywhere(change), unknown=unknown, version="v1.9.7") as bent:
        document = report(capsys, "--server", bent.url)
    found = told(document)
    assert found == [
        "version differs server",
        "field unknown Process.colour",
        "field missing Function.description",
        "field missing Process.retries",
        "field mistyped Cron.interval",
        "enum value unknown ExecutorState 9",
        "message refused as unknown addlocationmsg",
        "message refused as unknown cancelprocessmsg",
        "message refused as unknown getpausestatusmsg",
    ]
    by_kind = {each["kind"]: each for each in document["differences"]}
    places = {(seen["msgtype"], seen["path"]) for seen in by_kind["field unknown"]["seen"]}
    assert places >= {
        ("submitfuncspecmsg", "colour"),
        ("getprocessmsg", "colour"),
        ("getprocessesmsg", "[].colour"),
        ("subscribeprocessmsg", "colour"),
        ("subscribeprocessesmsg", "colour"),
        ("addchildmsg", "colour"),
    }
    assert all(seen["replies"] <= seen["of"] for each in document["differences"] for seen in each["seen"])
    assert by_kind["version differs"]["new"] == "v1.9.7"
    assert {"cancelprocessmsg", "addlocationmsg"} <= document["untried"].keys()
    assert _colonies(server) == ["dev"]


def test_without_the_key_of_the_owner_it_only_reads(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLONIES_SERVER_PRVKEY")
    monkeypatch.setenv("MY_KEY", MEMBER.hex())
    with Bent(server) as watched:
        document = report(capsys, "--server", watched.url, "--member-key-env", "MY_KEY", "--colony", "dev")
        sent = {each["msgtype"] for each in watched.requests} & METHODS.keys()
    assert document["differences"] == []
    assert {METHODS[msgtype].idempotency.value for msgtype in sent} == {"read"}
    assert document["tried"].keys() >= {"versionmsg", "getprocessmsg", "getexecutorsmsg", "getcolonystatsmsg"}
    assert "no key of the server's owner" in document["untried"]["submitfuncspecmsg"]
    assert "server's owner" in document["untried"]["getcoloniesmsg"]
    assert MEMBER.hex() not in str(document)


def test_without_any_key_it_asks_for_what_anybody_may(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLONIES_SERVER_PRVKEY")
    document = report(capsys, "--server", server)
    assert document["tried"].keys() == {"versionmsg", "getserverinfomsg"}
    assert document["tried"].keys() | document["untried"].keys() == METHODS.keys()


def test_what_cannot_be_done_is_said(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = drift(capsys, "--server", "http://127.0.0.1:1")
    assert (code, "127.0.0.1:1" in err) == (2, True)
    code, _, err = drift(capsys, "--server", "nonsense://x")
    assert (code, "nonsense" in err) == (2, True)
    monkeypatch.setenv("COLONIES_SERVER_PRVKEY", "secret-but-no-key")
    code, _, err = drift(capsys, "--server", server)
    assert (code, "COLONIES_SERVER_PRVKEY" in err, "secret-but" in err) == (2, True, False)


def test_the_key_of_somebody_else_makes_no_colony(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONIES_SERVER_PRVKEY", MEMBER.hex())
    document = report(capsys, "--server", server)
    assert any("there is no colony to try things in" in note for note in document["notes"])
    assert _colonies(server) == ["dev"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_colony_is_removed_also_when_it_is_interrupted(server: str, number: signal.Signals) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "colonyos_gen.cli", "schema", "drift", "--server", server],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not any(name.startswith(PREFIX) for name in _colonies(server)):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        running.send_signal(number)
        _, err = running.communicate(timeout=120)
    finally:
        running.kill()
    assert _colonies(server) == ["dev"]
    assert running.returncode == 130
    assert "Traceback" not in err


def test_all_that_is_asked_for_is_in_the_schema() -> None:
    """The requests of the tour are written as on the wire, and checked when they are sent; so are the changes here."""
    from colonyos_gen.cli.observing.asking import require_keys

    for method, names in observing._CHANGES.items():  # pyright: ignore[reportPrivateUsage]
        require_keys(method, dict.fromkeys(names))
    with pytest.raises(TypeError, match="has no colour"):
        require_keys(METHODS["getprocessmsg"], {"colour": 1})


def test_options_of_sources_are_for_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = drift(capsys, "--recorded", tmp_path, "--texts")
    assert (code, "--source" in err) == (2, True)
