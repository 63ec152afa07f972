"""The programs in `examples/` run as they stand."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from colonyos_gen import CANCELLED, SUCCESS, WAITING
from colonyos_gen.testing import LocalColony

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LIMIT_S = 300


@pytest.fixture
def colony() -> Generator[LocalColony]:
    with LocalColony() as colony:
        yield colony


def environment(colony: LocalColony, home: Path) -> dict[str, str]:
    path = os.pathsep.join((str(ROOT / "generated" / "python"), str(ROOT)))
    return os.environ | colony.environment() | {"PYTHONPATH": path, "COLONIES_KEYS": str(home / "keys")}


@contextlib.contextmanager
def worker(name: str, colony: LocalColony, home: Path) -> Generator[None]:
    """A worker that runs within the block, is ready for work, and ends in peace when it gets a SIGTERM."""
    command = [sys.executable, str(EXAMPLES / name)]
    log = home / f"{name}.log"
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(command, env=environment(colony, home), stderr=written) as process,
    ):
        try:
            while not colony.waiting:  # an executor waits for processes when it is ready
                assert process.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(LIMIT_S)
    said = log.read_text(encoding="utf-8")
    assert status == 0, said
    assert "Traceback" not in said


def run(name: str, colony: LocalColony, home: Path, *arguments: str) -> str:
    """What a program prints."""
    shown = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env=environment(colony, home), cwd=home, capture_output=True, text=True, encoding="utf-8", timeout=LIMIT_S,
        check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    return shown.stdout


def test_call(colony: LocalColony, tmp_path: Path) -> None:
    with worker("math_worker.py", colony, tmp_path):
        lines = run("call.py", colony, tmp_path).splitlines()
    assert lines[0] == "1 + 2 = 3"
    assert sorted(lines[1:-1]) == [f"[{n}, {n}] -> {n + n}" for n in range(5)]
    assert lines[-1] == "divide failed: ZeroDivisionError: float division by zero"


def test_chat(colony: LocalColony, tmp_path: Path) -> None:
    with worker("chat_worker.py", colony, tmp_path):
        assert run("chat.py", colony, tmp_path, "Hello", "there").startswith("You said: Hello there. ")


def test_sweep(colony: LocalColony, tmp_path: Path) -> None:
    with worker("hpc_worker.py", colony, tmp_path):
        assert run("sweep.py", colony, tmp_path) == "best: 111\npicture: sweep.svg\n"
    assert ElementTree.parse(tmp_path / "sweep.svg").getroot().tag.endswith("svg")


def test_home_devices(colony: LocalColony, tmp_path: Path) -> None:
    assert run("describe_device.py", colony, tmp_path) == "lamp: {'power': 'on', 'brightness': 70}\n"
    (process,) = colony.client.get_processes(colony.name, 10, WAITING)
    with worker("home_worker.py", colony, tmp_path):
        colony.client.subscribe_process(process, SUCCESS, LIMIT_S)
        assert colony.client.get_blueprint(colony.name, "lamp").status == {"power": "on", "reached": True}


def test_testing_a_worker(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    variables["PYTHONPATH"] = os.pathsep.join((str(ROOT / "generated" / "python"), str(ROOT)))
    variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-p", "colonyos_gen.pytest_plugin", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(EXAMPLES / "test_math_worker.py")],
        env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "3 passed" in shown.stdout


def test_every_example_is_in_the_list_and_here() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    for program in EXAMPLES.glob("*.py"):
        assert program.name in listed
        assert f'"{program.name}"' in here


def test_tidy_up(colony: LocalColony, tmp_path: Path) -> None:
    waiting = colony.submit("add", 1, to="nobody")
    ended = [colony.submit("add", n, to="nobody") for n in range(3)]
    assert {each.cancel() for each in ended} == {CANCELLED}
    lines = run("tidy_up.py", colony, tmp_path).splitlines()
    assert [line for line in lines if not line.startswith("0 ")] == ["3 CANCELLED processes removed"]
    assert [each.processid for each in colony.client.get_processes(colony.name)] == [waiting.processid]
    assert colony.client.get_processes(colony.name, 100, CANCELLED) == []
