"""The plain install does what a newcomer tries; `nox -s wheel` tries it in an environment that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PLAIN = Path(__file__).with_name("plain.py")

_BLOCKED = """
import runpy, sys
for name in {names!r}:
    sys.modules[name] = None
runpy.run_path({script!r}, run_name="__main__")
"""
_IMPORTS = {
    "pyyaml": "yaml",
    "pycryptodome": "Crypto",
    "datamodel-code-generator": "datamodel_code_generator",
}


def _extras() -> list[str]:
    """The modules of everything that only extras install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for extra in project["optional-dependencies"].values() for line in extra]
    names = {Requirement(line).name for line in lines} - {project["name"]}
    return sorted(_IMPORTS.get(name, name.replace("-", "_")) for name in names)


def test_crons_and_schemas_of_blueprints_need_no_extra() -> None:
    names = _extras()
    assert "jsonschema" in names
    assert find_spec("jsonschema")  # or this would not show that the server does without
    script = _BLOCKED.format(names=names, script=str(PLAIN))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Crons and schemas work.\n"), done.stderr
