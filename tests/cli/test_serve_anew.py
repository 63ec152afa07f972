"""`serve` that is started again without a database: whom it refuses, and what those say who are refused."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from colonyos_gen import Client, DeniedError, Executor, PrivateKey
from colonyos_gen.cli.env_file import read_env_file
from tests.cli.test_env_files import environment

PROGRAM = """
import sys
from colonyos_gen import Worker

worker = Worker("adder", name="adder-1")

@worker.function
def add(a, b):
    return a + b

if __name__ == "__main__":
    worker.run(log_format=sys.argv[1])
"""


class Served:
    """A server as a program, and what it said before it was ready."""

    def __init__(self, process: subprocess.Popen[str], said: list[str], variables: dict[str, str]) -> None:
        self.process = process
        self.said = said
        self.variables = variables
        self.port = variables["COLONIES_SERVER_PORT"]


@contextlib.contextmanager
def served(
    home: Path, *arguments: str, port: str = "0", given: dict[str, str] | None = None
) -> Generator[Served]:
    """A server with these arguments and variables; it is killed at the end."""
    env_file = home / "env"
    command = [sys.executable, "-m", "colonyos_gen.cli", "serve", "--port", port]
    with subprocess.Popen(
        [*command, "--env-file", str(env_file), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home) | (given or {}),
        cwd=home,
    ) as server:
        try:
            said: list[str] = []
            assert server.stdout is not None
            for line in server.stdout:
                said.append(line)
                if "Stop it with" in line:
                    break
            yield Served(server, said, dict(read_env_file(env_file)))
        finally:
            server.kill()


@contextlib.contextmanager
def working(home: Path, variables: dict[str, str], log_format: str) -> Generator[Path]:
    """A worker with these variables; gives what it writes. It has ended at the end, or is killed."""
    program, log = home / "worker.py", home / "log"
    program.write_text(PROGRAM)
    environ = environment(home) | variables | {"COLONIES_KEYS": str(home / "keys")}
    with (
        log.open("w") as stderr,
        subprocess.Popen([sys.executable, str(program), log_format], env=environ, stderr=stderr) as worker,
    ):
        try:
            yield log
        finally:
            worker.kill()


def line_with(log: Path, text: str) -> str:
    """The first line with `text`, once there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [line for line in log.read_text().splitlines(keepends=True) if text in line]
        if found and found[0].endswith("\n"):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_a_server_without_a_database_says_that_its_keys_are_new(tmp_path: Path) -> None:
    with served(tmp_path, "--colony", "dev") as first:
        assert "the keys of server owner, colony owner and user are new" in "".join(first.said)
        assert "Shells, clients and workers with keys of an earlier run are refused" in "".join(first.said)
    key = PrivateKey.generate()
    for own in (
        {"COLONIES_SERVER_PRVKEY": key.hex()},
        first.variables,
    ):  # such as a shell that has sourced the old file
        with served(tmp_path, "--colony", "dev", given=own) as second:
            said = "".join(second.said)
            assert "the keys of colony owner and user are new" in said
            assert "the server owner is still the one whom COLONIES_SERVER_PRVKEY names" in said
            assert "keys of an earlier run are refused, except for what the server owner's key signs;" in said
            with Client.from_env(own | second.variables) as client:
                assert [colony.name for colony in client.get_colonies()] == ["dev"]
    for owner in ({"COLONIES_SERVER_PRVKEY": key.hex()}, {"COLONIES_SERVER_ID": key.id}):
        with served(tmp_path, given=owner) as third:
            said = "".join(third.said)
            assert (
                "it knows no colony yet; the server owner is still the one whom " + next(iter(owner)) in said
            )
            assert "are new" not in said
            assert "add their colony and them again" in said
    with served(tmp_path) as fourth:
        said = "".join(fourth.said)
        assert "the key of the server owner is new, and it knows no colony yet." in said
        assert "except" not in said
    with served(tmp_path, "--db", "rows", "--colony", "dev") as kept:
        assert "are new" not in "".join(kept.said)
        assert "refused" not in "".join(kept.said)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_worker_with_the_keys_of_an_earlier_run_says_so_in_one_line(
    tmp_path: Path, log_format: str
) -> None:
    with contextlib.ExitStack() as stack:
        with served(tmp_path, "--colony", "dev") as first:
            log = stack.enter_context(working(tmp_path, first.variables, log_format))
            line_with(log, "registered in colony dev")
        with served(tmp_path, "--colony", "dev", port=first.port):
            line = line_with(log, "CRITICAL")
    said = json.loads(line)["message"] if log_format == "json" else line
    # It answers before its colony is there.
    reasons = ("does not take the keys any more", "has no colony 'dev' any more")
    assert any(f"the server at http://127.0.0.1:{first.port} {each}" in said for each in reasons)
    assert "it was started anew without what it knew, or is another one" in said
    assert "sourced the file that `colonyos-gen serve` names" in said
    assert "Traceback" not in log.read_text()
    for key in (value for name, value in first.variables.items() if name.endswith("PRVKEY")):
        assert key not in log.read_text()


