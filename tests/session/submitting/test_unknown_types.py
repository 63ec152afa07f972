"""Who submits something for an executor type that the colony has never had is warned at once."""

from __future__ import annotations

import asyncio
import gc
import inspect
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire import Conditions, FunctionSpec, WorkflowSpec

from colonyos_gen import (
    Client,
    Interceptor,
    InvalidRequestError,
    OutgoingCall,
    Process,
    Session,
    UnknownExecutorTypeWarning,
    WaitTimeout,
    workflow,
)
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing

MTH = (
    "colony 'dev' has never had an executor of type 'mth' (nearest: 'math'); "
    "what is submitted for it waits until there is one"
)


def done(_client: Client, _process: Process) -> list[str]:
    return ["done"]


def line_of(text: str) -> int:
    """The number of the only line of this file that has a mark."""
    lines = inspect.getsource(sys.modules[__name__]).splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if line.rstrip().endswith(f"# {text}"))
    return number


def test_a_call_warns_at_once_and_names_the_line(colonies: LocalColony) -> None:
    colonies.add_executor("math")
    with pytest.warns(UnknownExecutorTypeWarning) as caught, pytest.raises(WaitTimeout):
        colonies.session.call("f", to="mth", timeout=0.2)  # sync call
    (warning,) = caught
    assert str(warning.message) == MTH
    assert (Path(warning.filename).name, warning.lineno) == (Path(__file__).name, line_of("sync call"))


def test_what_is_no_type_is_only_refused(colonies: LocalColony) -> None:
    complaints: list[object] = []
    wrong: Any = 3

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        colonies.add_executor("math")
        with pytest.raises(InvalidRequestError):
            await colonies.asession.call("f", to=wrong)
        await asyncio.sleep(0.2)
        gc.collect()

    asyncio.run(main())
    assert complaints == []


def test_so_does_a_coroutine(colonies: LocalColony) -> None:
    colonies.add_executor("math")

    async def main() -> None:
        with pytest.raises(WaitTimeout):
            await colonies.asession.call("f", to="mth", timeout=0.2)  # async call

    with pytest.warns(UnknownExecutorTypeWarning) as caught:
        asyncio.run(main())
    (warning,) = caught
    assert str(warning.message) == MTH
    assert (Path(warning.filename).name, warning.lineno) == (Path(__file__).name, line_of("async call"))


@pytest.mark.parametrize("kind", ["name", "spec", "workflow spec", "workflow"])
def test_whatever_is_submitted(colonies: LocalColony, kind: str) -> None:
    spec = FunctionSpec(funcname="f", nodename="f", conditions=Conditions(executortype="mth"))
    flow = workflow("w", to="mth")
    flow.task("f")
    specs = WorkflowSpec(colonyname="dev", functionspecs=[spec])
    what: Any = {"spec": spec, "workflow spec": specs, "workflow": flow}.get(kind, "f")
    with pytest.warns(UnknownExecutorTypeWarning):
        colonies.session.submit(what, **({"to": "mth"} if kind == "name" else {}))


def test_once_for_each_type_and_nothing_is_asked_again(colonies: LocalColony) -> None:
    asked = colonies.faults.delay("get_executors", 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(5):
            colonies.session.submit("f", to="mth")
        flow = workflow("w", to="gpu")
        for to in ("mth", "gpu", "tpu"):
            flow.task("f", to=to)
        for _ in range(3):
            colonies.session.submit(flow)
    assert len(caught) == 3
    assert asked.hits == 2
    with Session(colonies.client, colonies.name) as other, pytest.warns(UnknownExecutorTypeWarning):
        other.submit("f", to="mth")


def test_not_of_a_type_that_is_there_or_was(colonies: LocalColony) -> None:
    gone = colonies.add_executor("gone")
    colonies.client.remove_executor(colonies.name, gone.name)
    assert gone.name in [each.executorname for each in colonies.client.get_executors(colonies.name)]
    with warnings.catch_warnings(), executing(colonies, work=done):
        warnings.simplefilter("error")
        assert colonies.session.call("f", to="math", timeout=60) == "done"
        colonies.session.submit("f", to="gone")


def test_a_call_is_not_slowed_by_a_server_that_does_not_tell(colonies: LocalColony) -> None:
    with executing(colonies, work=done):
        colonies.faults.delay("get_executors", 25)
        began = time.monotonic()
        assert colonies.session.call("f", to="math", timeout=60) == "done"
        assert time.monotonic() - began < 25


def test_where_nobody_may_look_nobody_is_warned(colonies: LocalColony) -> None:
    colonies.faults.error("get_executors", 403)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        colonies.session.submit("f", to="mth")


class Choosy(Interceptor):
    """Does not know all calls."""

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        if call.method.name == "get_executors":
            raise KeyError(call.method.name)
        return await proceed()


def test_what_interceptors_raise_meanwhile_disturbs_nobody(colonies: LocalColony) -> None:
    with Client(colonies.url, member_key=colonies.user_key, interceptors=[Choosy()]) as client:
        handle = Session(client, colonies.name).submit("f", to="mth")
        with pytest.raises(WaitTimeout) as caught:
            handle.wait(0.2)
        assert caught.value.standing == handle.explain() == "it is WAITING"


def test_where_warnings_are_errors_a_wait_raises_it(colonies: LocalColony) -> None:
    async def main() -> None:
        await colonies.asession.call("f", to="mth", timeout=60)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnknownExecutorTypeWarning, match="of type 'mth'"):
            colonies.session.call("f", to="mth", timeout=60)
        with pytest.raises(UnknownExecutorTypeWarning, match="of type 'mth'"):
            asyncio.run(main())
        handle = colonies.session.submit("f", to="tpu")
        with pytest.raises(UnknownExecutorTypeWarning, match="of type 'tpu'"):
            handle.wait(60)
        with pytest.raises(WaitTimeout):  # it was said
            handle.wait(0.2)


def test_a_program_shows_it(colonies: LocalColony, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from colonyos_gen import connect\nconnect().submit('f', to='mth')\n")
    run = subprocess.run(
        [sys.executable, program], env=colonies.environment(), capture_output=True, text=True, timeout=300
    )
    assert run.stderr.startswith(f"{program}:2: UnknownExecutorTypeWarning: colony 'dev' has never had")
    assert run.stderr.splitlines()[1:] == ["  connect().submit('f', to='mth')"]
