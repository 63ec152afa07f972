"""What the README shows of older servers is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from colonyos_gen import Client, PrivateKey
from colonyos_gen.cli import main as command
from colonyos_gen.errors import RPCError
from colonyos_gen.server import ServerThread

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## Older servers\n")[2].partition("\n## ")[0]


def test_the_error_is_what_a_client_raises() -> None:
    (shown,) = re.findall(r"^    (\w+Error: .*)$", SECTION, re.MULTILINE)
    with (
        ServerThread(as_version="1.9.7") as server,
        Client(server.url, member_key=PrivateKey.generate()) as client,
        pytest.raises(RPCError) as caught,
    ):
        client.cancel_process("0" * 64)
    assert f"{type(caught.value).__name__}: {caught.value}" == shown


def test_the_commands_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = re.findall(r"\$ colonyos-gen schema (generate .*?) +#", SECTION)
    assert main(line.replace("FOLDER", str(tmp_path)).split()) == 0
    assert not [
        path for path in tmp_path.rglob("*.py") if "CancelProcessMsg" in path.read_text(encoding="utf-8")
    ]
    (option,) = re.findall(r"\$ colonyos-gen serve (--\S+) ", SECTION)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        command(["serve", "--help"])
    assert option in capsys.readouterr().out
