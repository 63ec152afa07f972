"""Executors, generators and colonies are removed when nobody is at work with them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from colonyos_gen_wire import Generator, WorkflowSpec
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.method import Key
from colonyos_gen_wire.methods.generator import GET_GENERATOR
from msgspec.structs import replace

from colonyos_gen import (
    CANCELLED,
    RUNNING,
    UNREGISTERED,
    WAITING,
    DeniedError,
    FunctionSpec,
    MissingKeyError,
    NotFoundError,
    PrivateKey,
    RemovalRefused,
    Session,
    connect,
)
from colonyos_gen.server._front.envelope import write_reply
from colonyos_gen.session._removal import procedure
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing
from tests.session.test_cancelling import begun, leaves

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def later(act: Callable[[], object], seconds: float = 0.5) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def add_generator(colonies: LocalColony, timeout: int = -1) -> Generator:
    node = FunctionSpec.new("work", "nobody", colonies.name)
    node.nodename = "work"
    spec = WorkflowSpec(colonyname=colonies.name, functionspecs=[node])
    generator = Generator(
        colonyname=colonies.name,
        name="packer",
        workflowspec=encode(spec).decode(),
        trigger=3,
        timeout=timeout,
    )
    return colonies.client.add_generator(generator)


def there(session: Session) -> set[str]:
    return {each.name for each in session.colonies.list()}


def test_an_executor_that_is_at_work(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executors = colonies.session.executors
    with pytest.raises(
        RemovalRefused, match=f"executor '{executor.name}' of colony 'dev' .* it runs 'add'"
    ) as caught:
        executors.remove(executor.name)
    assert handle.processid in caught.value.reason
    with pytest.raises(RemovalRefused, match=r"it runs 'add'.*; [\d.]+ s have passed"):
        executors.remove(executor.name, timeout=2)
    assert executors.list()[0].state is not UNREGISTERED
    timer = later(lambda: executor.client.close(handle.processid))
    executors.remove(executor.name, timeout=60)
    timer.join()
    assert executors.list()[0].state is UNREGISTERED
    with pytest.raises(NotFoundError):
        executors.remove("nobody")


def test_an_executor_that_is_gone_for_good(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    colonies.session.executors.remove(executor.name, hazardous=True)
    assert handle.refresh().state is WAITING


def test_an_executor_behind_many_others(colonies: LocalColony, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procedure, "_LEAST_S", 60.0)  # on a busy machine, a look takes long
    handle, executor = begun(colonies)
    other = colonies.add_executor("math")
    for n in range(101):
        colonies.submit("add", n, to="math")
        other.client.assign(colonies.name, 10)
    with pytest.raises(RemovalRefused, match=f"process {handle.processid}"):
        colonies.session.executors.remove(executor.name)
    with pytest.raises(RemovalRefused, match="; and others"):
        colonies.session.executors.remove(other.name)


def test_an_executor_that_nobody_may_look_at(colonies: LocalColony) -> None:
    colonies.add_executor("math", "math-9")
    owner = connect(colonies.name, url=colonies.url, keys={"colony": colonies.colony_key}, environ={})
    with owner:
        with pytest.raises(RemovalRefused, match="no key of this session may look") as caught:
            owner.executors.remove("math-9")
        assert "hazardous=True" in caught.value.remedy
        owner.executors.remove("math-9", hazardous=True)
    assert colonies.session.executors.list()[0].state is UNREGISTERED


def test_an_answer_that_is_lost(colonies: LocalColony) -> None:
    colonies.add_executor("math", "math-9")
    add_generator(colonies)
    colonies.session.colonies.add("lab")
    removals: dict[str, Callable[[], None]] = {
        "remove_executor": lambda: colonies.session.executors.remove("math-9", timeout=10),
        "remove_generator": lambda: colonies.session.generators.remove("packer", timeout=10),
        "remove_colony": lambda: colonies.session.colonies.remove("lab", timeout=10),
    }
    for method, remove in removals.items():
        with colonies.faults.drop(method, after_request=True) as fault:
            remove()
        assert fault.hits == 1
    assert there(colonies.session) == {"dev"}


def test_generators(colonies: LocalColony) -> None:
    generators = colonies.session.generators
    made = add_generator(colonies)
    assert [each.name for each in generators.list()] == ["packer"]
    colonies.client.pack_generator(made.generatorid, "a")
    assert generators.get("packer").queuesize == 1
    generators.remove("packer")
    assert generators.list() == []
    with pytest.raises(LookupError, match="colony 'dev' has no generator 'packer'; it has: none"):
        generators.remove("packer")


@pytest.mark.parametrize("due", ["full", "late"])
def test_a_generator_with_a_batch(colonies: LocalColony, due: str) -> None:
    made = add_generator(colonies, timeout=5)
    read = colonies.client.get_generator(made.generatorid)
    now = datetime.now(UTC)
    batch = (
        replace(read, queuesize=3, firstpack=now)
        if due == "full"
        else replace(read, queuesize=1, firstpack=now, lastrun=now - timedelta(seconds=4))
    )
    answer = write_reply(GET_GENERATOR.msgtype, encode(batch)).decode()
    with (
        colonies.faults.error("get_generator", 200, answer, times=1),
        pytest.raises(RemovalRefused) as caught,
    ):
        colonies.session.generators.remove("packer")
    assert "packed arguments are in its queue, and" in caught.value.reason
    assert [each.name for each in colonies.session.generators.list()] == ["packer"]
    with colonies.faults.error("get_generator", 200, answer, times=3) as fault:
        colonies.session.generators.remove("packer", timeout=60)
    assert fault.hits == 3
    assert colonies.session.generators.list() == []


def test_a_generator_of_which_a_batch_was_just_stored(colonies: LocalColony) -> None:
    made = add_generator(colonies)
    read = colonies.client.get_generator(made.generatorid)
    before = replace(read, queuesize=0, firstpack=datetime.now(UTC))
    answer = write_reply(GET_GENERATOR.msgtype, encode(before)).decode()
    run = replace(before, lastrun=datetime.now(UTC))
    marked = write_reply(GET_GENERATOR.msgtype, encode(run)).decode()
    colonies.faults.error("get_generator", 200, answer, times=1)
    second = colonies.faults.error("get_generator", 200, marked, times=2)
    colonies.session.generators.remove("packer")
    assert second.hits == 2  # once to see that it has run meanwhile, and once to see that it has not again


def test_a_colony_that_is_worked_in() -> None:
    with LocalColony(start=LONG_AGO) as colonies:
        session = colonies.session
        session.crons.add("daily", "@daily", spec=FunctionSpec.new("work", "nobody", ""))
        add_generator(colonies)
        handle, executor = begun(colonies)
        colonies.submit("add", 1, to="nobody")
        with pytest.raises(RemovalRefused) as caught:
            session.colonies.remove("dev")
        assert caught.value.what == "colony 'dev'"
        assert caught.value.in_the_way[:2] == ["cron 'daily' submits", "generator 'packer' submits"]
        assert [each.rsplit(" ", 1)[1] for each in caught.value.in_the_way[2:]] == ["RUNNING", "WAITING"]
        assert "session.crons.remove('daily')" in caught.value.remedy
        session.crons.remove("daily")
        session.generators.remove("packer")
        assert session.remove_all_processes(WAITING).refused == {}
        timer = later(lambda: executor.client.close(handle.processid))
        session.colonies.remove("dev", timeout=60)
        timer.join()
        assert there(session) == set()


def test_a_colony_that_is_cleared(colonies: LocalColony) -> None:
    session = colonies.session
    session.crons.add("daily", "@daily", spec=FunctionSpec.new("work", "nobody", ""))
    add_generator(colonies)
    leaves(colonies, 5)
    _, executor = begun(colonies)
    for n in range(5):
        colonies.submit("add", n, to="nobody")
    with pytest.raises(RemovalRefused, match=f"executor '{executor.name}' may be waiting for work"):
        session.colonies.remove("dev")
    with (
        colonies.faults.error("remove_colony", shared.NOT_SERVER_OWNER),
        pytest.raises(DeniedError),
    ):
        session.colonies.remove("dev", clear=True)
    assert colonies.client.get_processes("dev", 100, WAITING) == []
    assert colonies.client.get_processes("dev", 100, RUNNING) == []
    assert len(colonies.client.get_processes("dev", 100, CANCELLED)) == 11
    assert {each.state for each in session.executors.list()} == {UNREGISTERED}
    assert (session.crons.list(), session.generators.list()) == ([], [])
    session.colonies.remove("dev", clear=True)
    assert there(session) == set()


def test_a_worker_that_has_been_stopped_for_a_while() -> None:
    with LocalColony(start=datetime.now(UTC) - timedelta(seconds=16)) as colonies:
        with executing(colonies, threads=2):
            assert colonies.call("add", 1, 2, to="math", timeout=60) == 3
        session = colonies.session
        with pytest.raises(RemovalRefused, match="may be waiting for work"):
            session.colonies.remove("dev", timeout=1)
        session.colonies.remove("dev", timeout=60)
        assert there(session) == set()


def test_who_may_look(colonies: LocalColony) -> None:
    session = colonies.session
    session.colonies.add("lab")
    session.colonies.add("theirs", colonies.user_key.id)
    with pytest.raises(RemovalRefused, match="no key of this session may look into it") as caught:
        session.colonies.remove("theirs")
    assert "hazardous=True" in caught.value.remedy
    session.colonies.remove("lab")  # as a user of its own
    session.colonies.remove("theirs", hazardous=True)
    assert there(session) == {"dev"}
    with pytest.raises(NotFoundError):
        session.colonies.remove("lab", hazardous=True)


def test_the_user_who_looked_is_gone_after_a_refusal() -> None:
    with LocalColony(start=LONG_AGO) as colonies:
        colonies.submit("add", 1, to="nobody")
        keys = {"server": colonies.server_key, "colony": colonies.colony_key}
        with connect("dev", url=colonies.url, keys=keys, environ={}) as owner:
            with pytest.raises(RemovalRefused, match="is WAITING"):
                owner.colonies.remove("dev")
            assert [each.name for each in colonies.client.get_users("dev")] == ["user"]
            owner.colonies.remove("dev", clear=True)
        assert there(colonies.session) == set()


def test_a_colony_that_is_not_there(colonies: LocalColony) -> None:
    with pytest.raises(NotFoundError):
        colonies.session.colonies.remove("nowhere")


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    add_generator(colonies)

    async def main() -> None:
        session = colonies.asession
        await session.submit("add", 1, to="nobody")
        await session.generators.remove("packer")
        assert len((await session.remove_all_processes()).removed) == 1
        assert (await session.remove_all_workflows()).removed == []
        await session.colonies.remove("dev", clear=True)
        assert await session.colonies.list() == []

    asyncio.run(main())


def test_nothing_is_cleared_by_those_who_may_not_remove_the_colony(colonies: LocalColony) -> None:
    """They are told before anything is cancelled."""
    handle = colonies.submit("work", to="nobody")
    mine: dict[str, Key | None] = {"member": colonies.user_key}
    for keys in (mine, mine | {"server": PrivateKey.generate()}):
        with (
            connect(colonies.name, url=colonies.url, keys=keys) as session,
            pytest.raises((MissingKeyError, DeniedError)),
        ):
            session.colonies.remove(colonies.name, 20, clear=True)
        assert handle.refresh().state is WAITING
