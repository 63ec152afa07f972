"""`generate` makes all changes or none: what was there before is known to the next run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.codegen.kit.small_project import Project

SMALL = Path(__file__).parent / "small"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is up to date, to be copied."""
    project = Project(tmp_path_factory.mktemp("small"))
    shutil.copytree(SMALL, project.schema)
    assert project.run("generate").code == 0
    return project


@pytest.fixture
def project(generated: Project, tmp_path: Path) -> Project:
    """A project that is up to date."""
    return Project(shutil.copytree(generated.root, tmp_path / "project"))


@pytest.mark.parametrize(
    "blocked", ["python/colonyos_gen_wire/constants.py", "python/colonyos_gen_wire/types"]
)
def test_what_cannot_be_written_whole_is_not_begun(project: Project, blocked: str) -> None:
    """Found out before the first file is written."""
    project.edit("schema/types/library.yaml", "Whether somebody has it.", "Whether it is lent.")
    path = project.out / blocked
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("in the way")
    else:
        path.unlink()
        (path / "inside").mkdir(parents=True)
    before = project.state()
    run = project.run("generate")
    assert run.code == 1
    assert str(path) in run.err
    assert "None of the " in run.err
    assert "run again" in run.err
    assert project.state() == before


def test_what_was_written_before_a_failure_is_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full after a few files: the next run starts from the files of a whole run."""
    project.edit("schema/types/library.yaml", "lent: {", "lent: {x-name: given, ")
    before = project.contents()
    room = [5]
    replace = os.replace

    def move(source: str, target: Path) -> None:
        room[0] -= 1
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", move)
    run = project.run("generate")
    assert run.code == 1
    assert "No space left on device. None of the " in run.err
    assert "run again" in run.err
    assert project.contents() == before


def test_what_cannot_be_taken_back_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edit("schema/types/library.yaml", "lent: {", "lent: {x-name: given, ")
    before = project.contents()
    room = [5]
    replace = os.replace

    def move(source: str, target: Path) -> None:
        room[0] -= 1
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", move)
    run = project.run("generate")
    changed = {path for path, content in project.contents().items() if content != before[path]}
    assert run.code == 1
    assert len(changed) == 4
    told = run.err.partition("Written, and not to be taken back: ")[2].partition(". Not written: ")
    assert set(told[0].split(", ")) == changed
    assert changed.isdisjoint(told[2].split(". ")[0].split(", "))
