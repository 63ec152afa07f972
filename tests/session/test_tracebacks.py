"""Tracebacks of calls that fail end at the line of the program that called."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client, Context, Interceptor, InvalidRequestError, NotFoundError, Worker
from colonyos_gen.interceptors import OutgoingCall, Proceed
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import PoolError

NOBODY = "0" * 64
HEAD = """
import asyncio, warnings
from colonyos_gen import *
warnings.simplefilter("ignore")
flow = workflow("w", to="nobody")
flow.task("f", name="first")
session = connect()
worker = Worker("w")
"""
SYNC = {
    "call": "session.call('fails', to='math', timeout=100)",
    "late call": "session.call('f', to='nobody', timeout=0.1)",
    "wait": "session.submit('f', to='nobody').wait(0.1)",
    "output": "session.submit('fails', to='math').output(100)",
    "gather": "gather(session.submit('f', to='nobody'), timeout=0.1)",
    "as_completed": "list(as_completed([session.submit('f', to='nobody')], timeout=0.1))",
    "workflow wait": "session.submit(flow).wait(0.1)",
    "workflow output": "session.submit(flow).output('first', 0.1)",
    "no such node": "session.submit(flow).output('other', 0.1)",
    "option": "session.submit('f', to='math', prioritty=1)",
    "limit": "session.submit('f', to='math', priority=100_000)",
    "argument": "session.call('f', object(), to='math')",
    "function": "session.call('g')",
    "no such process": "session.rpc.get_process('0' * 64)",
    "stream": "list(session.submit('f', to='nobody').stream('out'))",
    "no server": "Client('http://127.0.0.1:1', retries=0, member_key=PrivateKey.generate()).get_process('0' * 64)",
    "key": "Client(member_key='x')",
    "url": "Client('gopher://x')",
    "connect": "connect(keys={'boss': None})",
    "workflow": "flow.task('f', name='first') and flow.spec('dev')",
    "administration": "session.executors.get('nobody')",
    "no type": "workflow('w', to='')",
    "output by annotation": "session.call('fails', to='math', timeout=100, returns=3)",
    "worker": "Worker('x', concurrency=0)",
    "offered twice": "[worker.function(each) for each in (abs, abs)]",
    "decorator": "worker.function(retries=-1)(abs)",
    "offered by nobody": "worker.function(name='f')(3)",
    "reconciler": "[worker.reconciles('kind')(each) for each in (abs, abs)]",
}
ASYNC = {
    "call": "await session.call('fails', to='math', timeout=100)",
    "late call": "await session.call('f', to='nobody', timeout=0.1)",
    "wait": "await (await session.submit('f', to='nobody')).wait(0.1)",
    "output": "await (await session.submit('fails', to='math')).output(100)",
    "gather": "await gather(await session.submit('f', to='nobody'), timeout=0.1)",
    "as_completed": "[_ async for _ in as_completed([await session.submit('f', to='nobody')], timeout=0.1)]",
    "workflow wait": "await (await session.submit(flow)).wait(0.1)",
    "workflow output": "await (await session.submit(flow)).output('first', 0.1)",
    "no such node": "await (await session.submit(flow)).output('other', 0.1)",
    "option": "await session.submit('f', to='math', prioritty=1)",
    "limit": "await session.submit('f', to='math', priority=100_000)",
    "argument": "await session.call('f', object(), to='math')",
    "no such process": "await session.rpc.get_process('0' * 64)",
    "stream": "[_ async for _ in (await session.submit('f', to='nobody')).stream('out')]",
}
ASYNC_PROGRAM = """
async def main():
    async with session as asession:
        await fail(asession)
async def fail(session):
    {line}
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def colony() -> Generator[LocalColony]:
    worker = Worker("math")

    @worker.function
    def fails() -> None:
        raise ValueError("no")

    with LocalColony() as colony, colony.worker(worker):
        yield colony


def run(colony: LocalColony, *command: str | Path, _of: str = "stderr", **environ: str) -> str:
    """What a program that fails prints."""
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | colony.environment() | environ,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr if _of == "stderr" else done.stdout


def program_of(folder: Path, line: str, *, asynchronous: bool) -> Path:
    program = folder / "program.py"
    program.write_text(HEAD + (ASYNC_PROGRAM.format(line=line) if asynchronous else line + "\n"))
    return program


@pytest.mark.parametrize(
    ("line", "asynchronous"),
    [
        *(pytest.param(line, False, id=name) for name, line in SYNC.items()),
        *(pytest.param(line, True, id=f"async {name}") for name, line in ASYNC.items()),
    ],
)
def test_the_last_line_shown_is_that_of_the_program(
    colony: LocalColony, tmp_path: Path, line: str, asynchronous: bool
) -> None:
    program = program_of(tmp_path, line, asynchronous=asynchronous)
    shown = run(colony, program)
    assert shown.count("Traceback (most recent call last):") == 1, shown
    places = re.findall(r'^  File "(.*)", line \d+, in .*\n    (.*)', shown, re.MULTILINE)
    mine = [n for n, (file, _) in enumerate(places) if file == str(program)]
    assert places[mine[-1]][1] == line
    # What a worker says of its own function is in the message.
    assert not [file for file, _ in places[mine[-1] + 1 :] if not file.endswith("test_tracebacks.py")], shown
    assert not [file for file, _ in places if f"{os.sep}colonyos_gen" in file], shown


def test_all_of_it_is_shown_on_demand(colony: LocalColony, tmp_path: Path) -> None:
    program = program_of(tmp_path, SYNC["no such process"], asynchronous=False)
    shown = run(colony, program, COLONIES_FULL_TRACEBACKS="1")
    assert shown.count("colonyos_gen/") > 5


