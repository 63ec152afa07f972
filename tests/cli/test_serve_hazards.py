"""`colonyos-gen serve --hazards`, with requests that would harm the real server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import EMBEDDED_SUFFIX
from colonyos_gen_wire.hazards import ALL_PROCESSES_REMOVED_WHILE_CLOSING

from colonyos_gen import Client, ConnectionFailedError, Executor, FunctionSpec, PrivateKey
from colonyos_gen.cli.env_file import read_env_file


@contextlib.contextmanager
def _serving(folder: Path, *options: str) -> Generator[subprocess.Popen[str]]:
    """A server as a process, which has written its variables into the file `env` in `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    command = [sys.executable, "-m", "colonyos_gen.cli", "serve", "--port", "0", "--colony", "dev"]
    with subprocess.Popen(
        [*command, "--env-file", str(folder / "env"), *options],
        env=environment | {"HOME": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            assert any("Stop it with" in line for line in server.stdout)
            yield server
        finally:
            server.kill()


def _harm(folder: Path) -> str:
    """Remove all processes while one runs, and return the build version of the server."""
    key = PrivateKey.generate()
    with Client.from_env(read_env_file(folder / "env"), retries=0) as client:
        client.add_executor(Executor.new("e", key.id, "t", "dev"))
        client.approve_executor("dev", "e")
        client.submit(FunctionSpec.new("f", "t", "dev"))
        client.assign("dev", 10, prvkey=key)
        client.remove_all_processes("dev", -1, hazardous=True)
        return client.get_server_info().buildversion


def test_it_warns_and_goes_on(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        assert _harm(tmp_path).endswith(EMBEDDED_SUFFIX)
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=300)
        assert server.returncode == 0
    assert f"WARNING colonyos_gen.server.hazards: {ALL_PROCESSES_REMOVED_WHILE_CLOSING.name}: " in errors
    assert ALL_PROCESSES_REMOVED_WHILE_CLOSING.avoid in errors


def test_it_ends_as_the_real_one_would(tmp_path: Path) -> None:
    with _serving(tmp_path, "--hazards", "act") as server:
        with pytest.raises(ConnectionFailedError):
            _harm(tmp_path)
        _, errors = server.communicate(timeout=300)
        assert server.returncode == 1
    assert f"the server was ended by {ALL_PROCESSES_REMOVED_WHILE_CLOSING.name}" in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "env").exists()


def test_it_may_notice_nothing(tmp_path: Path) -> None:
    with _serving(tmp_path, "--hazards", "off") as server:
        _harm(tmp_path)
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=300)
        assert (server.returncode, errors) == (0, "")
