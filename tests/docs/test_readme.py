"""The README keeps its word: its programs run as they stand, and its commands exist."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
LIMIT = 60
"""Seconds after which a program that should have ended has failed."""


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


def test_the_executor_and_the_submitter_do_a_job_together(tmp_path: Path) -> None:
    executor, submitter = PROGRAMS[:2]
    assert "client.assign" in executor
    assert "client.submit" in submitter
    server, environment = _serve(tmp_path)
    try:
        worker = subprocess.Popen([sys.executable, "-c", executor], env=environment)
        asked = subprocess.run(
            [sys.executable, "-c", submitter],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert worker.wait(LIMIT) == 0
        assert (asked.returncode, asked.stdout) == (0, "SUCCESS ['Hello, world!']\n"), asked.stderr
    finally:
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=LIMIT)
    assert server.returncode == 0
    assert "Stopped." in rest
    assert not list((tmp_path / ".colonyos-gen").iterdir())


def test_the_executor_is_tested_without_a_server(tmp_path: Path) -> None:
    executor, tests = PROGRAMS[2:4]
    (tmp_path / "greeter.py").write_text(executor, encoding="utf-8")
    (tmp_path / "test_greeter.py").write_text(tests, encoding="utf-8")
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


def test_the_programs_are_about_ten_lines() -> None:
    for program in PROGRAMS[:2]:
        assert len([line for line in program.splitlines() if line.strip()]) <= 14


def test_the_first_command_ends_with_the_demonstration() -> None:
    assert ".venv/bin/colonyos-gen demo" in README
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    shown = subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", "demo"],
        env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    states = re.findall(r"  (SUCCESS|FAILED)  ", shown.stdout)
    assert states == ["SUCCESS"] * 5 + ["FAILED"]
    assert "ZeroDivisionError" in shown.stdout
    assert re.search(r"add +19, 23 +SUCCESS .* 42\n", shown.stdout)


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
