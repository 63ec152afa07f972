"""Imports that nobody may make are noticed: put into a copy of the code, and a contract of pyproject.toml names it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
WRONG = [
    ("colonyos_gen.server._store.tables", "colonyos_gen._call.pipeline"),
    ("colonyos_gen.server._store.tables", "colonyos_gen.errors"),
    ("colonyos_gen.server._store.tables", "colonyos_gen.pictures"),
    ("colonyos_gen.server._processes.checker", "colonyos_gen.spec_file"),
    ("colonyos_gen.server._front.http", "colonyos_gen.server._domains.loading"),
    ("colonyos_gen.session._handles.seen", "colonyos_gen.worker"),
    ("colonyos_gen.worker._telling.bridge", "colonyos_gen.worker._worker"),
    ("colonyos_gen.keys._errors", "colonyos_gen.server"),
    ("colonyos_gen._call.retry", "colonyos_gen_codegen.schema"),
    ("colonyos_gen.config", "tests.conftest"),
    ("colonyos_gen.crypto", "examples.call"),
    ("colonyos_gen.spec_file", "noxfile"),
    ("colonyos_gen_codegen.model.services", "tests.conftest"),
    ("colonyos_gen_wire.method", "examples.call"),
]


def test_wrong_imports_are_noticed(tmp_path: Path) -> None:
    pytest.importorskip("importlinter", reason="the extra `lint` is not installed")
    for source in ("codegen/colonyos_gen_codegen", "colonyos_gen", "generated/python/colonyos_gen_wire"):
        shutil.copytree(
            ROOT / source, tmp_path / Path(source).name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for importer, imported in WRONG:
        with (tmp_path / f"{importer.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\nfrom importlinter.cli import lint_imports_command\n"
        "lint_imports_command()"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1, shown.stdout + shown.stderr
    found = " ".join(shown.stdout.split())
    # What lies outside of the packages is known by its first name only.
    names = [
        (importer, name if name.startswith("colonyos") else name.partition(".")[0])
        for importer, name in WRONG
    ]
    assert [pair for pair in names if f"{pair[0]} -> {pair[1]} (" not in found] == []


def test_the_server_may_import_crypto_alone() -> None:
    (contract,) = [
        each for each in SETTINGS["contracts"] if each["name"].startswith("The server does without")
    ]
    rooms = {
        f"colonyos_gen.{path.stem}"
        for path in (ROOT / "colonyos_gen").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert rooms - set(contract["forbidden_modules"]) == {"colonyos_gen.crypto", "colonyos_gen.server"}


def test_siblings_in_a_layer_may_not_import_each_other() -> None:
    layers = [
        layer
        for each in SETTINGS["contracts"]
        if each.get("containers") in (["colonyos_gen"], ["colonyos_gen.server"], ["colonyos_gen.worker"])
        for layer in each["layers"]
    ]
    assert len(layers) > 20
    assert [layer for layer in layers if ":" in layer] == []
