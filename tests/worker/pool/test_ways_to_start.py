"""Where a program is whose worker has processes: each of them imports it from there, or the worker says that none can."""

from __future__ import annotations

import os
import py_compile
import zipfile
from pathlib import Path

import pytest

from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit
from tests.worker.kit.spawned import SpawnedWorker

FUNCTION = f"""
from colonyos_gen import Worker

worker = Worker({EXECUTORTYPE!r}, pool="process", concurrency=1, grace=1)

@worker.function
def one() -> int:
    return 1
"""
RUN = """
if __name__ == "__main__":
    worker.run()
"""
APART = {"__main__.py": f"from functions import worker\n{RUN}", "functions.py": FUNCTION}
TOGETHER = {"__main__.py": f"import os, beside\nos.chdir('/')\n{FUNCTION}{RUN}", "beside.py": ""}


def folder_of(files: dict[str, str], path: Path) -> Path:
    """Write a program that is a folder."""
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def zip_of(files: dict[str, str], path: Path) -> Path:
    """Write a program that is a zip file, as `zipapp` does."""
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return path


@pytest.mark.parametrize("files", [APART, TOGETHER], ids=["apart", "together"])
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_programs_that_are_folders_and_zip_files(
    colonies: LocalColony, tmp_path: Path, kind: str, files: dict[str, str]
) -> None:
    make = folder_of if kind == "folder" else zip_of
    runs(colonies, tmp_path, str(make(files, tmp_path / "app")))


def test_a_compiled_program(colonies: LocalColony, tmp_path: Path) -> None:
    source, compiled = tmp_path / "source.py", tmp_path / "compiled.pyc"
    source.write_text(FUNCTION + RUN)
    py_compile.compile(str(source), str(compiled))
    runs(colonies, tmp_path, str(compiled))


def test_a_program_in_no_file_whose_functions_are_in_one(colonies: LocalColony, tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text(FUNCTION)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from functions import worker; worker.run()"
    runs(colonies, tmp_path, "-c", program)
    runs(colonies, tmp_path, "-", reads=written(program, tmp_path))


@pytest.mark.parametrize("how", ["-c", "-", "/dev/stdin"])
def test_a_program_in_no_file_is_told_so_in_one_line(colonies: LocalColony, tmp_path: Path, how: str) -> None:
    text = FUNCTION + RUN
    program = (how, text) if how == "-c" else (how,)
    with SpawnedWorker(colonies, tmp_path, program=program, reads=written(text, tmp_path)) as spawned:
        assert spawned.wait() == 78
        (line,) = spawned.output.splitlines()
    assert "put the program into a file" in line


def written(text: str, folder: Path) -> Path:
    """A file with a program, which Python reads from its standard input."""
    path = folder / "read_by_python"
    path.write_text(text)
    return path


def runs(colony: LocalColony, keys: Path, *program: str, reads: Path = Path(os.devnull)) -> None:
    """Run a program, and call its function."""
    with SpawnedWorker(colony, keys, program=program, reads=reads) as spawned:
        assert "CRITICAL" not in spawned.said("")  # nor is anything else told before the worker is there
        assert ended(colony, submit(colony, "one")).output == [1]
