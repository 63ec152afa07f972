"""The fixture `colonies`, in runs of pytest like those of a user."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGIN = "colonyos_gen.pytest_plugin"


def run_pytest(folder: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a file with `program`, with nothing but the plugin."""
    (folder / "test_it.py").write_text(program, encoding="utf-8")
    paths = [str(ROOT / "generated" / "python"), str(ROOT)]
    environment = os.environ | {
        # The plugin is named below. Loading it a second time, where it is installed, would be an error.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    environment.pop("PYTEST_ADDOPTS", None)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        PLUGIN,
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, *options, str(folder)],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_each_test_has_a_colony_of_its_own(tmp_path: Path) -> None:
    program = """
from colonyos_gen import FunctionSpec

SEEN = set()

def _use(colonies):
    assert colonies.client.get_statistics(colonies.name).waitingprocesses == 0
    colonies.client.submit(FunctionSpec.new("f", "t", colonies.name))
    colonies.faults.drop("*", times=None)
    colonies.advance(hours=1)
    SEEN.add(colonies.user_key.id)

def test_one(colonies):
    _use(colonies)

def test_other(colonies):
    _use(colonies)
    assert len(SEEN) == 2
"""
    run = run_pytest(tmp_path, program, "-q", "-W", "error")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout


def test_coroutines_use_the_same_fixture(tmp_path: Path) -> None:
    program = """
import asyncio
from colonyos_gen import FunctionSpec

def test_it(colonies):
    async def main():
        worker = colonies.add_executor("t")
        asked, process = await asyncio.gather(
            colonies.aclient.submit(FunctionSpec.new("f", "t", colonies.name)),
            worker.aclient.assign(colonies.name, 10),
        )
        assert asked.processid == process.processid
    asyncio.run(main())
"""
    run = run_pytest(tmp_path, program, "-q", "-W", "error")
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_failing_test_shows_no_key(tmp_path: Path) -> None:
    program = """
from pathlib import Path

def test_it(colonies):
    worker = colonies.add_executor("t")
    environment = worker.environment()
    Path("keys").write_text("\\n".join([colonies.server_key.hex(), colonies.colony_key.hex(), worker.key.hex()]))
    assert not environment, (colonies, worker, colonies.client)
"""
    run = run_pytest(tmp_path, program, "--showlocals", "-vv")
    assert run.returncode == 1
    assert "LocalExecutor('t-1'" in run.stdout
    keys = (tmp_path / "keys").read_text().splitlines()
    assert len(keys) == 3
    for key in keys:
        assert key not in run.stdout + run.stderr


def test_it_costs_nothing_when_it_is_not_used(tmp_path: Path) -> None:
    program = """
import sys

def test_it():
    assert "colonyos_gen.pytest_plugin" in sys.modules
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"aiohttp", "msgspec", "coincurve", "colonyos_gen_wire"}
    own = {name for name in sys.modules if name.startswith("colonyos_gen")}
    assert own == {"colonyos_gen", "colonyos_gen._version", "colonyos_gen.pytest_plugin"}
    assert "asyncio" not in loaded or "pytest_asyncio" in loaded
"""
    run = run_pytest(tmp_path, program, "-q")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_fixture_is_listed_with_its_purpose(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "", "--fixtures", "-v")
    assert "colonies" in run.stdout
    assert "fresh for each test" in run.stdout


def test_pytest_finds_it_where_the_project_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"colonies": PLUGIN}
    assert any(need.startswith("pytest") for need in project["project"]["optional-dependencies"]["testing"])
    assert not any(need.startswith("pytest") for need in project["project"]["dependencies"])