@pytest.mark.parametrize("asynchronous", [False, True])
def test_in_ipython(colony: LocalColony, tmp_path: Path, asynchronous: bool) -> None:
    """Cells of notebooks are shown by the same code."""
    line = (ASYNC if asynchronous else SYNC)["workflow wait"]
    head = HEAD.replace("connect()", "await connect().__aenter__()") if asynchronous else HEAD
    script = tmp_path / "cell.ipy"
    script.write_text(head + line + "\n")
    shown = run(colony, "-m", "IPython", "--colors=NoColor", script, IPYTHONDIR=str(tmp_path), _of="stdout")
    cells = re.findall(r"^(?:Cell|File) .*", shown, re.MULTILINE)
    assert [each.partition(",")[0] for each in cells] == ["Cell In[1]"], shown
    assert re.search(rf"^-+> \d+ {re.escape(line)}\s*\n+WaitTimeout: workflow", shown, re.MULTILINE), shown


class Counting(Interceptor):
    """Comes between the program and its call."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:  # noqa: ARG002
        if self.error is not None:
            raise self.error
        return await proceed()


def functions_of(error: BaseException) -> list[str]:
    return [each.name for each in traceback.extract_tb(error.__traceback__)]


def test_the_lines_of_interceptors_stay(colonies: LocalColony) -> None:
    with (
        Client(colonies.url, member_key=colonies.user_key, interceptors=[Counting()]) as client,
        pytest.raises(NotFoundError) as caught,
    ):
        client.get_process(NOBODY)
    assert functions_of(caught.value) == ["test_the_lines_of_interceptors_stay", "around_call"]


def test_a_test_is_shown_its_own_lines(colonies: LocalColony) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        colonies.call("f", to="math", priority=100_000)
    assert functions_of(caught.value) == ["test_a_test_is_shown_its_own_lines"]


def test_so_it_is_where_a_worker_cannot_run(colonies: LocalColony) -> None:
    worker = Worker("local", pool="process")

    @worker.function
    def local() -> None:
        """Nothing that a new process finds."""

    with pytest.raises(PoolError) as caught, colonies.worker(worker):
        pass
    assert functions_of(caught.value) == ["test_so_it_is_where_a_worker_cannot_run"]


def test_what_we_did_not_mean_to_raise_is_shown_whole(colonies: LocalColony) -> None:
    with (
        Client(colonies.url, member_key=colonies.user_key, interceptors=[Counting(KeyError("x"))]) as client,
        pytest.raises(KeyError) as caught,
    ):
        client.get_process(NOBODY)
    shown = functions_of(caught.value)
    assert shown[-1] == "around_call"
    assert len(shown) > 5


def test_what_the_program_handles_is_the_context(colonies: LocalColony) -> None:
    def synchronous() -> None:
        try:
            int("mine")
        except ValueError:
            colonies.session.submit("f", to="math", priority=100_000)

    async def asynchronous() -> None:
        try:
            int("mine")
        except ValueError:
            await colonies.asession.submit("f", to="math", priority=100_000)

    for run_it in (synchronous, lambda: asyncio.run(asynchronous())):
        with pytest.raises(InvalidRequestError) as caught:
            run_it()
        error = caught.value
        assert isinstance(error.__context__, ValueError)
        assert not error.__suppress_context__
        assert error.__cause__ is None


def test_what_code_of_the_program_raised_is_the_cause(colonies: LocalColony) -> None:
    class Odd:
        def __iter__(self) -> Any:
            raise RuntimeError("mine")

    with pytest.raises(InvalidRequestError) as caught:
        colonies.session.submit("f", Odd(), to="math")
    assert "mine" in str(caught.value)
    causes = "".join(traceback.format_exception(caught.value))
    assert "in __iter__" in causes
    assert "colonyos_gen/" not in causes


def test_an_interrupted_wait(colony: LocalColony, tmp_path: Path) -> None:
    line = "session.submit('f', to='nobody').wait(print('waiting', flush=True))"
    program = program_of(tmp_path, line, asynchronous=False)
    # A shell that runs tests in the background has the signal ignored, which programs inherit.
    obeying = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program.write_text(obeying + program.read_text())
    child = subprocess.Popen(
        [sys.executable, program],
        env=os.environ | colony.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "waiting\n"
    time.sleep(1)  # so that it waits; if it does not yet, that is interrupted as well
    child.send_signal(signal.SIGINT)
    _, shown = child.communicate(timeout=300)
    assert shown.splitlines()[-1] == "KeyboardInterrupt"
    assert "colonyos_gen/" not in shown
    assert "threading.py" not in shown


def test_methods_keep_what_is_known_of_them() -> None:
    assert inspect.iscoroutinefunction(AsyncClient.get_process)
    assert not inspect.iscoroutinefunction(Client.get_process)
    assert "processid" in inspect.signature(Client.get_process).parameters
    assert (Client.get_process.__doc__ or "").startswith("Get a process by id")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_a_function_does_wrong_with_its_context_ends_at_its_line(
    colonies: LocalColony, asynchronous: bool
) -> None:
    worker = Worker("w")

    @worker.function
    def fails(ctx: Context) -> None:
        ctx.stream("other")

    @worker.function
    async def fails_too(ctx: Context) -> None:
        ctx.stream("other")

    with colonies.worker(worker):
        handle = colonies.submit("fails_too" if asynchronous else "fails", to="w").wait(60)
    error = "\n".join(handle.process.errors)
    assert "'other'" in error
    lines = [
        each.strip() for each in error.splitlines() if each.strip(" ~^")
    ]  # without the marks of some versions
    assert lines[-1] == 'ctx.stream("other")'
    assert f"{os.sep}colonyos_gen{os.sep}" not in error
