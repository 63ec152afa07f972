"""Workers that have one key, at once or one after the other: none ends what another one runs, and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.errors import executor as errors

from colonyos_gen import FAILED, RUNNING, Executor, PrivateKey, Worker
from colonyos_gen._conventions.lives import lives_in, shown
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, Gate, ended, submit, until
from tests.worker.kit.spawned import SpawnedWorker

OTHERS = "may be another worker's"
"""What is said of processes that are left alone."""
SEEN = "another worker has the same key"


class Holding:
    """A worker with a function that returns what the worker is called here, once it is let through."""

    def __init__(self, who: str, **options: Any) -> None:
        self.worker = Worker(EXECUTORTYPE, name="me", **options)
        self.runs: list[str] = []
        self.door = threading.Event()

        @self.worker.function
        def work() -> str:
            self.runs.append(who)
            assert self.door.wait(300)
            return who


def lives(colony: LocalColony) -> set[str]:
    """The words of those that are seen to live."""
    return set(lives_in(colony.client.get_executor(colony.name, "me").capabilities.software))


def show_another(colony: LocalColony, key: PrivateKey, about: str = "elsewhere") -> None:
    """What another worker with the key does as it starts, on whatever machine."""
    capabilities = colony.client.get_executor(colony.name, "me").capabilities
    capabilities.software.append(shown("another", about))
    colony.client.update_executor(colony.name, "me", capabilities, prvkey=key)


@asynccontextmanager
async def serving(
    colony: LocalColony, worker: Worker, **variables: str
) -> AsyncGenerator[asyncio.Task[None]]:
    """Within the block the worker works; it is stopped at its end."""
    ready = asyncio.Event()
    environ = colony.environment().without_member_key() | variables
    task = asyncio.create_task(worker.serve(environ=environ, ready=ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield task
    finally:
        worker.stop()
        await task


def test_neither_of_two_fails_what_the_other_runs(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    key = PrivateKey.generate()
    first, second = Holding("first", prvkey=key, concurrency=2), Holding("second", prvkey=key)
    second.door.set()
    with colonies.worker(first.worker):
        asked = [submit(colonies, "work") for _ in range(2)]
        until(lambda: len(first.runs) == 2)
        with colonies.worker(second.worker):
            assert len(lives(colonies)) == 2
            assert {colonies.client.get_process(each.processid).state for each in asked} == {RUNNING}
            assert ended(colonies, submit(colonies, "work")).output == ["second"]
            first.door.set()
            assert [ended(colonies, each).output for each in asked] == [["first"], ["first"]]
        assert len(lives(colonies)) == 1
    assert lives(colonies) == set()
    assert (first.runs, second.runs) == (["first"] * 2, ["second"])
    assert caplog.text.count(SEEN) == 1
    assert f"2 RUNNING in its name {OTHERS}" in caplog.text
    assert all(each.processid in caplog.text for each in asked)


def test_a_copied_key_file_is_noticed(
    colonies: LocalColony, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lock is on another machine."""
    here, there = tmp_path / "here" / "key", tmp_path / "there" / "key"
    first, second = Holding("first", keyfile=here), Holding("second", keyfile=there)
    with colonies.worker(first.worker):
        asked = submit(colonies, "work")
        until(lambda: len(first.runs) == 1)
        there.parent.mkdir()
        shutil.copy(here, there)
        with colonies.worker(second.worker):
            first.door.set()
            assert ended(colonies, asked).output == ["first"]
    assert caplog.text.count(SEEN) == 1


