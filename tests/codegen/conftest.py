"""The small project, up to date, for whoever changes something in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.codegen.kit.small_project import Project

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is up to date, to be copied."""
    project = Project(tmp_path_factory.mktemp("small"))
    shutil.copytree(HERE / "small", project.schema)
    assert project.run("generate").code == 0
    return project


@pytest.fixture
def project(generated: Project, tmp_path: Path) -> Project:
    """A project that is up to date."""
    return Project(shutil.copytree(generated.root, tmp_path / "project"))
