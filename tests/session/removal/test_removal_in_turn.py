"""Removals take turns, and wait no longer than they may; what they are given is checked, and what is in the way is named."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from typing import cast

import pytest
from colonyos_gen_wire import Executor

from colonyos_gen import (
    CANCELLED,
    PENDING,
    UNREGISTERED,
    InvalidRequestError,
    NotFoundError,
    PrivateKey,
    ProcessState,
    RemovalRefused,
    RPCTimeoutError,
    connect,
)
from colonyos_gen.session._removal.process import ProcessProcedure
from colonyos_gen.session._removal.turns import NoTurnError, turn_for
from colonyos_gen.testing import LocalColony
from tests.session.test_cancelling import leaves

from .test_removal_of_members import add_generator, there

OF_ONE_SERVER = ["http://localhost:1", "http://localhost:1/", "HTTP://LOCALHOST:1", "http://127.0.0.1:1/api"]
NO_LIMIT = [-1, "1", True, float("nan"), [1]]
NO_NAME = [None, 7, ["packer"], "", b"packer"]


@pytest.mark.parametrize("url", OF_ONE_SERVER)
def test_addresses_of_one_server_share_their_turns(url: str) -> None:
    async def main() -> None:
        async with turn_for(OF_ONE_SERVER[0], "thing", 0):
            with pytest.raises(NoTurnError):
                async with turn_for(url, "thing", 0):
                    pass
            async with turn_for("http://localhost:2", "thing", 0), turn_for(url, "other", 0):
                pass
        async with turn_for(url, "thing", 0):
            pass

    asyncio.run(main())


def test_whoever_waits_in_vain_leaves_the_line() -> None:
    async def main() -> None:
        async def take() -> None:
            async with turn_for("http://localhost:1", "thing", 60):
                pass

        async with turn_for("http://localhost:1", "thing", 0):
            waiting = asyncio.create_task(take())
            await asyncio.sleep(0)
            with pytest.raises(NoTurnError):
                async with turn_for("http://localhost:1", "thing", 0.05):
                    pass
        await asyncio.wait_for(waiting, 30)

    asyncio.run(main())


def test_the_time_to_wait_for_others_counts(colonies: LocalColony) -> None:
    session = colonies.session
    handle, flow = colonies.submit("add", 1, to="nobody"), leaves(colonies)
    made, executor = add_generator(colonies), colonies.add_executor("math")
    removals: dict[str, Callable[[float], None]] = {
        handle.processid: lambda time: handle.remove(timeout=time),
        flow.processgraphid: lambda time: flow.remove(timeout=time),
        made.generatorid: lambda time: session.generators.remove("packer", timeout=time),
        f"executor {executor.name} of dev": lambda time: session.executors.remove(
            executor.name, timeout=time
        ),
        "colony dev": lambda time: session.colonies.remove("dev", timeout=time, clear=True),
    }

    async def main() -> None:
        for key, remove in removals.items():
            async with turn_for(colonies.url.replace("127.0.0.1", "LOCALHOST") + "/", key, 0):
                refused = await refusal_of(remove)
            first, second = refused.in_the_way
            assert first == "another part of this program is cancelling or removing it"
            assert re.fullmatch(r"[\d.]+ s have passed", second)
            assert "timeout=" in refused.remedy

    async def refusal_of(remove: Callable[[float], None]) -> RemovalRefused:
        """Where the machine is slow, the time may be up before it is anybody's turn: then there was too little of it."""
        for seconds in (1.5, 6, 24, 96):
            with pytest.raises(RemovalRefused) as caught:
                await asyncio.wait_for(asyncio.to_thread(remove, seconds), 300)
            if len(caught.value.in_the_way) > 1:
                break
        return caught.value

    asyncio.run(main())
    assert handle.refresh().state is not CANCELLED
    assert there(session) == {"dev"}


