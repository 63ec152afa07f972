"""`export`: what somebody without a checkout gets, and that the generator goes on from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

ROOT = Path(__file__).resolve().parents[3]


def test_it_is_the_schema_and_what_is_made_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.split()
    assert {
        "openrpc.json",
        "colonyos.schema.json",
        "protocol.json",
        "protocol.schema.json",
        "schema/colonyos.yaml",
        "schema/meta/rpc.schema.json",
        "vectors/README.md",
        "vectors/vectors.schema.json",
    } <= set(said)
    for name in ("openrpc.json", "colonyos.schema.json", "protocol.json", "protocol.schema.json"):
        assert json.loads((tmp_path / "out" / name).read_text()) == json.loads(
            (ROOT / "generated" / name).read_text()
        )
    for path in (ROOT / "generated/vectors").rglob("*.*"):
        assert (tmp_path / "out" / path.relative_to(ROOT / "generated")).read_bytes() == path.read_bytes()
    for path in (ROOT / "schema").rglob("*.yaml"):
        assert (tmp_path / "out/schema" / path.relative_to(ROOT / "schema")).read_bytes() == path.read_bytes()
    assert main(["lint", "--schema", str(tmp_path / "out/schema")]) == 0


@pytest.mark.parametrize("is_file", [True, False])
def test_it_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], is_file: bool) -> None:
    mine = tmp_path / "out" if is_file else tmp_path / "out/mine.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert main(["export", str(tmp_path / "out")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert sorted(tmp_path.rglob("*.*")) == ([] if is_file else [mine])
