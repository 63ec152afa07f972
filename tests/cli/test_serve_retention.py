"""`serve --retention`: what has ended is forgotten by a server that runs as a program."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import CANCELLED

from colonyos_gen import Client, FunctionSpec, NotFoundError
from tests.cli.test_env_files import environment
from tests.cli.test_serve_anew import served


@pytest.mark.parametrize("database", [(), ("--db", "rows")])
def test_what_has_ended_is_forgotten(tmp_path: Path, database: tuple[str, ...]) -> None:
    with (
        served(tmp_path, "--colony", "dev", "--retention", "0.5", *database) as server,
        Client.from_env(server.variables) as client,
    ):
        stays = client.submit(FunctionSpec.new("f", "cli", "dev")).processid
        goes = client.submit(FunctionSpec.new("f", "cli", "dev")).processid
        client.cancel_process(goes)
        deadline = time.monotonic() + 30
        while goes in {each.processid for each in client.get_processes("dev", state=CANCELLED)}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with pytest.raises(NotFoundError):
            client.get_process(goes)
        assert client.get_process(stays).processid == stays


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_time_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", "serve", "--retention", seconds],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        cwd=tmp_path,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert f"{seconds!r} is no time: give a number of seconds above 0" in done.stderr
