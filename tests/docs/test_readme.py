"""The README keeps its word: its programs run as they stand, and its commands exist."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS

from colonyos_gen import Session
from colonyos_gen.demo.functions import ANSWER

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
VALUES = README.partition("\n### Values\n")[2].partition("\n## ")[0]
"""The chapter about values, which has a program of its own."""
PROGRAMS = re.findall(r"```python\n(.*?)```", README.replace(VALUES, ""), re.DOTALL)
LIMIT = 300
"""Seconds after which a program that should have ended has failed."""


_KINDS = {
    "Iterable[str]": "list of `str`",
    "Mapping[str, Any]": "dict",
    "Mapping[str, str]": "dict of `str`",
    "float | str": "`float` or `str`",
}


def test_the_options_are_those_of_the_signature() -> None:
    """In their order, with their types, and seconds where it is seconds."""
    chapter = README.partition("### Options of")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?)(, seconds)? \| .+ \|$", chapter, re.MULTILINE)
    parameters = inspect.signature(Session.call).parameters
    said: list[tuple[str, str]] = re.findall(r"^ +(\w+): (.*)$", str(Session.call.__doc__), re.MULTILINE)
    help_of = dict(said)
    expected: list[tuple[str, str, str]] = []
    for name in FUNCTION_SPEC_OPTIONS:
        kind = str(parameters[name].annotation).removesuffix(" | None")
        seconds = ", seconds" if " in seconds" in help_of[name] else ""
        expected.append((name, _KINDS.get(kind, f"`{kind}`"), seconds))
    assert rows == expected


def _serve(home: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """`colonyos-gen serve --colony dev` as the README says, and the variables that its `source` line gives."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    environment["HOME"] = str(home)
    command = [sys.executable, "-m", "colonyos_gen.cli", "serve", "--port", "0", "--colony", "dev"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    for line in server.stdout:
        if "source " in line:
            path = Path(line.rpartition("source ")[2].strip().strip("'"))
            assert path.stat().st_mode & 0o077 == 0
            exports = re.findall(r"^export (\w+)=(.*)$", path.read_text(), re.MULTILINE)
            return server, environment | {name: value.strip("'") for name, value in exports}
    raise AssertionError("the server ended without saying how to use it")


@contextlib.contextmanager
def _dev_server(home: Path) -> Generator[dict[str, str]]:
    server, environment = _serve(home)
    try:
        yield environment | {"COLONIES_KEYS": str(home / "keys")}
    finally:
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=LIMIT)
    assert server.returncode == 0
    assert "Stopped." in rest
    assert not list((home / ".colonyos-gen").iterdir())


def _run(program: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_worker_is_called_and_runs_a_workflow(tmp_path: Path) -> None:
    worker, caller, sweep = PROGRAMS[:3]
    assert "worker.run()" in worker
    with _dev_server(tmp_path) as environment:
        running = subprocess.Popen([sys.executable, "-c", worker], env=environment, stderr=subprocess.DEVNULL)
        try:
            assert _run(caller, environment, tmp_path) == "3\n"
            assert _run(sweep, environment, tmp_path) == "42\n"
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(LIMIT) == 0
    assert "run" in (tmp_path / "sweep.svg").read_text(encoding="utf-8")


def test_the_executor_and_the_submitter_do_a_job_together(tmp_path: Path) -> None:
    executor, submitter = PROGRAMS[3:5]
    assert "client.assign" in executor
    assert "client.submit" in submitter
    with _dev_server(tmp_path) as environment:
        worker = subprocess.Popen([sys.executable, "-c", executor], env=environment)
        assert _run(submitter, environment, tmp_path) == "SUCCESS ['Hello, world!']\n"
        assert worker.wait(LIMIT) == 0


def test_the_worker_is_tested_without_a_server(tmp_path: Path) -> None:
    worker, tests = PROGRAMS[0], PROGRAMS[5]
    (tmp_path / "math_worker.py").write_text(worker, encoding="utf-8")
    (tmp_path / "test_math_worker.py").write_text(tests, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "generated" / "python"), str(ROOT)))
    # Where the project is installed, pytest finds the plugin by itself; here it is named, and so once in either case.
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "colonyos_gen.pytest_plugin", "-p", "no:cacheprovider", "-W", "error", "."],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "3 passed" in shown.stdout


