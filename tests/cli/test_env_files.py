"""The file that `serve` leaves for others: it takes nobody's place, and is never taken for one of a server that runs."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from colonyos_gen import Client, ConfigError
from colonyos_gen.cli.env_file import look_at, read_env_file, written

THEIRS = "OPENAI_API_KEY=sk-mine\nexport DATABASE_URL=postgres://prod\n"
VARIABLES = {"COLONIES_SERVER_HOST": "127.0.0.1", "COLONIES_PRVKEY": "odd ' $value"}


def environment(home: Path) -> dict[str, str]:
    """One without ColonyOS variables."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    return found | {"HOME": str(home)}


@contextlib.contextmanager
def served(home: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """A server with these arguments."""
    command = [sys.executable, "-m", "colonyos_gen.cli", "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment(home), cwd=home
    ) as server:
        try:
            assert server.stdout is not None
            assert any("Stop it with" in line for line in server.stdout)
            yield server
        finally:
            server.kill()


def refused(home: Path, *arguments: str) -> str:
    """What a server says that does not start."""
    command = [sys.executable, "-m", "colonyos_gen.cli", "serve", "--port", "0", *arguments]
    shown = subprocess.run(
        command, capture_output=True, text=True, env=environment(home), cwd=home, timeout=300, check=False
    )
    assert (shown.returncode, shown.stdout) == (1, "")
    assert len(shown.stderr.splitlines()) == 1
    return shown.stderr


def sourced(path: Path) -> subprocess.CompletedProcess[str]:
    """What a shell has after it."""
    script = f'. {shlex.quote(str(path))} && echo "$COLONIES_SERVER_HOST|$COLONIES_PRVKEY"'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=300, check=False)


def test_a_file_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(THEIRS)
    assert "was not made by `colonyos-gen serve`" in refused(tmp_path, "--env-file", ".env")
    assert "--env-file" in refused(tmp_path, "--env-file", ".env", "--db", "x.db", "--colony", "dev")
    assert path.read_text() == THEIRS


@pytest.mark.parametrize("what", ["nothing", "something", "folder", "pipe"])
def test_links_folders_and_pipes_are_left_as_they_are(tmp_path: Path, what: str) -> None:
    path, target = tmp_path / "env", tmp_path / "target"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
        if what == "something":
            target.write_text(THEIRS)
    before = path.lstat()
    with pytest.raises((ConfigError, IsADirectoryError)), written(path, VARIABLES):
        pass
    assert path.lstat() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        {"env", *(["target"] if what == "something" else [])}
    )


def test_one_server_one_file(tmp_path: Path) -> None:
    """A second one is refused; the file goes with the first; one that was killed leaves one that nobody takes for valid."""
    path = tmp_path / "dev.env"
    with served(tmp_path, "--colony", "dev", "--env-file", "dev.env") as server:
        said = refused(tmp_path, "--colony", "dev", "--env-file", "dev.env")
        assert f"belongs to a server that runs (process {server.pid})" in said
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with Client.from_env(read_env_file(path)) as client:
            assert [each.name for each in client.get_colonies()] == ["dev"]
        assert sourced(path).stdout.startswith("127.0.0.1|")
        server.kill()
        server.wait()
        shell = sourced(path)
        assert (shell.stdout, shell.stderr) == (
            "",
            "colonyos-gen: the server of this file has ended; start it again\n",
        )
        with pytest.raises(ConfigError, match=r"left over from a server that has ended .*start it again"):
            read_env_file(path)
    with served(tmp_path, "--env-file", "dev.env") as server:  # which replaces it
        assert "COLONIES_COLONY_NAME" not in read_env_file(path)
        server.send_signal(signal.SIGTERM)
        assert server.wait(300) == 0
    assert not path.exists()


def test_the_keys_of_a_database_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.db.env"
    with served(tmp_path, "--db", "a.db", "--colony", "dev") as server:
        assert "has the keys of another server" in refused(tmp_path, "--env-file", "a.db.env", "--db", "b.db")
        server.send_signal(signal.SIGTERM)
        assert server.wait(300) == 0
    kept = path.read_bytes()
    assert "has the keys of another server" in refused(tmp_path, "--env-file", "a.db.env")
    assert "has the keys of another server" in refused(tmp_path, "--env-file", "a.db.env", "--db", "b.db")
    assert path.read_bytes() == kept
    assert dict(read_env_file(path))["COLONIES_COLONY_NAME"] == "dev"
    # Both may be moved elsewhere.
    (tmp_path / "there").mkdir()
    for each in ("a.db", "a.db.env"):
        (tmp_path / each).rename(tmp_path / "there" / each)
    with served(tmp_path, "--db", "there/a.db", "--colony", "dev"):
        again = read_env_file(tmp_path / "there" / "a.db.env")
    assert again["COLONIES_PRVKEY"] in kept.decode()


def test_what_is_not_what_was_written_is_not_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "env"
    with written(path, VARIABLES):
        path.unlink()
        path.write_text(THEIRS)
    assert path.read_text() == THEIRS
    assert f"{path} is not removed" in capsys.readouterr().err
    path.unlink()
    with written(path, VARIABLES), path.open("a") as stream:
        stream.write("export MINE=1\n")
    assert path.read_text().endswith("MINE=1\n")
    path.unlink()
    with written(path, VARIABLES):
        path.unlink()
    assert list(tmp_path.iterdir()) == []


def test_of_two_at_once_one_gets_the_file(tmp_path: Path) -> None:
    """Also where one was left over."""
    path = tmp_path / "env"
    with written(path, VARIABLES):
        with pytest.raises(ConfigError, match="belongs to a server that runs"), written(path, {}):
            pass
        assert read_env_file(path) == VARIABLES
        found = look_at(path)
        assert found is not None
        assert (found.live, found.process) == (True, os.getpid())


@pytest.mark.parametrize("problem", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_where_there_are_no_hard_links(tmp_path: Path, problem: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_arguments: object, **_options: object) -> None:
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(os, "link", none)
    path = tmp_path / "env"
    with written(path, VARIABLES):
        assert dict(read_env_file(path)) == VARIABLES
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# by hand\n\nexport A='b c'\n")
    assert dict(read_env_file(path)) == {"A": "b c"}
    path.write_text("export A=1\nsecret-key\n")
    with pytest.raises(ValueError, match=r"env, line 2: expected export NAME=VALUE$"):
        read_env_file(path)
    assert not read_env_file(tmp_path / "none")
