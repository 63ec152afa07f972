"""The fixture `colonies` fails a test that would have harmed a real server, in runs of pytest like those of a user."""

from __future__ import annotations

from pathlib import Path

from colonyos_gen_wire.hazards import ALL_PROCESSES_REMOVED_WHILE_CLOSING

from .test_pytest_plugin import run_pytest

HARM = """
import pytest
from colonyos_gen import FunctionSpec

def harm(colonies):
    worker = colonies.add_executor("t")
    colonies.client.submit(FunctionSpec.new("f", "t", colonies.name))
    worker.client.assign(colonies.name, 10)
    colonies.client.remove_all_processes(colonies.name, -1, hazardous=True)
"""
NAME = ALL_PROCESSES_REMOVED_WHILE_CLOSING.name


def test_a_test_that_harms_fails_and_is_told_why(tmp_path: Path) -> None:
    program = f"""{HARM}
def test_it(colonies):
    harm(colonies)
    assert colonies.hazards.counts == {{"{NAME}": 1}}
"""
    run = run_pytest(tmp_path, program, "-q")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 passed, 1 error" in run.stdout
    hazard = ALL_PROCESSES_REMOVED_WHILE_CLOSING
    for part in (NAME, "removeallprocessesmsg", "by the colony owner", "RUNNING in the colony"):
        assert part in run.stdout
    assert hazard.what in run.stdout
    assert hazard.avoid in run.stdout
    assert '@pytest.mark.hazards("name")' in run.stdout


def test_a_test_may_say_otherwise(tmp_path: Path) -> None:
    program = f"""{HARM}
@pytest.mark.hazards("{NAME}")
def test_by_name(colonies):
    harm(colonies)

@pytest.mark.hazards
def test_any(colonies):
    harm(colonies)

@pytest.mark.hazards("cancel_meets_removal", "close_meets_removal")
@pytest.mark.hazards("{NAME}")
def test_several(colonies):
    harm(colonies)
"""
    run = run_pytest(tmp_path, program, "-q", "--strict-markers")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout


def test_only_what_was_said_may_happen(tmp_path: Path) -> None:
    program = f"""{HARM}
@pytest.mark.hazards("cancel_meets_removal")
def test_it(colonies):
    harm(colonies)
"""
    run = run_pytest(tmp_path, program, "-q")
    assert "1 passed, 1 error" in run.stdout


def test_a_name_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    program = """
import pytest

@pytest.mark.hazards("cancel_meets_nothing")
def test_it(colonies):
    pass
"""
    run = run_pytest(tmp_path, program, "-q")
    assert run.returncode == 1
    assert "there is no hazard cancel_meets_nothing; there are" in run.stdout


def test_the_marker_is_listed(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "", "--markers")
    assert "@pytest.mark.hazards(*names)" in run.stdout


def test_a_test_that_harms_nothing_passes(tmp_path: Path) -> None:
    program = """
from colonyos_gen import FunctionSpec

def test_it(colonies):
    worker = colonies.add_executor("t")
    for _ in range(5):
        submitted = colonies.client.submit(FunctionSpec.new("f", "t", colonies.name))
        process = worker.client.assign(colonies.name, 10)
        worker.client.close(process.processid, output=[1])
        assert colonies.client.get_process(submitted.processid).output == [1]
        colonies.client.remove_process(submitted.processid)
    assert colonies.hazards.total == 0
"""
    run = run_pytest(tmp_path, program, "-q")
    assert run.returncode == 0, run.stdout + run.stderr
