"""`colonyos-gen keys`, in processes of their own."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from colonyos_gen import PrivateKey
from colonyos_gen.keys import load_key, save_key

KEY = PrivateKey.parse("0d45fc8ad1f37c25e34bee4ec1a59b3ee3c2e7cd3c3f1f1b1ea8cbbc9bd9bd01")
COMMAND = [sys.executable, "-m", "colonyos_gen.cli", "keys"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def run(
    folder: Path, *arguments: str, given: str | bytes = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """One call without a terminal, with `given` on standard input."""
    shown = subprocess.run(
        [*COMMAND, *arguments], input=given if isinstance(given, bytes) else given.encode(), capture_output=True,
        env=environment(folder, variables), start_new_session=True, timeout=300, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(
        shown.args, shown.returncode, shown.stdout.decode(), shown.stderr.decode()
    )


def environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    return kept | {"COLONIES_KEYS": str(folder)} | variables


def type_at(folder: Path, arguments: Sequence[str], answers: Sequence[str]) -> tuple[int, str]:
    """One call at a terminal, at which the answers are typed, each after a prompt; the exit code and the screen."""
    child, screen = pty.fork()
    if child == 0:
        os.execve(sys.executable, [*COMMAND, *arguments], environment(folder, {}))
    seen, left = b"", list(answers)
    while True:
        try:
            part = os.read(screen, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
        if left and seen.endswith(b": "):
            os.write(screen, left.pop(0).encode() + b"\n")
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()


def test_from_new_to_export(folder: Path, tmp_path: Path) -> None:
    made = run(folder, "new", "me", COLONIES_KEY_PASSPHRASE="open sesame")
    assert made.returncode == 0, made.stderr
    identity = made.stdout.strip()
    assert len(identity) == 64
    assert str(folder / "me") in made.stderr
    assert load_key(folder / "me", passphrase="open sesame").id == identity
    assert run(folder, "id", "me").stdout.strip() == identity
    assert run(folder, "id", str(folder / "me"), COLONIES_KEYS="/nowhere").stdout.strip() == identity
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text("open sesame\n")
    shown = run(folder, "export", "me", "--show", "--passphrase-file", str(secret))
    assert PrivateKey.parse(shown.stdout.strip()).id == identity
    assert "whoever sees it can act as " + identity in shown.stderr
    out = tmp_path / "me.hex"
    shown = run(folder, "export", "me", "--out", str(out), "--passphrase-file", str(secret))
    assert (shown.returncode, shown.stdout) == (0, "")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert load_key(out).id == identity
    again = run(folder, "export", "me", "--out", str(out), "--passphrase-file", str(secret))
    assert (again.returncode, again.stdout) == (1, "")
    assert f"{out}: there is such a file already" in again.stderr


def test_the_passphrase_is_asked_for_and_not_shown(folder: Path) -> None:
    code, screen = type_at(folder, ["new", "me"], ["open sesame", "open sesame"])
    assert code == 0, screen
    assert "Passphrase for me, once more: " in screen
    assert "sesame" not in screen
    key = load_key(folder / "me", passphrase="open sesame")
    assert key.id in screen
    code, screen = type_at(folder, ["export", "me", "--show"], ["open sesame"])
    assert code == 0
    assert key.hex() in screen
    code, screen = type_at(folder, ["export", "me", "--show"], ["open simsim"])
    assert code == 1
    assert "passphrase is wrong" in screen
    assert "simsim" not in screen


def test_two_passphrases_that_differ_make_no_key(folder: Path) -> None:
    code, screen = type_at(folder, ["new", "me"], ["open sesame", "open simsim"])
    assert code == 1
    assert "not the same" in screen
    assert not folder.exists()
    code, screen = type_at(folder, ["new", "me"], [""] * 2)
    assert code == 1
    assert "nothing was entered" in screen
    assert not folder.exists()


def test_a_key_can_be_typed_in(folder: Path) -> None:
    code, screen = type_at(folder, ["import", "me", "--plain"], [KEY.hex()])
    assert code == 0, screen
    assert KEY.hex() not in screen
    assert load_key(folder / "me") == KEY


def test_without_a_terminal_nothing_is_asked(folder: Path) -> None:
    shown = run(folder, "new", "me", given="open sesame\nopen sesame\n")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "no terminal to ask at: use --passphrase-file or COLONIES_KEY_PASSPHRASE" in shown.stderr
    assert not folder.exists()


def test_import(folder: Path, tmp_path: Path) -> None:
    shown = run(folder, "import", "me", "--plain", given=KEY.hex() + "\n")
    assert (shown.returncode, shown.stdout) == (0, KEY.id + "\n")
    assert load_key(folder / "me") == KEY
    source = tmp_path / "source"
    source.write_text(KEY.hex())
    source.chmod(0o644)
    shown = run(folder, "import", "sealed", "--from", str(source), COLONIES_KEY_PASSPHRASE="x")
    assert shown.returncode == 0
    assert "everybody on this machine can get at it" in shown.stderr
    assert load_key(folder / "sealed", passphrase="x") == KEY
    sealed = (folder / "sealed").read_text()
    assert "encrypted key file already" in run(folder, "import", "third", given=sealed).stderr


@pytest.mark.parametrize(
    "given", [KEY.hex()[:-1] + "x", KEY.hex() * 2, "0x" + KEY.hex(), b"\xff" * 64, "z" * 9000]
)
def test_import_of_something_else_shows_none_of_it(folder: Path, given: str | bytes) -> None:
    shown = run(folder, "import", "me", "--plain", given=given)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "private key" in shown.stderr
    assert str(given)[:40] not in shown.stderr
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["new", "me"], ["import", "me"]])
def test_keys_are_not_overwritten_without_being_asked(folder: Path, arguments: list[str]) -> None:
    save_key(folder / "me", KEY)
    other = PrivateKey.generate()
    shown = run(folder, *arguments, "--plain", given=other.hex())
    assert shown.returncode == 1
    assert "--overwrite to lose that key" in shown.stderr
    assert load_key(folder / "me") == KEY
    shown = run(folder, *arguments, "--plain", "--overwrite", given=other.hex())
    assert shown.returncode == 0
    assert load_key(folder / "me").id == shown.stdout.strip() != KEY.id


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "me", KEY.hex()],
        ["import", KEY.hex(), "--plain"],
        ["new", KEY.hex(), "--plain"],
        ["new", "me", "--passphrase", KEY.hex()],
        ["new", "me", "--passphrase=" + KEY.hex()],
        ["export", "me", "--show", "--passphrase", KEY.hex()],
    ],
)
def test_secrets_on_the_command_line_are_refused_and_not_repeated(folder: Path, arguments: list[str]) -> None:
    shown = run(folder, *arguments, given=KEY.hex())
    assert shown.returncode in (1, 2)
    assert "command line" in shown.stderr
    assert KEY.hex() not in shown.stdout + shown.stderr
    assert not folder.exists()


def test_a_file_named_after_its_identity(folder: Path) -> None:
    assert run(folder, "import", KEY.id, "--plain", given=KEY.hex()).returncode == 0
    assert run(folder, "id", KEY.id).stdout.strip() == KEY.id


@pytest.mark.parametrize("name", [".hidden", "", "a b", "ä", "a" * 129, "-"])
def test_names_are_checked(folder: Path, name: str) -> None:
    shown = run(folder, "new", "--plain", "--", name)
    assert shown.returncode == 1
    assert "cannot be the name of a key" in shown.stderr
    assert not folder.exists()


def test_list(folder: Path, tmp_path: Path) -> None:
    shown = run(folder, "list")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert f"No keys in {folder}" in shown.stderr
    save_key(folder / "a", KEY)
    save_key(folder / "longer-name", KEY, passphrase="x")
    save_key(folder / "open", KEY)
    (folder / "open").chmod(0o644)
    rows = [line.split(maxsplit=2) for line in run(folder, "list").stdout.splitlines()]
    assert rows[:3] == [
        ["NAME", "KEPT", "IDENTITY"],
        ["a", "plain", KEY.id],
        ["longer-name", "encrypted", KEY.id],
    ]
    assert rows[3][:2] == ["open", "unusable"]
    assert "chmod 600" in rows[3][2]
    assert run(tmp_path, "list", "--folder", str(folder)).stdout.count(KEY.id) == 2


def test_folders(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path / "home"), "COLONIES_KEYS": "", "XDG_CONFIG_HOME": ""}
    assert run(tmp_path, "new", "a", "--plain", **home).returncode == 0
    assert (tmp_path / "home/.config/colonyos/keys/a").exists()
    assert (
        run(tmp_path, "new", "b", "--plain", **home | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}).returncode
        == 0
    )
    assert (tmp_path / "xdg/colonyos/keys/b").exists()
    assert run(tmp_path, "new", "c", "--plain", **home | {"XDG_CONFIG_HOME": "relative"}).returncode == 0
    assert (tmp_path / "home/.config/colonyos/keys/c").exists()
    assert run(tmp_path, "new", "d", "--plain", **home | {"COLONIES_KEYS": "~/mine"}).returncode == 0
    assert (tmp_path / "home/mine/d").exists()
    shown = run(tmp_path, "list", **home | {"COLONIES_KEYS": "relative"})
    assert shown.returncode == 1
    assert "COLONIES_KEYS is 'relative'" in shown.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "on a line of its own"), ("a\nb\n", "on a line"), (b"\xff", "UTF-8"), ("x" * 5000, "longer")],
)
def test_files_that_hold_no_passphrase(folder: Path, tmp_path: Path, content: str | bytes, said: str) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    shown = run(folder, "new", "me", "--passphrase-file", str(file))
    assert shown.returncode == 1
    assert said in shown.stderr
    assert not folder.exists()


def test_a_passphrase_file_for_everybody_gets_a_warning(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(" two words \r\n")
    file.chmod(0o644)
    shown = run(folder, "new", "me", "--passphrase-file", str(file))
    assert shown.returncode == 0
    assert "everybody on this machine can get at it" in shown.stderr
    assert load_key(folder / "me", passphrase=" two words ").id == shown.stdout.strip()


def test_a_missing_key_is_named(folder: Path) -> None:
    for arguments in (["id", "me"], ["export", "me", "--show"]):
        shown = run(folder, *arguments)
        assert shown.returncode == 1
        assert f"{folder / 'me'}: No such file" in shown.stderr


def test_export_is_only_done_on_request(folder: Path) -> None:
    save_key(folder / "me", KEY)
    shown = run(folder, "export", "me")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "--show --out" in shown.stderr
