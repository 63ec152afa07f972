"""Progress bars: in terminals and in notebooks, and nothing anywhere else."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable
from queue import Empty
from typing import Any

import pytest

from colonyos_gen import Client, Log, Process, WaitTimeout, workflow
from colonyos_gen._conventions.progress import format_progress
from colonyos_gen.session._streams.reason import Reason
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing

PROCESS = """
from colonyos_gen import connect
with connect() as session:
    handle = session.submit("train", to="math")
    print("value", handle.wait(60, progress=True).output())
"""
COROUTINE = """
import asyncio
from colonyos_gen import connect
async def main():
    async with connect() as session:
        handle = await session.submit("train", to="math")
        await handle.wait(60, progress=True)
        print("value", await handle.output())
asyncio.run(main())
"""
WORKFLOW = """
from colonyos_gen import connect, workflow
with connect() as session:
    wf = workflow("sweep", to="math")
    wf.task("reduce", after=[wf.task("train") for _ in range(3)])
    print("value", session.submit(wf).wait(60, progress=True).output("reduce"))
"""


class Trainer:
    """Tells of its progress, and goes on when the test has seen it."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, client: Client, process: Process) -> Any:
        for message in ("loading", format_progress(0.25, "epoch 1")):
            client.add_log(Log(processid=process.processid, message=message))
        self.go_on.wait(60)
        return ["done"]