def test_a_worker_with_a_pool_works_and_logs_for_machines(tmp_path: Path) -> None:
    path = tmp_path / "ocr_worker.py"
    path.write_text(PROGRAMS[6], encoding="utf-8")
    caller = """
from colonyos_gen import connect
with connect() as colony:
    print(colony.call("read", "page", to="ocr", timeout=300))
"""
    with _dev_server(tmp_path) as environment:
        running = subprocess.Popen(
            [sys.executable, str(path)], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            assert _run(caller, environment, tmp_path) == "PAGE\n"
        finally:
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate(timeout=LIMIT)
    assert running.returncode == 0
    lines = [json.loads(each) for each in told.splitlines()]
    assert [each["function"] for each in lines if each.get("outcome") == "success"] == ["read"]


def test_an_interceptor_sees_the_calls_of_a_session(tmp_path: Path) -> None:
    worker, timing = PROGRAMS[0], PROGRAMS[7]
    assert "around_call" in timing
    with _dev_server(tmp_path) as environment:
        # With the same interceptor around the processes of the worker.
        intercepted = timing.partition("with connect")[0] + worker.replace(
            "concurrency=4", "concurrency=4, interceptors=[Timing()]"
        )
        program = [sys.executable, "-c", intercepted]
        running = subprocess.Popen(
            program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            shown = _run(timing, environment, tmp_path)
        finally:
            running.send_signal(signal.SIGINT)
            told, _ = running.communicate(timeout=LIMIT)
    assert shown.endswith("3\n")
    assert re.search(r"^submit 1 \d+\.\d{3} s$", shown, re.MULTILINE)
    assert "attempt 1 at add\n" in told
    assert re.search(r"^close 1 ", told, re.MULTILINE)


def test_a_client_needs_no_sockets(tmp_path: Path) -> None:
    program = PROGRAMS[8]
    assert "InProcessTransport" in program
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "generated" / "python"), str(ROOT)))
    assert _run(program, environment, tmp_path) == "[]\n"


def test_values_arrive_as_what_they_were(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", VALUES, re.DOTALL)
    (tmp_path / "clips.py").write_text(program, encoding="utf-8")
    caller = "from clips import *; print(halves(Clip(Path('a.mp4'), timedelta(seconds=90)))[1])"
    with _dev_server(tmp_path) as environment:
        running = subprocess.Popen(
            [sys.executable, str(tmp_path / "clips.py")], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            shown = _run(caller, environment | {"PYTHONPATH": str(tmp_path)}, tmp_path)
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(LIMIT) == 0
    assert re.fullmatch(r"Clip\(file=\w+Path\('a.mp4'\), length=datetime.timedelta\(seconds=45\)\)\n", shown)


def test_the_programs_are_about_ten_lines() -> None:
    for program in PROGRAMS[:5]:
        assert len([line for line in program.splitlines() if line.strip()]) <= 10


def test_the_first_command_ends_with_the_demonstration(tmp_path: Path) -> None:
    assert ".venv/bin/colonyos-gen demo" in README
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "generated" / "python"), str(ROOT)))
    shown = subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", "demo"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "session.call('add', 19, 23)  gives 42" in shown.stdout
    assert ANSWER in shown.stdout
    assert "20/20: 20 SUCCESS" in shown.stdout
    states = re.findall(r"  (SUCCESS|FAILED)  ", shown.stdout)
    assert states == ["SUCCESS"] * 3 + ["FAILED"] * 2
    assert "ZeroDivisionError" in shown.stdout
    assert re.search(r"add +19, 23 +SUCCESS .* 42\n", shown.stdout)
    assert shown.stdout.endswith("25 processes have succeeded, and 2 failed.\n")
    boxes = (tmp_path / "colonyos-demo.svg").read_text(encoding="utf-8")
    assert all(f"{name}-{number}" in boxes for name in ("load", "train", "score") for number in range(1, 7))


def test_the_ci_script_runs_the_test_command() -> None:
    section = README.partition("## Test it")[2].partition("\n## ")[0]
    commands = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert len(commands) == 1
    assert commands[0].endswith(".venv/bin/nox")


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_the_words_about_the_other_project_are_there() -> None:
    assert "project named `colonyos` is something else" in README


def test_mentioned_paths_exist() -> None:
    for path in re.findall(r"`((?:schema|generated|codegen|tests)/[\w./-]*)`", README):
        assert (ROOT / path).exists(), path
