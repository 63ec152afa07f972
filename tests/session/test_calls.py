"""Calling a function: what comes back, what goes in, and how it ends otherwise."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from colonyos_gen import (
    AsyncSession,
    Client,
    ConnectionFailedError,
    Function,
    FunctionLookupError,
    FunctionSpec,
    Log,
    Process,
    ProcessCancelled,
    ProcessFailed,
    Session,
    WaitTimeout,
)
from colonyos_gen.testing import LocalColony

from .scene import executing


def echo(_client: Client, process: Process) -> Any:
    return process.spec.args


@pytest.mark.parametrize(
    ("args", "value"),
    [((), None), ((3,), 3), (([1, 2],), [1, 2]), ((1, "two"), [1, "two"]), ((None,), None)],
)
def test_the_output_of_a_call(colonies: LocalColony, args: tuple[Any, ...], value: object) -> None:
    with executing(colonies, work=echo):
        assert colonies.call("echo", *args, to="math", timeout=300) == value


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    async def main() -> object:
        return await colonies.asession.call("add", 1, 2, to="math", timeout=300)

    with executing(colonies):
        assert asyncio.run(main()) == 3


def test_what_a_call_carries(colonies: LocalColony) -> None:
    handle = colonies.submit(
        "fit",
        1,
        to="math",
        kwargs={"label": "a keyword argument"},
        channels=["out"],
        label="mine",
        env={"A": "b"},
        priority=2,
        maxwaittime=60,
        maxexectime=70,
        maxretries=3,
        lr=0.5,
    )
    spec = colonies.client.get_process(handle.processid).spec
    assert (spec.funcname, spec.args, spec.kwargs) == ("fit", [1], {"label": "a keyword argument", "lr": 0.5})
    assert (spec.conditions.executortype, spec.conditions.colonyname) == ("math", colonies.name)
    assert (spec.channels, spec.label, spec.env, spec.priority) == (["out"], "mine", {"A": "b"}, 2)
    assert (spec.maxwaittime, spec.maxexectime, spec.maxretries) == (60, 70, 3)


def test_arguments_that_cannot_be_meant(colonies: LocalColony) -> None:
    session = colonies.session
    with pytest.raises(TypeError, match=r"multiple values for 'lr': in kwargs= as well"):
        session.submit("fit", to="math", kwargs={"lr": 1}, lr=2)
    with pytest.raises(TypeError, match=r"channels is 'out'; it must be a list of names, such as \['out'\]"):
        session.submit("chat", to="llm", channels="out")
    spec = FunctionSpec.new("add", "math", "")
    no_option: dict[str, Any] = {"maxretires": None}
    with pytest.raises(TypeError, match="FunctionSpec has its own arguments and options"):
        session.submit(spec, 1)
    with pytest.raises(TypeError, match="FunctionSpec has its own arguments and options"):
        session.submit(cast("Any", spec), **no_option)
    with pytest.raises(ValueError, match="to is 'other', but the function spec of 'add' is for 'math'"):
        session.submit(spec, to="other")
    assert colonies.client.get_processes(colonies.name) == []


def test_a_function_spec_lacks_nothing_that_the_session_knows(colonies: LocalColony) -> None:
    spec = FunctionSpec(funcname="add", args=[1, 1])
    process = colonies.submit(spec, to="math").process
    assert (process.spec.conditions.colonyname, process.spec.conditions.executortype) == ("dev", "math")
    assert spec == FunctionSpec(funcname="add", args=[1, 1])


def register(colonies: LocalColony, executor: Any, funcname: str, executortype: str = "") -> None:
    row = Function(
        executorname=executor.name, colonyname=colonies.name, funcname=funcname, executortype=executortype
    )
    executor.client.add_function(row)


def test_the_executor_type_is_looked_up(colonies: LocalColony) -> None:
    with executing(colonies, threads=2) as executors:
        for executor in executors:  # two executors of one type are one choice; and a type may be left open
            register(colonies, executor, "add", "math" if executor is executors[0] else "")
        assert colonies.call("add", 2, 3, timeout=300) == 5
    other = colonies.add_executor("accounting")
    register(colonies, other, "add", "accounting")
    with pytest.raises(FunctionLookupError, match="choose one with to=…: 'accounting', 'math'") as several:
        colonies.call("add", 2, 3)
    assert several.value.choices == ["accounting", "math"]
    with pytest.raises(
        FunctionLookupError, match=r"no executor has registered a function 'sub' \(registered: add\)"
    ):
        colonies.call("sub", 2, 3)


def test_a_failure_tells_what_happened(colonies: LocalColony) -> None:
    def work(client: Client, process: Process) -> Any:
        for line in range(30):
            client.add_log(Log(processid=process.processid, message=f"step {line}"))
        raise ValueError("no such unit")

    with executing(colonies, work=work), pytest.raises(ProcessFailed) as caught:
        colonies.call("convert", 20, to="math", timeout=300)
    error = caught.value
    assert error.errors == ["no such unit"]
    assert [log.message for log in error.logs] == [f"step {line}" for line in range(10, 30)]
    assert error.process.spec.args == [20]
    text = str(error)
    assert text.startswith(f"'convert', process {error.process.processid} failed: no such unit\n")
    assert text.endswith("step 29")


def test_a_failure_is_told_even_if_its_log_cannot_be_read(colonies: LocalColony) -> None:
    handle, executor = colonies.submit("convert", to="math"), colonies.add_executor("math")
    executor.client.assign(colonies.name, 10)
    executor.client.fail(handle.processid, errors=["no"])
    with (
        colonies.faults.error("get_logs", 400, "gone", times=None),
        pytest.raises(ProcessFailed, match=r"failed: no$"),
    ):
        handle.output(timeout=300)


def test_a_cancelled_process(colonies: LocalColony) -> None:
    handle = colonies.submit("convert", to="nobody")
    handle.cancel()
    with pytest.raises(ProcessCancelled, match=rf"'convert', process {handle.processid} was cancelled"):
        handle.output(timeout=300)


def test_a_timeout_leaves_the_process_alone(colonies: LocalColony) -> None:
    with pytest.raises(WaitTimeout, match=r"did not end within 2 s and goes on") as caught:
        colonies.call("add", 1, to="math", timeout=2)
    handle = caught.value.handle
    assert handle.refresh().state.name == "WAITING"
    with executing(colonies):
        assert handle.output(timeout=300) == 1


def test_a_timeout_of_coroutines(colonies: LocalColony) -> None:
    async def main(session: AsyncSession) -> None:
        with pytest.raises(WaitTimeout) as caught:
            await session.call("add", 1, to="math", timeout=0)
        await caught.value.handle.cancel()
        with pytest.raises(ProcessCancelled):
            await caught.value.handle.output(timeout=300)

    async def outer() -> None:
        await main(colonies.asession)

    asyncio.run(outer())


def test_a_submit_whose_reply_is_lost_is_not_repeated(colonies: LocalColony) -> None:
    with (
        colonies.faults.drop("submit", after_request=True, times=None) as fault,
        pytest.raises(ConnectionFailedError),
    ):
        colonies.call("add", 1, to="math", timeout=300)
    assert fault.hits == 1
    assert len(colonies.client.get_processes(colonies.name)) == 1


def test_one_session_for_several_threads(colonies: LocalColony) -> None:
    results: list[object] = []

    def add(n: int) -> None:
        results.append(colonies.call("add", n, to="math", timeout=60))

    with executing(colonies, threads=2):
        threads = [threading.Thread(target=add, args=(n,)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(str, results)) == [str(n) for n in range(10)]


def test_the_names_of_the_kit(colonies: LocalColony) -> None:
    assert isinstance(colonies.session, Session)
    assert colonies.session is colonies.session
    assert colonies.session.rpc is colonies.client