@pytest.mark.parametrize("given", ["key", "file", "folder"])
def test_a_new_worker_that_is_up_before_the_old_one_is_drained_loses_nothing(
    colonies: LocalColony, tmp_path: Path, given: str
) -> None:
    keys: dict[str, Any] = {
        "key": {"prvkey": PrivateKey.generate()},
        "file": {"keyfile": tmp_path / "me.key"},
        "folder": {},
    }
    old, new = Holding("old", **keys[given]), Holding("new", **keys[given])
    new.door.set()

    async def main() -> None:
        async with serving(colonies, old.worker, COLONIES_KEYS=str(tmp_path)) as draining:
            asked = await asyncio.to_thread(submit, colonies, "work")
            await asyncio.to_thread(until, lambda: len(old.runs) == 1)
            async with serving(colonies, new.worker, COLONIES_KEYS=str(tmp_path)):
                assert (await colonies.aclient.get_process(asked.processid)).state is RUNNING
                old.worker.stop()
                later = await asyncio.to_thread(submit, colonies, "work")
                assert (await asyncio.to_thread(ended, colonies, later)).output == ["new"]
                old.door.set()
                await draining
                assert (await colonies.aclient.get_process(asked.processid)).output == ["old"]
                assert len(await asyncio.to_thread(lives, colonies)) == 1

    asyncio.run(main())


@pytest.mark.parametrize("another", [False, True])
def test_the_last_poll_is_given_up_only_by_one_that_is_alone(colonies: LocalColony, another: bool) -> None:
    """What it may have been given could not be told from what another one runs."""
    me = Holding("me", prvkey=(key := PrivateKey.generate()))
    me.worker._poll = 3600  # pyright: ignore[reportPrivateUsage]
    me.door.set()

    async def main() -> None:
        async with serving(colonies, me.worker) as task:
            await asyncio.to_thread(until, lambda: colonies.waiting == 1)
            if not another:
                me.worker.stop()
                await task
                return
            await asyncio.to_thread(show_another, colonies, key)
            with colonies.faults.delay("get_executor", 0, after_request=True) as looks:
                me.worker.stop()
                await asyncio.to_thread(until, lambda: looks.hits == 1)
                asked = await asyncio.to_thread(submit, colonies, "work")
                assert (await asyncio.to_thread(ended, colonies, asked)).output == ["me"]
                await task

    asyncio.run(main())


@pytest.mark.parametrize(
    ("limits", "is_failed"),
    [
        ({}, True),
        ({"maxexectime": 60, "maxretries": 0}, True),
        ({"maxexectime": 60, "maxretries": 1}, False),
    ],
    ids=["no deadline", "no retries left", "goes to another worker"],
)
def test_what_a_killed_worker_had_is_failed_when_it_comes_back(
    colonies: LocalColony, tmp_path: Path, limits: dict[str, int], is_failed: bool
) -> None:
    gate = Gate(tmp_path)
    options: dict[str, Any] = {"prvkey": PrivateKey.generate().hex(), "name": "me"}
    with SpawnedWorker(colonies, tmp_path, **options):
        asked = submit(colonies, "hold", str(gate.path), channels=None, **limits)
        gate.reached()
    with SpawnedWorker(colonies, tmp_path, **options) as worker:
        assert ended(colonies, submit(colonies, "pid")).output == [worker.pid]
        end = colonies.client.get_process(asked.processid)
        assert end.state is (FAILED if is_failed else RUNNING)
        if is_failed:
            assert end.errors == ["me ended while it ran this process; it was started again"]
        assert len(lives(colonies)) == 1
        worker.terminate()
        assert worker.wait() == 0
        assert SEEN not in worker.output
        assert OTHERS not in worker.output
    assert list(tmp_path.rglob("*.lives/*")) == []


