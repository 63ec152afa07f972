"""Random schemas that keep the rules become packages that import, and lose nothing between decoding and encoding.

`RANDOM_SCHEMAS=500 pytest tests/codegen/test_random_schemas.py` tries more of them than the few of every run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.validate import validate
from hypothesis import HealthCheck, Phase, given, settings

from tests.codegen.kit.random_schema import Drawn, schemas

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("RANDOM_SCHEMAS", "10"))


def round_trip(root: Path, payloads: dict[str, list[Any]]) -> str:
    """Generate the package of the schema in `root`/schema, use it, and return what went wrong."""
    python = registry()["python"]
    files = render(root / "schema", {"python": python}, None, root / "out")
    for path, text in files.items():
        (root / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "out" / path).write_text(text, encoding="utf-8")
    folder = root / "out/python"
    run = subprocess.run(
        [sys.executable, "-m", "tests.codegen.kit.round_trip_program", str(folder)],
        input=json.dumps(payloads),
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return "" if run.returncode == 0 else run.stdout + run.stderr


@settings(
    max_examples=COUNT,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(drawn=schemas())
def test_random_schema_gives_a_working_package(drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drawn.write(Path(folder, "schema"))
        assert [str(finding) for finding in validate(load(Path(folder, "schema")))] == []
        assert round_trip(Path(folder), drawn.payloads) == ""
