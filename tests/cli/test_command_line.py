"""The command line, as somebody in a hurry uses it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from colonyos_gen_wire.constants import DEMO_SERVER_ID

from colonyos_gen import Client, PrivateKey
from colonyos_gen.cli.env_file import read_env_file


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One call of `colonyos-gen`, in an environment without ColonyOS variables but `variables`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    return subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", *arguments],
        env=environment | variables, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_help_and_version() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert "serve" in shown.stdout
    assert "demo" in shown.stdout
    assert "server v1.9.12" in run("--version").stdout


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "x"], ["serve", "--port", "70000"]])
def test_misuse_is_explained(arguments: list[str]) -> None:
    shown = run(*arguments)
    assert shown.returncode == 2
    assert "usage: colonyos-gen" in shown.stderr


def test_demo_takes_a_spec_file_of_yours(tmp_path: Path) -> None:
    specs = [
        {"funcname": "add", "args": [1, 2], "conditions": {"executortype": "another"}, "maxexectime": 0},
        {"funcname": "unheard_of"},
    ]
    file = tmp_path / "specs.json"
    file.write_text(json.dumps(specs))
    shown = run("demo", "--spec", str(file), "--picture", str(tmp_path / "picture.svg"))
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"add +1, 2 +SUCCESS", shown.stdout)
    assert re.search(r"unheard_of +FAILED .*has no function", shown.stdout)
    file.write_text(json.dumps(specs[0]))
    shown = run("demo", "--spec", str(file), "--picture", str(tmp_path / "none" / "picture.svg"))
    assert shown.returncode == 1
    assert "No such file or directory" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_demo_names_what_is_wrong_with_a_spec_file(tmp_path: Path) -> None:
    file = tmp_path / "specs.json"
    assert "No such file" in run("demo", "--spec", str(file)).stderr
    file.write_text('[{"funcname": 5}]')
    shown = run("demo", "--spec", str(file))
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "Expected `str`, got `int` - at `$[0].funcname`" in shown.stderr


def test_demo_says_what_it_needs_of_a_server_from_the_environment() -> None:
    shown = run("demo", COLONIES_SERVER_HOST="localhost")
    assert shown.returncode == 1
    assert "COLONIES_COLONY_PRVKEY" in shown.stderr


def test_demo_says_that_nobody_answers() -> None:
    key = PrivateKey.generate().hex()
    variables = {
        "COLONIES_SERVER_HOST": "localhost",
        "COLONIES_SERVER_PORT": "1",
        "COLONIES_SERVER_PRVKEY": key,
    }
    shown = run("demo", **variables)
    assert shown.returncode == 1
    assert "http://localhost:1" in shown.stderr
    assert "colonyos-gen serve" in shown.stderr
    assert key not in shown.stdout + shown.stderr


def test_a_bad_key_is_named_but_not_shown() -> None:
    shown = run("demo", COLONIES_SERVER_HOST="localhost", COLONIES_SERVER_PRVKEY="abcdef")
    assert shown.returncode == 1
    assert "COLONIES_SERVER_PRVKEY" in shown.stderr
    assert "abcdef" not in shown.stderr
    assert "Traceback" not in shown.stderr


def test_serve_with_an_owner_from_the_environment(tmp_path: Path) -> None:
    key = PrivateKey.generate()
    environment = os.environ | {"COLONIES_SERVER_PRVKEY": key.hex(), "HOME": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "colonyos_gen.cli",
        "serve",
        "--port",
        "0",
        "--env-file",
        str(tmp_path / "env"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        assert key.id in first
        server.stdout.readline()
        with urllib.request.urlopen(first.split()[3].rstrip(",") + "/health", timeout=100) as reply:
            assert (reply.status, reply.read()) == (200, b"")
        assert key.hex() not in (tmp_path / "env").read_text()
        server.send_signal(signal.SIGTERM)
        rest = server.stdout.read()
        assert server.wait(100) == 0
    assert key.hex() not in first + rest
    assert not (tmp_path / "env").exists()


def test_serve_knows_the_owner_by_identity_alone(tmp_path: Path) -> None:
    shown = run("serve", "--port", "0", "--colony", "x", COLONIES_SERVER_ID="a" * 64, HOME=str(tmp_path))
    assert shown.returncode == 1
    assert "COLONIES_SERVER_PRVKEY" in shown.stderr
    assert shown.stdout == ""
    shown = run("serve", "--port", "0", COLONIES_SERVER_ID="short", HOME=str(tmp_path))
    assert shown.returncode == 1
    assert "COLONIES_SERVER_ID is 'short'" in shown.stderr
    key = PrivateKey.generate().hex()
    shown = run("serve", "--port", "0", COLONIES_SERVER_PRVKEY=key, COLONIES_SERVER_ID="a" * 64)
    assert shown.returncode == 1
    assert "COLONIES_SERVER_ID is not the identity of the key in COLONIES_SERVER_PRVKEY" in shown.stderr


def test_serve_keeps_published_keys_on_this_machine(tmp_path: Path) -> None:
    shown = run(
        "serve", "--port", "0", "--host", "0.0.0.0", COLONIES_SERVER_ID=DEMO_SERVER_ID, HOME=str(tmp_path)
    )
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "colonyos-gen: the server owner has a key that is published with ColonyOS" in shown.stderr


def test_serve_with_a_file_goes_on_with_the_same_colony_and_keys(tmp_path: Path) -> None:
    db, env_file = tmp_path / "dev.db", tmp_path / "dev.db.env"
    arguments = ["serve", "--port", "0", "--db", str(db), "--colony", "dev"]
    kept: list[dict[str, str]] = []
    for _ in range(2):
        command = [sys.executable, "-m", "colonyos_gen.cli", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert any("Stop it with" in line for line in server.stdout)
            variables = read_env_file(env_file)
            with Client.from_env(variables) as client:
                # An owner, a colony owner and a member are known to the server.
                assert [colony.name for colony in client.get_colonies()] == ["dev"]
                assert [user.name for user in client.get_users("dev")] == ["user"]
            other = run(*arguments)
            assert other.returncode == 1
            assert f"{db} is in use by another server" in other.stderr
            server.send_signal(signal.SIGTERM)
            assert server.wait(100) == 0
        assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
        kept.append({name: value for name, value in variables.items() if name != "COLONIES_SERVER_PORT"})
    assert kept[0] == kept[1]
    shown = run(*arguments[:-1], "another")
    assert shown.returncode == 1
    assert f"{env_file} holds the keys of the colony 'dev'" in shown.stderr
    assert kept[0] == {
        name: value for name, value in read_env_file(env_file).items() if name != "COLONIES_SERVER_PORT"
    }


def test_serve_names_a_file_that_it_cannot_use(tmp_path: Path) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("Dear diary,")
    shown = run("serve", "--port", "0", "--db", str(file))
    assert shown.returncode == 1
    assert f"{file} is no file of this server" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert file.read_text() == "Dear diary,"


def test_serve_says_when_the_port_is_taken(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        shown = run("serve", "--port", port, HOME=str(tmp_path))
    assert shown.returncode == 1
    assert port in shown.stderr
    assert "Traceback" not in shown.stderr