@pytest.mark.parametrize("draining", [False, True])
def test_what_a_killed_worker_had_is_failed_while_another_one_goes_on(
    colonies: LocalColony, tmp_path: Path, draining: bool
) -> None:
    """As in an update, in which the old one is killed while it drains; the server sees one executor, which is alive."""
    gates = [Gate(tmp_path, name) for name in ("left", "own")]
    with SpawnedWorker(colonies, tmp_path / "keys", name="me") as old:
        left = submit(colonies, "hold", str(gates[0].path))
        gates[0].reached()
        with SpawnedWorker(colonies, tmp_path / "keys", name="me", concurrency=2) as new:
            new.said(SEEN)
            own = submit(colonies, "hold", str(gates[1].path))
            opened = gates[1].reached()
            if draining:
                old.terminate()
                old.said("ending")
            old.kill()
            end = ended(colonies, left)
            assert (end.state, end.errors) == (
                FAILED,
                ["me ended while it ran this process; others with its key go on"],
            )
            opened.let_through("mine")
            assert ended(colonies, own).output == ["mine"]
            new.terminate()
            assert new.wait() == 0
    assert list(tmp_path.rglob("*.lives/*")) == []


def test_what_it_has_not_written_down_is_left_alone(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows whose it is: somebody has taken it with this key, and has shown no sign."""
    me = Holding("me", prvkey=(key := PrivateKey.generate()))
    me.door.set()
    colonies.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colonies.name))
    colonies.client.approve_executor(colonies.name, "me")
    asked = submit(colonies, "work")
    colonies.client.assign(colonies.name, -1, prvkey=key)
    colonies.faults.drop("assign", after_request=True)
    with colonies.worker(me.worker):
        # A lost reply does not make it its own later.
        assert ended(colonies, submit(colonies, "work")).output == ["me"]
        assert colonies.client.get_process(asked.processid).state is RUNNING
    assert me.runs == ["me"]
    assert f"1 RUNNING in its name {OTHERS}" in caplog.text
    assert asked.processid in caplog.text


@pytest.mark.parametrize("another", [False, True])
def test_what_a_lost_reply_brought_is_taken_up_by_one_that_is_alone(
    colonies: LocalColony, another: bool, caplog: pytest.LogCaptureFixture
) -> None:
    me = Holding("me", prvkey=(key := PrivateKey.generate()))
    with colonies.worker(me.worker):
        first = submit(colonies, "work")
        until(lambda: len(me.runs) == 1)  # so no poll is under way
        if another:  # which has started later
            show_another(colonies, key)
        lost = colonies.faults.drop("assign", after_request=True)
        asked = submit(colonies, "work")
        me.door.set()
        assert ended(colonies, first).output == ["me"]
        if another:
            until(lambda: OTHERS in caplog.text)
            assert ended(colonies, submit(colonies, "work")).output == ["me"]
            assert colonies.client.get_process(asked.processid).state is RUNNING
        else:
            assert ended(colonies, asked).output == ["me"]
        assert (lost.hits, len(me.runs)) == (1, 2)
    assert (SEEN in caplog.text) is another


def test_what_another_one_with_the_key_file_runs_is_left_to_it_though_it_cannot_be_seen(
    colonies: LocalColony, tmp_path: Path
) -> None:
    """The server takes no signs of life; those on this machine know of each other all the same."""
    refused = errors.UPDATE_EXECUTOR_ONLY_AN_EXECUTOR_CAN_UPDATE_ITS_OWN_CAPABILITIES
    path, key = tmp_path / "key", PrivateKey.generate()
    path.write_text(key.hex())
    path.chmod(0o600)
    colonies.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colonies.name))
    colonies.client.approve_executor(colonies.name, "me")
    colonies.faults.error("update_executor", refused, times=None)
    first, second = Holding("first", keyfile=path), Holding("second", keyfile=path)
    with colonies.worker(first.worker):
        asked = submit(colonies, "work")
        until(lambda: len(first.runs) == 1)
        with colonies.worker(second.worker):
            assert colonies.client.get_process(asked.processid).state is RUNNING
            first.door.set()
            assert ended(colonies, asked).output == ["first"]


def test_an_update_of_programs_on_one_machine_loses_nothing(colonies: LocalColony, tmp_path: Path) -> None:
    """As the README has it: the new one is up, then the old one gets SIGTERM."""
    gate = Gate(tmp_path)
    keys = tmp_path / "keys"
    with SpawnedWorker(colonies, keys, name="me") as old:
        held = submit(colonies, "hold", str(gate.path))
        opened = gate.reached()
        with SpawnedWorker(colonies, keys, name="me", concurrency=2) as new:
            new.said(SEEN)
            assert ended(colonies, submit(colonies, "pid")).output == [new.pid]
            old.terminate()
            later = [submit(colonies, "pid") for _ in range(3)]
            assert [ended(colonies, each).output for each in later] == [[new.pid]] * 3
            opened.let_through("kept")
            assert ended(colonies, held).output == ["kept"]
            assert old.wait() == 0
            assert ended(colonies, submit(colonies, "pid")).output == [new.pid]
            with SpawnedWorker(colonies, keys, name="me") as newest:  # and so on
                newest.said(SEEN)
                new.terminate()
                assert new.wait() == 0
                assert ended(colonies, submit(colonies, "pid")).output == [newest.pid]
    assert len(colonies.client.get_executors(colonies.name)) == 1


@pytest.mark.parametrize("locked", [False, True])
def test_where_it_may_not_be_seen_only_a_lock_says_that_it_is_alone(
    colonies: LocalColony, tmp_path: Path, locked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    refused = errors.UPDATE_EXECUTOR_ONLY_AN_EXECUTOR_CAN_UPDATE_ITS_OWN_CAPABILITIES
    key = PrivateKey.generate()
    colonies.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colonies.name))
    colonies.client.approve_executor(colonies.name, "me")
    path = tmp_path / "key"
    path.write_text(key.hex())
    path.chmod(0o600)
    me = Holding("me", keyfile=path) if locked else Holding("me", prvkey=key)
    me.door.set()
    colonies.faults.error("update_executor", refused, times=None)
    colonies.faults.drop("assign", after_request=True)
    with colonies.worker(me.worker):
        asked = submit(colonies, "work")
        if locked:
            assert ended(colonies, asked).output == ["me"]
        else:
            until(lambda: OTHERS in caplog.text)
            assert ended(colonies, submit(colonies, "work")).output == ["me"]
    assert caplog.text.count("cannot see that it lives") == 1


def test_one_that_is_not_seen_anew_is_over(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It was killed where nothing remained of it, and so nobody takes its sign away."""
    monkeypatch.setattr("colonyos_gen.worker._taking.recovery.RENEW_S", 0.02)
    monkeypatch.setattr("colonyos_gen.worker._taking.lives.GONE_S", 0.2)
    me = Holding("me", prvkey=(key := PrivateKey.generate()))
    me.door.set()
    colonies.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colonies.name))
    colonies.client.approve_executor(colonies.name, "me")
    show_another(colonies, key)
    with colonies.worker(me.worker):
        assert SEEN in caplog.text
        until(lambda: "another" not in lives(colonies))
        with colonies.faults.delay("update_executor", 0) as again:
            until(lambda: again.hits == 2)
        colonies.faults.drop("assign", after_request=True)
        assert ended(colonies, submit(colonies, "work")).output == ["me"]


@pytest.mark.parametrize("seconds", [0.02, 1e6], ids=["later", "soon after the start"])
def test_a_sign_that_somebody_else_has_overwritten_is_put_back(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._taking.recovery.RENEW_S", seconds)
    me = Holding("me", prvkey=(key := PrivateKey.generate()))
    with colonies.worker(me.worker):
        row = colonies.client.get_executor(colonies.name, "me")
        (own,) = lives_in(row.capabilities.software)
        row.capabilities.software = [shown("another", "elsewhere")]
        colonies.client.update_executor(colonies.name, "me", row.capabilities, prvkey=key)
        until(lambda: lives(colonies) == {own, "another"})
    row = colonies.client.get_executor(colonies.name, "me")
    assert lives(colonies) == {"another"}
    assert [each.name for each in row.capabilities.software][:-1] == ["colonyos_gen"]
    assert len(row.capabilities.hardware) == 1


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "colonyos_gen.worker")