def in_a_terminal(
    colony: LocalColony, script: str, then: Callable[[], None], until: str, columns: int = 120
) -> str:
    """What a program prints to a terminal; `then` is called once `until` has been printed."""
    ours, theirs = pty.openpty()
    environ = os.environ | colony.environment() | {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    child = subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        if not read:
            break
        shown += read
        if until.encode() in shown:
            then()
    os.close(ours)
    assert child.wait(60) == 0
    return shown.decode()


@pytest.mark.parametrize("script", [PROCESS, COROUTINE])
def test_a_process_in_a_terminal(colonies: LocalColony, script: str) -> None:
    trainer = Trainer()
    with executing(colonies, work=trainer):
        shown = in_a_terminal(colonies, script, trainer.go_on.set, "epoch 1")
    for part in ("train", "25%", "RUNNING", "epoch 1", "100%", "SUCCESS", "value done"):
        assert part in shown


def test_a_workflow_in_a_terminal(colonies: LocalColony) -> None:
    trainer = Trainer()
    with executing(colonies, work=trainer):
        shown = in_a_terminal(colonies, WORKFLOW, trainer.go_on.set, "0/4: 1 RUNNING, 3 WAITING")
    for part in ("workflow", "4/4: 4 SUCCESS", "value done"):
        assert part in shown


@pytest.mark.parametrize("script", [PROCESS, COROUTINE, WORKFLOW])
def test_a_bar_that_does_not_move_tells_why(colonies: LocalColony, script: str) -> None:
    """What nobody takes is shown with the reason; the program goes on when somebody does."""
    trainer = Trainer()
    trainer.go_on.set()
    begun: list[object] = []

    def begin() -> None:
        if not begun:
            begun.append(stack.enter_context(executing(colonies, work=trainer)))

    with contextlib.ExitStack() as stack:
        columns = 300 if script == WORKFLOW else 80
        shown = in_a_terminal(colonies, script, begin, "no executor of type 'math'", columns)
    assert "WAITING" in shown
    assert "no executor of type 'math' (there are: none)" in shown
    assert "value done" in shown


@pytest.mark.parametrize("script", [PROCESS, COROUTINE, WORKFLOW])
def test_nothing_is_shown_in_a_pipe(colonies: LocalColony, script: str) -> None:
    trainer = Trainer()
    trainer.go_on.set()
    environ = os.environ | colonies.environment() | {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    with executing(colonies, work=trainer):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environ,
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
    assert (done.stdout, done.stderr) == ("value done\n", "")


def test_the_timeout_counts_with_a_bar_too(colonies: LocalColony) -> None:
    script = PROCESS.replace("60", "0.5").replace("print(", "print('never', ")
    trainer = Trainer()
    ours, theirs = pty.openpty()
    environ = os.environ | colonies.environment()
    child = subprocess.Popen(
        [sys.executable, "-c", script], env=environ, stdout=theirs, stderr=subprocess.PIPE, text=True
    )
    _, stderr = child.communicate(timeout=300)
    os.close(theirs)
    os.close(ours)
    trainer.go_on.set()
    assert child.returncode == 1
    assert stderr.splitlines()[-1].startswith("colonyos_gen.WaitTimeout: 'train', process")


def test_without_rich_it_says_so_and_goes_on(colonies: LocalColony) -> None:
    script = "import sys\nsys.modules['rich'] = sys.modules['rich.progress'] = None\n" + PROCESS
    trainer = Trainer()
    trainer.go_on.set()
    with executing(colonies, work=trainer):
        shown = in_a_terminal(colonies, script, trainer.go_on.set, "never")
    assert "shows nothing without rich: pip install 'colonyos-gen[progress]'" in shown
    assert "value done" in shown


def test_a_reason_is_asked_for_seldom_and_holds_nothing_up() -> None:
    asked: list[asyncio.Event] = []

    async def ask() -> str:
        asked.append(asyncio.Event())
        await asked[-1].wait()
        return "nobody is there"

    async def turns() -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def main() -> None:
        reason = Reason(ask, after=0, every=3600)
        for _ in range(50):
            assert reason.of("0%") == ""
            await turns()
        assert len(asked) == 1
        asked[0].set()
        await turns()
        assert reason.of("0%") == "nobody is there"
        assert reason.of("1%") == ""  # it has moved
        assert reason.of("1%") == ""
        await turns()
        assert len(asked) == 2
        assert reason.of("2%") == ""  # what was asked for is not wanted any more
        asked[1].set()
        await turns()
        later = Reason(ask, after=3600)
        assert [later.of("2%") for _ in range(50)] == [""] * 50
        assert len(asked) == 2

    asyncio.run(main())


def test_in_a_notebook(colonies: LocalColony) -> None:
    """A real kernel: what it sends to the page is one display that is updated."""
    manager_of = importlib.import_module("jupyter_client.manager")  # untyped
    trainer = Trainer()
    manager = manager_of.KernelManager(kernel_name="python3")
    manager.start_kernel(env=os.environ | colonies.environment())
    client = manager.client()
    client.start_channels()
    shown: list[str] = []
    try:
        client.wait_for_ready(timeout=60)
        with executing(colonies, work=trainer):
            client.execute(PROCESS + "handle")
            while True:
                try:
                    message = client.get_iopub_msg(timeout=60)
                except Empty:
                    raise AssertionError(f"the kernel fell silent after {shown}") from None
                kind, content = message["msg_type"], message["content"]
                if kind in ("display_data", "update_display_data", "execute_result"):
                    shown.append(f"{kind} {content['data']['text/html']}")
                elif kind in ("stream", "error"):
                    shown.append(str(content))
                if shown and "epoch 1" in shown[-1]:
                    trainer.go_on.set()
                if kind == "status" and content["execution_state"] == "idle" and len(shown) > 2:
                    break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert shown[0].startswith("display_data <div><code>train</code> <progress")
    updates = [each for each in shown if each.startswith("update_display_data")]
    assert any('<progress value="0.25" max="1"></progress> RUNNING · 0:00:' in each for each in shown)
    assert "SUCCESS" in updates[-1]
    assert shown[-1].startswith("execute_result <div ")
    assert len([each for each in shown if each.startswith("display_data")]) == 1


def test_a_workflow_bar_has_no_say_in_timeouts(colonies: LocalColony) -> None:
    wf = workflow("sweep", to="nobody")
    wf.task("train")
    with pytest.raises(WaitTimeout):
        colonies.submit(wf).wait(0.3, progress=True)