def test_a_cancel_that_has_no_turn_was_not_sent(colonies: LocalColony) -> None:
    async def main() -> None:
        handle = await colonies.asession.submit("add", 1, to="nobody")
        async with turn_for(colonies.url, handle.processid, 0):
            with pytest.raises(
                RPCTimeoutError, match=f"process {handle.processid} was not cancelled"
            ) as caught:
                await ProcessProcedure(colonies.aclient, handle.process, 0.1).cancel()
        assert not caught.value.sent
        await handle.remove()

    asyncio.run(main())


def test_what_is_not_there_has_its_name_in_the_error(colonies: LocalColony) -> None:
    session = colonies.session
    handle, flow = colonies.submit("add", 1, to="nobody"), leaves(colonies)
    again = session.process(handle.processid)
    handle.remove()
    flow.remove()
    asked: list[tuple[Callable[[], object], str]] = [
        (again.remove, handle.processid),
        (again.cancel, handle.processid),
        (lambda: session.process(handle.processid), handle.processid),
        (flow.remove, flow.processgraphid),
        (flow.cancel, flow.processgraphid),
        (lambda: colonies.client.remove_process(handle.processid), handle.processid),
        (lambda: session.executors.remove("nobody"), "'nobody'"),
        (lambda: session.executors.remove("nobody", hazardous=True), "'nobody'"),
        (lambda: session.colonies.remove("nowhere"), "nowhere"),
        (lambda: session.colonies.remove("nowhere", hazardous=True), "nowhere"),
    ]
    for ask, name in asked:
        with pytest.raises(NotFoundError, match=name) as caught:
            ask()
        assert str(caught.value).count(name) == 1


@pytest.mark.parametrize("timeout", NO_LIMIT)
def test_time_limits_that_are_none(colonies: LocalColony, timeout: float) -> None:
    session = colonies.session
    handle, flow = colonies.submit("add", 1, to="nobody"), leaves(colonies)
    with colonies.faults.drop("*", times=None) as sent:
        for remove in (
            lambda: handle.remove(timeout),
            lambda: flow.remove(timeout),
            lambda: session.executors.remove("e", timeout),
            lambda: session.generators.remove("g", timeout),
            lambda: session.colonies.remove("dev", timeout),
            lambda: session.remove_all_processes(timeout=timeout),
            lambda: session.remove_all_workflows(timeout=timeout),
        ):
            with pytest.raises(
                InvalidRequestError, match=r"timeout is .*; it must be a number of seconds, 0 or more"
            ):
                remove()
    assert sent.hits == 0


@pytest.mark.parametrize("name", NO_NAME)
def test_names_that_are_none(colonies: LocalColony, name: str) -> None:
    session = colonies.session
    with colonies.faults.drop("*", times=None) as sent:
        for remove in (session.executors.remove, session.generators.remove, session.colonies.remove):
            with pytest.raises(InvalidRequestError, match=r"name is .*; it must be "):
                remove(name)
    assert sent.hits == 0


@pytest.mark.parametrize("state", [-1, 5, "WAITING", True, [0], 1.0])
def test_states_that_are_none(colonies: LocalColony, state: int) -> None:
    session = colonies.session
    with colonies.faults.drop("*", times=None) as sent:
        for remove in (session.remove_all_processes, session.remove_all_workflows):
            with pytest.raises(InvalidRequestError, match=r"state is .*; it must be one of WAITING \(0\)"):
                remove(cast("ProcessState", state))
    assert sent.hits == 0


def test_flags_that_are_text(colonies: LocalColony) -> None:
    session = colonies.session
    no = cast("bool", "no")
    with colonies.faults.drop("*", times=None) as sent:
        removals: list[Callable[[], None]] = [
            lambda: session.executors.remove("e", hazardous=no),
            lambda: session.colonies.remove("dev", hazardous=no),
            lambda: session.colonies.remove("dev", clear=no),
        ]
        for remove in removals:
            with pytest.raises(InvalidRequestError, match="is 'no'; it must be True or False"):
                remove()
    assert sent.hits == 0


