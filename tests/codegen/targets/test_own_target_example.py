"""The example of a target of one's own in CONTRIBUTING.md makes what it says there, from a folder and from a distribution."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main
from colonyos_gen_codegen.output.render import BANNER

ROOT = Path(__file__).resolve().parents[3]
CHAPTER = (
    (ROOT / "CONTRIBUTING.md")
    .read_text(encoding="utf-8")
    .partition("### A target of your own\n")[2]
    .partition("\n## ")[0]
)
BLOCKS: dict[str, str] = dict(re.findall(r"```(\w+)\n(.*?)```", CHAPTER, re.DOTALL))
COMMANDS = re.findall(r"^    \$ (.*)\n((?:    [^$\n].*\n)*)", CHAPTER, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the files of the example, each of which has its path in its first line."""
    for kind in ("python", "jinja"):
        first, _, text = BLOCKS[kind].partition("\n")
        path = tmp_path / first.lstrip("#/ ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("kotlin", None)


def test_from_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (command, said), (search, found) = COMMANDS
    program, schema, *arguments = command.split()
    assert (program, schema) == ("colonyos-gen", "schema")
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [line[4:] for line in said.splitlines()]
    _, word, file = search.split()
    made = (folder / file).read_text(encoding="utf-8")
    assert [line for line in made.splitlines() if word in line] == [line[4:] for line in found.splitlines()]
    assert made.startswith(f"// {BANNER}\npackage colonies\n")
    assert "    CANCELLED(4);\n" in made
    assert main(["check", *arguments[1:]]) == 0


def test_from_a_distribution(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is installed as its `pyproject.toml` says."""
    project = tomllib.loads(BLOCKS["toml"])["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("".join(points))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    importlib.invalidate_caches()
    assert main(["generate", "--target", "kotlin", "--out", "src"]) == 0
    assert (folder / "src/kotlin/Colonies.kt").is_file()
