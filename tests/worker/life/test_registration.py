"""How workers become executors, and stay it."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from colonyos_gen import (
    APPROVED,
    REJECTED,
    ConfigError,
    Executor,
    Function,
    PrivateKey,
    Worker,
)
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import RegistrationError
from colonyos_gen.worker._life.key_file import KeyInUseError, default_name, from_file, from_folder
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until
from tests.worker.kit.spawned import ROOT, SpawnedWorker


def _worker(**options: object) -> Worker:
    worker = Worker(EXECUTORTYPE, **options)  # type: ignore[arg-type]

    @worker.function
    def work() -> str:
        return worker.name or ""

    return worker


def test_without_the_owners_key_it_waits_and_says_what_to_run(colonies: LocalColony, tmp_path: Path) -> None:
    with SpawnedWorker(colonies, tmp_path, with_colony_key=False, name="it's me") as worker:
        worker.said("it's me is not registered in colony dev, and waits.")
        command = worker.said("python -c")
        environ = os.environ | colonies.environment() | {"PYTHONPATH": f"{ROOT}:{ROOT}/generated/python"}
        own = command.strip().replace("python", sys.executable, 1)
        # The first half registers, as the owner may do; the worker then asks for what is left to do.
        subprocess.run(["sh", "-c", own], env=environ, check=True)
        assert ended(colonies, submit(colonies, "pid")).output == [worker.pid]
    assert [each.executorname for each in colonies.client.get_executors(colonies.name)] == ["it's me"]


def test_a_pending_worker_goes_on_once_it_is_approved(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    key = PrivateKey.generate()
    colonies.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colonies.name))
    worker = _worker(name="me", prvkey=key)
    environ = colonies.environment() | {"COLONIES_COLONY_PRVKEY": ""}

    async def main() -> None:
        serving = asyncio.create_task(worker.serve(environ=environ))
        await asyncio.to_thread(until, lambda: "me is pending" in caplog.text)
        await colonies.aclient.approve_executor(colonies.name, "me")
        asked = await asyncio.to_thread(submit, colonies, "work")
        assert (await asyncio.to_thread(ended, colonies, asked)).output == ["me"]
        serving.cancel()

    asyncio.run(main())
    assert 'client.approve_executor("dev", "me")' in caplog.text


def test_it_registers_again_when_it_has_been_removed(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    with colonies.worker(_worker(name="me")):
        assert ended(colonies, submit(colonies, "work")).output == ["me"]
        colonies.client.remove_executor(colonies.name, "me")
        assert ended(colonies, submit(colonies, "work")).output == ["me"]
        (row,) = colonies.client.get_executors(colonies.name)
        assert row.state is APPROVED
        assert [each.funcname for each in colonies.client.get_functions(colonies.name)] == ["work"]
    assert "does not know this executor any more" in caplog.text


def test_the_server_that_fell_silent_for_too_long_is_told_again(colonies: LocalColony) -> None:
    """A worker whose server was away for longer than it waits for executors, such as a laptop that slept."""
    with colonies.worker(_worker(name="me")):
        assert ended(colonies, submit(colonies, "work")).output == ["me"]
        with colonies.outage():
            pass
        colonies.client.remove_executor(colonies.name, "me")
        colonies.restart()
        assert ended(colonies, submit(colonies, "work")).output == ["me"]


def test_functions_are_made_the_ones_that_there_are(colonies: LocalColony) -> None:
    key = PrivateKey.generate()
    with colonies.worker(_worker(name="me", prvkey=key)):
        ended(colonies, submit(colonies, "work"))
    for name in ("work", "gone"):
        function = Function(executorname="me", colonyname=colonies.name, funcname=name)
        colonies.client.add_function(function, prvkey=key)
    with colonies.worker(_worker(name="me", prvkey=key)):
        found = colonies.client.get_functions(colonies.name)
        assert [(each.funcname, each.executortype, each.counter) for each in found] == [
            ("work", EXECUTORTYPE, 1)
        ]


@pytest.mark.parametrize("method", ["add_executor", "add_function", "approve_executor", "get_executor"])
@pytest.mark.parametrize("carried_out", [False, True])
def test_lost_replies_on_the_way_leave_nothing_twice(
    colonies: LocalColony, method: str, carried_out: bool
) -> None:
    colonies.faults.drop(method, after_request=carried_out)
    with colonies.worker(_worker(name="me")):
        assert ended(colonies, submit(colonies, "work")).output == ["me"]
        assert len(colonies.client.get_executors(colonies.name)) == 1
        assert len(colonies.client.get_functions(colonies.name)) == 1


def test_a_worker_does_not_approve_itself_again_after_it_was_rejected(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    """Its approval is lost time and again, and meanwhile the owner thinks otherwise."""
    worker = _worker(name="me")

    async def main() -> None:
        serving = asyncio.create_task(worker.serve(environ=colonies.environment()))
        with colonies.faults.drop("approve_executor", times=None) as lost:
            await asyncio.to_thread(until, lambda: lost.hits > 0)
            await colonies.aclient.reject_executor(colonies.name, "me")
            await asyncio.to_thread(until, lambda: "me is rejected" in caplog.text)
        (row,) = await colonies.aclient.get_executors(colonies.name)
        assert row.state is REJECTED
        serving.cancel()

    asyncio.run(main())


def test_a_name_that_is_taken_is_left_alone() -> None:
    with LocalColony(reregister=True) as colony:
        other = colony.add_executor(EXECUTORTYPE, "me")
        with (
            pytest.raises(RegistrationError, match="me is taken in colony dev"),
            colony.worker(_worker(name="me")),
        ):
            pass
        (row,) = colony.client.get_executors(colony.name)
        assert row.executorid == other.key.id


def test_it_leaves_when_its_name_is_taken_over() -> None:
    with LocalColony(reregister=True) as colony:
        key = PrivateKey.generate()

        def take_over(worker: Worker) -> None:
            colony.client.add_executor(Executor.new("me", key.id, EXECUTORTYPE, colony.name))
            colony.client.approve_executor(colony.name, "me")
            colony.advance(11)  # ends its long poll; the next one is refused
            until(lambda: not worker.is_running)

        with pytest.raises(RegistrationError, match="is taken"), colony.worker(_worker(name="me")) as worker:
            take_over(worker)
        (row,) = colony.client.get_executors(colony.name)
        assert row.executorid == key.id


def test_mistakes_are_told_at_once(colonies: LocalColony, tmp_path: Path) -> None:
    async def serve(worker: Worker, **variables: str) -> None:
        environ = colonies.environment() | {"COLONIES_KEYS": str(tmp_path)} | variables
        await worker.serve(environ=environ)

    with pytest.raises(RegistrationError, match="there is no colony 'other' on this server"):
        asyncio.run(serve(_worker(colonyname="other")))
    with pytest.raises(ConfigError, match="no colony to work for"):
        asyncio.run(serve(_worker(), COLONIES_COLONY_NAME=""))
    gpu = colonies.add_executor("gpu", "gpu-1")
    with pytest.raises(ConfigError, match="the key of gpu-1, an executor of type 'gpu'"):
        asyncio.run(serve(_worker(), COLONIES_PRVKEY=gpu.key.hex()))
    with pytest.raises(RegistrationError, match="as executor of type 'gpu', not 'tester'"):
        asyncio.run(serve(_worker(name="gpu-1", prvkey=gpu.key)))


def test_an_executors_key_in_the_environment_is_its_own(colonies: LocalColony) -> None:
    me = colonies.add_executor(EXECUTORTYPE)

    async def main() -> None:
        serving = asyncio.create_task(_worker().serve(environ=me.environment()))
        asked = await asyncio.to_thread(submit, colonies, "work")
        assert (await asyncio.to_thread(ended, colonies, asked)).output == [me.name]
        serving.cancel()

    asyncio.run(main())


def test_an_unknown_key_in_the_environment_is_its_own(colonies: LocalColony) -> None:
    key = PrivateKey.generate()
    environ = colonies.environment() | {"COLONIES_PRVKEY": key.hex(), "COLONIES_EXECUTOR_NAME": "me"}

    async def main() -> None:
        serving = asyncio.create_task(_worker().serve(environ=environ))
        asked = await asyncio.to_thread(submit, colonies, "work")
        assert (await asyncio.to_thread(ended, colonies, asked)).output == ["me"]
        serving.cancel()

    asyncio.run(main())
    (row,) = colonies.client.get_executors(colonies.name)
    assert (row.executorname, row.executorid) == ("me", key.id)


def test_who_is_given_no_name_takes_a_key_file_that_nobody_has(tmp_path: Path) -> None:
    environ = {"COLONIES_KEYS": str(tmp_path)}
    first = from_folder(environ, "dev", None, "gpu")
    second = from_folder(environ, "dev", None, "gpu")
    assert (first.name, second.name) == (default_name("gpu"), default_name("gpu", 2))
    assert first.key.id != second.key.id
    taking_over = from_folder(environ, "dev", first.name, "gpu")  # as its next life does
    assert (taking_over.name, taking_over.key.id) == (first.name, first.key.id)
    first.release()
    assert from_folder(environ, "dev", None, "gpu").name == default_name("gpu", 3)
    taking_over.release()
    again = from_folder(environ, "dev", None, "gpu")
    assert (again.name, again.key.id) == (first.name, first.key.id)
    assert again.lock is not None
    odd = from_folder(environ, "../..", "../a b/..", "gpu")
    assert odd.name == "../a b/.."
    assert {each.parent.parent for each in tmp_path.rglob("*") if each.is_file()} == {tmp_path / "workers"}


def test_one_that_does_not_share_its_key_file_is_named(tmp_path: Path) -> None:
    """As those of earlier releases."""
    path = tmp_path / "me.key"
    from_file(path, "me", None).release()
    with (tmp_path / ".me.key.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KeyInUseError, match="in use by a worker on this machine that does not share it"):
            from_file(path, "me", None)
    from_file(path, "me", None).release()


def test_a_key_file_can_be_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "me.key"
    made = from_file(path, "me", "a passphrase")
    assert made.key.hex() not in path.read_text()
    made.release()
    assert from_file(path, "me", "a passphrase").key.id == made.key.id


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "colonyos_gen.worker")