@pytest.mark.parametrize("hazardous", [False, True])
def test_an_executor_that_came_back_meanwhile_stays(hazardous: bool) -> None:
    """The answer to its removal is lost, and before anything is sent again another one is registered under its name."""
    with LocalColony(reregister=True) as colonies:
        colonies.add_executor("math", "math-9")
        colonies.faults.drop("remove_executor", after_request=True)
        again = colonies.faults.delay("remove_executor", 3)

        async def main() -> None:
            client = colonies.aclient
            removal = asyncio.create_task(
                colonies.asession.executors.remove("math-9", 60, hazardous=hazardous)
            )
            while (await client.get_executor("dev", "math-9")).state is not UNREGISTERED:
                await asyncio.sleep(0.01)
            await client.add_executor(Executor.new("math-9", PrivateKey.generate().id, "math", "dev"))
            await removal

        asyncio.run(main())
        assert again.hits == 0
        assert colonies.client.get_executor("dev", "math-9").state is PENDING


def test_an_executor_of_which_nobody_can_tell_whether_it_is_removed(colonies: LocalColony) -> None:
    colonies.add_executor("math", "math-9")
    keys = {"colony": colonies.colony_key}
    with (
        connect("dev", url=colonies.url, keys=keys, environ={}) as owner,
        colonies.faults.drop("remove_executor", after_request=True) as fault,
        pytest.raises(RPCTimeoutError, match="executor 'math-9' of colony 'dev' may have been removed"),
    ):
        owner.executors.remove("math-9", 20, hazardous=True)
    assert fault.hits == 1
    assert colonies.client.get_executor("dev", "math-9").state is UNREGISTERED


@pytest.mark.parametrize("hazardous", [False, True])
def test_a_colony_that_is_somebody_elses_by_now_stays(colonies: LocalColony, hazardous: bool) -> None:
    session = colonies.session
    session.colonies.add("lab")
    colonies.faults.drop("remove_colony", after_request=True)
    again = colonies.faults.delay("remove_colony", 3)

    async def main() -> None:
        removal = asyncio.create_task(colonies.asession.colonies.remove("lab", 60, hazardous=hazardous))
        while any(each.name == "lab" for each in await colonies.asession.colonies.list()):
            await asyncio.sleep(0.01)
        await colonies.asession.colonies.add("lab", PrivateKey.generate().id)
        await removal

    asyncio.run(main())
    assert again.hits == 0
    assert there(session) == {"dev", "lab"}


def test_an_event_loop_that_stands_still_does_not_keep_a_turn() -> None:
    """Neither for who waits behind it, nor for itself when it runs again."""
    order: list[str] = []
    stopped = asyncio.new_event_loop()
    holding, release = threading.Event(), threading.Event()

    async def hold() -> None:
        async with turn_for(OF_ONE_SERVER[0], "p", 60):
            holding.set()
            await asyncio.to_thread(release.wait, 60)

    async def take(name: str) -> None:
        async with turn_for(OF_ONE_SERVER[0], "p", 60):
            order.append(name)

    async def line_up() -> asyncio.Task[None]:
        task = asyncio.create_task(take("the one that stood still"))
        await asyncio.sleep(0.05)
        return task

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    assert holding.wait(60)
    waiting = stopped.run_until_complete(line_up())
    release.set()
    thread.join()
    asyncio.run(take("another"))
    stopped.run_until_complete(waiting)
    stopped.close()
    assert order == ["another", "the one that stood still"]


@pytest.mark.parametrize("free", [True, False])
def test_a_wait_that_is_cancelled_takes_no_turn(free: bool) -> None:
    async def main() -> None:
        async def take() -> None:
            async with turn_for(OF_ONE_SERVER[0], "p", 60):
                await asyncio.sleep(0)

        async with turn_for(OF_ONE_SERVER[0], "p", 60):
            waits = [asyncio.create_task(take()) for _ in range(3)]
            await asyncio.sleep(0)
            if not free:
                waits[0].cancel()
                waits[1].cancel()
        if free:  # it is the turn of the first, who does not know yet
            waits[0].cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        assert not waits[2].cancelled()
        async with turn_for(OF_ONE_SERVER[0], "p", 0):
            pass

    asyncio.run(main())
