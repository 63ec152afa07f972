"""A colony for a test: who is in it, which keys they hold, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from colonyos_gen import (
    APPROVED,
    PENDING,
    SUCCESS,
    AlreadyExistsError,
    Client,
    ConnectionFailedError,
    FunctionSpec,
    InvalidRequestError,
    MissingKeyError,
    RPCError,
)
from colonyos_gen.testing import Environment, LocalColony, LocalExecutor, LocalUser
from tests.left_open import nothing_is_left_open


def _spec(colony: LocalColony, *args: object) -> FunctionSpec:
    spec = FunctionSpec.new("greet", "greeter", colony.name)
    spec.args = list(args)
    return spec


def test_an_executor_works_for_a_user() -> None:
    with LocalColony() as colony:
        greeter = colony.add_executor("greeter")
        asked = colony.client.submit(_spec(colony, "world"))
        process = greeter.client.assign(colony.name, timeout=10)
        assert process.processid == asked.processid
        greeter.client.close(process.processid, output=[f"Hello, {process.spec.args[0]}!"])
        done = colony.client.get_process(asked.processid)
        assert (done.state, done.output) == (SUCCESS, ["Hello, world!"])
        assert done.initiatorname == "user"


def test_the_same_in_coroutines() -> None:
    async def main() -> None:
        async with LocalColony() as colony:
            greeter = colony.add_executor("greeter")
            polling = asyncio.create_task(greeter.aclient.assign(colony.name, timeout=10))
            asked = await colony.aclient.submit(_spec(colony, "world"))
            process = await polling
            assert process.processid == asked.processid
            await greeter.aclient.close(process.processid, output=["done"])
            assert (await colony.aclient.get_process(asked.processid)).state is SUCCESS

    asyncio.run(main())


def test_every_role_has_its_key() -> None:
    with LocalColony("lab") as colony:
        greeter, guest = colony.add_executor("greeter"), colony.add_user()
        assert [each.name for each in colony.client.get_colonies()] == ["lab"]  # the server owner
        assert len(colony.client.get_users("lab")) == 2  # the colony owner
        assert colony.client.get_executor("lab", greeter.name).executorid == greeter.key.id
        assert guest.client.submit(_spec(colony)).initiatorname == guest.name
        for own in (greeter.client, guest.client):
            with pytest.raises(MissingKeyError):
                own.remove_colony("lab")


def test_executors_are_as_asked_for() -> None:
    with LocalColony() as colony:
        first, second = colony.add_executor("greeter"), colony.add_executor("greeter")
        assert first.name != second.name
        named = colony.add_executor("greeter", "ada", locationname="home")
        row = colony.client.get_executor(colony.name, "ada")
        assert (row.state, row.locationname, named.executortype) == (APPROVED, "home", "greeter")
        colony.add_executor("greeter", "bob", approve=False)
        assert colony.client.get_executor(colony.name, "bob").state is PENDING
        with pytest.raises(AlreadyExistsError):
            colony.add_executor("greeter", "ada")
    with LocalColony(reregister=True) as colony:
        colony.add_executor("greeter", "ada")
        colony.add_executor("greeter", "ada")


def test_colonies_do_not_know_each_other() -> None:
    with LocalColony() as one, LocalColony() as other:
        assert one.url != other.url
        one.client.submit(_spec(one))
        assert other.client.get_statistics(other.name).waitingprocesses == 0
        with pytest.raises(RPCError):
            other.client.submit(_spec(other), prvkey=one.user_key)


def test_no_key_shows() -> None:
    with LocalColony() as colony:
        greeter, guest = colony.add_executor("greeter"), colony.add_user()
        keys = [colony.server_key, colony.colony_key, colony.user_key, greeter.key, guest.key]
        shown = repr(
            [colony, colony.client, vars(colony), greeter, guest, vars(greeter), greeter.client]
            + [each.environment() for each in (colony, greeter, guest)]
        )
        for key in keys:
            assert key.hex() not in shown
            assert len(key.hex()) == 64
        assert "LocalColony('dev', 'http://127.0.0.1:" in shown
        assert isinstance(greeter, LocalExecutor)
        assert isinstance(guest, LocalUser)


PROGRAM = """
import os
from colonyos_gen import Client, Config
with Client.from_env() as client:
    config = Config.from_env()
    print(config.executorname, config.server_key is not None, config.colony_key is not None)
    print(client.get_executor(config.colonyname, "ada").executorname)