def test_a_worker_whose_colony_is_gone_says_so(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with served(tmp_path, "--colony", "dev") as first:
            log = stack.enter_context(working(tmp_path, first.variables, "text"))
            line_with(log, "registered in colony dev")
        with served(tmp_path, "--colony", "other", port=first.port):
            assert "has no colony 'dev' any more: it was started anew" in line_with(log, "CRITICAL")
    assert "Traceback" not in log.read_text()


def test_a_worker_without_the_owners_key_says_what_to_run(tmp_path: Path) -> None:
    key = PrivateKey.generate()

    def register(variables: dict[str, str]) -> None:
        with Client.from_env(variables) as client:
            client.add_executor(Executor.new("adder-1", key.id, "adder", "dev"))
            client.approve_executor("dev", "adder-1")

    with contextlib.ExitStack() as stack:
        with served(tmp_path, "--colony", "dev") as first:
            register(first.variables)
            own = {**first.variables, "COLONIES_PRVKEY": key.hex(), "COLONIES_COLONY_PRVKEY": ""}
            log = stack.enter_context(working(tmp_path, own, "text"))
            with Client.from_env(first.variables) as client:
                assert (
                    client.get_executor("dev", "adder-1").executorid == key.id
                )  # and soon it has its function
                while not client.get_functions("dev"):
                    time.sleep(0.05)
        with served(tmp_path, "--colony", "dev", port=first.port) as second:
            line = line_with(log, "is not registered any more")
            assert "which was started anew without what it knew, or has removed it" in line
            assert "python -c " in line
            register(second.variables)
            with Client.from_env(second.variables) as client:
                while not client.get_functions("dev"):
                    time.sleep(0.05)
    assert "Traceback" not in log.read_text()


def test_a_client_and_a_new_worker_with_the_keys_of_an_earlier_run_name_the_likely_cause(
    tmp_path: Path,
) -> None:
    with served(tmp_path, "--colony", "dev") as first:
        pass
    with served(tmp_path, "--colony", "dev", port=first.port):
        key = PrivateKey.generate().id
        with Client.from_env(first.variables) as client:
            for call in (
                lambda: client.get_processes("dev", 1),
                lambda: client.add_executor(Executor.new("adder-1", key, "adder", "dev")),
                client.get_colonies,
            ):
                with pytest.raises(DeniedError) as refused:
                    call()
                assert "it was started anew without what it knew, or is another one" in str(refused.value)
                assert "sourced the file that `colonyos-gen serve` names" in str(refused.value)
        with working(tmp_path, first.variables, "text") as log:
            line = line_with(log, "COLONIES_COLONY_PRVKEY")
    assert "is not the key of the owner of colony 'dev'" in line
    assert "it was started anew without what it knew, or is another one: start the worker again" in line
    assert line.count("started anew") == 1
