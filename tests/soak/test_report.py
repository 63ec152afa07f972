"""The soak tells what is not as it should be."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from colonyos_gen import PrivateKey
from colonyos_gen.server._thread import ServerThread
from tests.soak import program, vitals
from tests.soak.colony.functions import Records
from tests.soak.colony.ledger import Ledger
from tests.soak.colony.site import Site
from tests.soak.ground import Ground
from tests.soak.parts import PARTS, Activity, Outcome, Part, Run, Scale
from tests.soak.program import Report
from tests.soak.vitals import Vitals

NOTHING = Scale(calls=4, teardowns=1, workers=1, minutes=0.01)


def test_the_ledger_tells_what_never_ran_and_what_ran_twice(tmp_path: Path) -> None:
    ledger, records = Ledger(tmp_path), Records(tmp_path)
    once, twice, never, cancelled = (
        ledger.token(),
        ledger.token(),
        ledger.token(),
        ledger.token(must_run=False),
    )
    records.write("p1", once)
    records.write("p2", twice)
    records.write("p3", twice)
    records.write("p4", "beat")
    records.write("p4", "beat")
    ledger.require(False, "the sky is green")
    assert ledger.ran(once, twice, never, cancelled) == [1, 2, 0, 0]
    assert ledger.runs() == 5
    assert ledger.check() == [
        "the sky is green",
        "1 processes ran more than once: p4",
        f"1 functions never ran: {never}",
        f"1 functions ran more than once: {twice}",
    ]
    records.close()


def test_the_ledger_is_content_when_all_ran_once(tmp_path: Path) -> None:
    ledger, records = Ledger(tmp_path), Records(tmp_path)
    records.write("p1", ledger.token())
    records.write("p2", ledger.token(must_run=False))
    records.write("p3", "beat")
    records.write("p4", "beat")
    assert ledger.check() == []
    records.close()


def test_connections_of_clients_are_told_from_other_files() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        idle = vitals.look(os.getpid(), port)
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listening.accept()
            with accepted:
                busy = vitals.look(os.getpid(), port)
    if idle is None or busy is None:
        return  # a system that does not say
    assert idle.memory > 2**20
    assert (idle.connections, busy.connections) == (0, 1)
    assert busy.files >= idle.files + 2


def test_what_a_server_keeps_is_told() -> None:
    before = Vitals(memory=100 * 2**20, files=50, connections=5)
    assert program.left(before, Vitals(memory=200 * 2**20, files=140, connections=5)) == []
    kept = program.left(before, Vitals(memory=900 * 2**20, files=50, connections=6))
    assert [line.partition(":")[0] for line in kept] == [
        "the server has kept memory",
        "the server has kept connections",
    ]
    assert program.left(before, None) == ["at the end the server is gone"]


def test_a_unit_that_goes_wrong_is_in_the_report() -> None:
    async def wrong(site: Site, number: int) -> None:
        if number == 0:
            site.ledger.token()
            raise LookupError("nothing there")

    async def run() -> Outcome:
        owner = PrivateKey.generate()
        with ServerThread(server_key=owner) as thread:
            ground = Ground(thread.url, owner, pid=None, log=None, embedded=thread)
            part = Part("bad", [Activity(wrong, 2)], lambda scale: scale.calls, PARTS["teardowns"].workers)
            outcome = await Run(part, ground, NOTHING).run()
            ground.clear()
        return outcome

    outcome = asyncio.run(run())
    assert outcome.done == 4
    assert outcome.wrong[0] == "test_report.wrong: LookupError: nothing there"
    assert outcome.wrong[1].startswith("1 functions never ran")


def test_a_server_that_is_gone_ends_the_soak() -> None:
    async def run() -> Report:
        owner = PrivateKey.generate()
        with ServerThread(server_key=owner) as thread:
            ground = Ground(thread.url, owner, pid=None, log=None, embedded=thread)
        report = await program.soak(ground, ["teardowns", "streams"], NOTHING)
        ground.clear()
        return report

    report = asyncio.run(run())
    assert not report.sound
    assert [outcome.name for outcome in report.outcomes] == ["teardowns"]
    assert report.wrong[0].startswith("after teardowns the server does not answer")
    assert report.table()[-1] == "NOT SOUND"


def test_the_log_of_a_server_is_searched_for_crashes(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("panic: of an earlier run\n", encoding="utf-8")
    ground = Ground("http://127.0.0.1:1", PrivateKey.generate(), pid=None, log=log, embedded=None)
    assert ground.complaints() == []
    with log.open("a", encoding="utf-8") as lines:
        lines.write("all is well\nWARNING: DATA RACE\npanic: runtime error\n")
    assert ground.complaints() == ["WARNING: DATA RACE", "panic: runtime error"]
    ground.clear()