"""


def _run(environment: Environment) -> list[str]:
    outer = os.environ | {
        "COLONIES_SERVER_HTTP_PORT": "1",
        "COLONIES_TLS": "true",
        "COLONIES_CA_FILE": "/none",
    }
    shown = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=outer | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


def test_a_subprocess_finds_the_colony_whatever_its_environment_was() -> None:
    with LocalColony() as colony:
        ada = colony.add_executor("greeter", "ada")
        assert _run(colony.environment()) == ["None True True", "ada"]
        assert _run(ada.environment()) == ["ada False False", "ada"]


def test_no_key_of_another_server_shines_through() -> None:
    with LocalColony() as colony:
        outer = {"COLONIES_SERVER_PRVKEY": "1" * 64, "COLONIES_EXECUTOR_PRVKEY": "2" * 64}
        environment = outer | colony.add_executor("greeter").environment()
        with Client.from_env(environment) as client, pytest.raises(MissingKeyError):
            client.get_colonies()
        assert not any(value in environment.values() for value in outer.values())


def test_clients_are_closed_and_the_server_is_gone_afterwards() -> None:
    before = set(threading.enumerate())
    with LocalColony() as colony:
        client, url = colony.client, colony.url
        greeter = colony.add_executor("greeter")
        assert greeter.client.get_colony(colony.name).name == colony.name
        client.get_colonies()
    assert set(threading.enumerate()) <= before
    with pytest.raises(RPCError, match="closed"):
        client.get_colonies()
    with pytest.raises(RuntimeError, match="closed"):
        _ = greeter.client
    with Client(url, member_key=colony.user_key, retries=0) as late, pytest.raises(ConnectionFailedError):
        late.get_colony(colony.name)


def test_outside_of_its_block_there_is_no_colony() -> None:
    colony = LocalColony()
    with pytest.raises(RuntimeError, match="with block"):
        _ = colony.client
    with colony, pytest.raises(RuntimeError, match="for coroutines"):
        _ = colony.aclient
    with pytest.raises(RuntimeError, match="once"), colony:
        pass


def test_an_asynchronous_client_for_each_event_loop_closed_with_it() -> None:
    """As when a synchronous fixture is used by coroutines: nobody closes the clients, and nothing may be left open."""

    async def main(colony: LocalColony) -> None:
        assert colony.aclient is colony.aclient
        assert (await colony.aclient.get_colony(colony.name)).name == colony.name

    with nothing_is_left_open(), LocalColony() as colony:
        asyncio.run(main(colony))
        asyncio.run(main(colony))


async def _use(colony: LocalColony) -> None:
    await colony.aclient.get_colony(colony.name)


def test_a_loop_that_outlives_the_colony_loses_its_client(capfd: pytest.CaptureFixture[str]) -> None:
    """As with an event loop for all tests, and a fixture that is torn down while it is idle."""
    with nothing_is_left_open(), asyncio.Runner() as runner, LocalColony() as colony:
        runner.run(_use(colony))
    assert capfd.readouterr().err == ""


def test_a_plain_with_in_a_coroutine_leaves_nothing_open(capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        with LocalColony() as colony:
            await _use(colony)

    with nothing_is_left_open():
        asyncio.run(main())
    assert capfd.readouterr().err == ""


def test_a_loop_on_another_thread_loses_its_client(capfd: pytest.CaptureFixture[str]) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with nothing_is_left_open():
            with LocalColony() as colony:
                asyncio.run_coroutine_threadsafe(_use(colony), loop).result(300)
            # What a loop is asked for it begins in turn, so after this the end of the client has begun.
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(300)
            while asyncio.all_tasks(loop):
                time.sleep(0.005)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(300)
        loop.close()
    assert capfd.readouterr().err == ""


def test_options_go_to_the_server() -> None:
    """Also those that the colony has some of itself."""
    seen: list[str] = []

    @web.middleware
    async def watch(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        seen.append(request.path)
        return await handler(request)

    with LocalColony(middlewares=[watch], reregister=True) as colony:
        colony.client.get_version()
        assert seen == ["/api"]
        with colony.faults.error("get_version", 500, "no"), pytest.raises(RPCError, match="no"):
            colony.client.get_version()
        assert seen == ["/api"], "what makes calls go wrong is around it"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clock": None}, r"takes no clock=….*start=….*`advance`"),
        ({"server_key": "ab" * 32}, r"takes no server_key=….*`server_key` of the colony"),
        ({"server_id": "ab" * 32}, r"takes no server_id=…"),
        ({"nope": 5}, r"takes no nope=… \(here 5\); besides .* options of Server: .*body_limit.*reregister"),
        ({"start": 5}, r"start is 5; it must be a datetime with a time zone, or None"),
        ({"start": datetime(2026, 1, 1)}, r"start is datetime.*with a time zone"),
    ],
)
def test_options_that_a_colony_does_not_take(options: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        LocalColony(**options)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"executorid": "ab" * 32}, r"takes no executorid=….*key of its own"),
        ({"executorname": "ada"}, r"takes no executorname=…: give it as name=…"),
        ({"colonyname": "other"}, r"takes no colonyname=…"),
        ({"nope": 5}, r"takes no nope=… \(here 5\); .* fields of Executor: .*locationname"),
    ],
)
def test_fields_that_executors_do_not_have(fields: dict[str, Any], text: str) -> None:
    with LocalColony() as colony, pytest.raises(TypeError, match=text):
        colony.add_executor("greeter", **fields)


def test_what_a_colony_is_asked_wrongly() -> None:
    """The argument is named, with its value and what it must be."""
    wrong: Any = 5
    text: Any = "5"
    with LocalColony() as colony:
        with pytest.raises(InvalidRequestError, match=r"executortype is 5; it must be a str"):
            colony.add_executor(wrong)
        with pytest.raises(InvalidRequestError, match=r"user.name is 5; it must be a str"):
            colony.add_user(wrong)
        with pytest.raises(TypeError, match="minutes is '5'; it must be a number"):
            colony.advance(minutes=text)
        with pytest.raises(TypeError, match="worker is 5; it must be a Worker"), colony.worker(wrong):
            pass
