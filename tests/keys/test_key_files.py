"""Key files: what is written, what is read, and what is refused."""

from __future__ import annotations

import json
import logging
import os
import pickle
import secrets
import stat
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import InvalidKeyError, PrivateKey
from colonyos_gen.keys import (
    DamagedKeyFileError,
    ExposedKeyFileError,
    KeyEntry,
    KeyFileError,
    PassphraseNeededError,
    WrongPassphraseError,
    list_keys,
    load_key,
    load_or_create_key,
    save_key,
)
from colonyos_gen.keys._sealed import seal

KEY = PrivateKey.parse("0d45fc8ad1f37c25e34bee4ec1a59b3ee3c2e7cd3c3f1f1b1ea8cbbc9bd9bd01")
CHEAP = {"n": 16, "r": 1, "p": 1}


def sealed_file(path: Path, passphrase: str = "secret", **changes: Any) -> Path:
    """A file that costs nothing to open, with fields exchanged: `scrypt_n=3` is the one inside `scrypt`."""
    content = json.loads(seal(KEY, passphrase, **CHEAP))
    for name, value in changes.items():
        outer, _, inner = name.partition("_")
        if inner:
            content[outer][inner] = value
        else:
            content[outer] = value
    write(path, json.dumps(content))
    return path


def write(path: Path, text: str | bytes) -> Path:
    path.touch(0o600)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("passphrase", [None, "correct horse", "pass phrase ✓ ", "caf\u00e9"])
def test_what_is_saved_is_loaded(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "deep" / "folder" / "me"
    save_key(str(path), KEY, passphrase=passphrase)
    assert load_key(str(path), passphrase=passphrase) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["me"]
    assert (KEY.hex() in path.read_text()) == (passphrase is None)
    assert list_keys(path.parent) == [KeyEntry(path, encrypted=passphrase is not None, identity=KEY.id)]


def test_a_passphrase_is_the_same_however_its_accents_are_typed(tmp_path: Path) -> None:
    assert load_key(sealed_file(tmp_path / "k", "caf\u00e9"), passphrase="cafe\u0301") == KEY


def test_the_same_key_and_passphrase_never_give_the_same_file() -> None:
    first, second = (json.loads(seal(KEY, "secret", **CHEAP)) for _ in range(2))
    for outer, inner in (
        ("scrypt", "salt"),
        ("aes256gcm", "nonce"),
        ("aes256gcm", "text"),
        ("aes256gcm", "tag"),
    ):
        assert first[outer][inner] != second[outer][inner]


def test_the_file_is_what_its_description_says_for_another_implementation(tmp_path: Path) -> None:
    import hashlib

    from Crypto.Cipher import AES

    save_key(tmp_path / "k", KEY, passphrase="secret")
    content = json.loads((tmp_path / "k").read_text())
    costs, box = content["scrypt"], content["aes256gcm"]
    assert (costs["n"], costs["r"], costs["p"]) == (65536, 8, 2)
    secret = hashlib.scrypt(
        b"secret", salt=bytes.fromhex(costs["salt"]), n=costs["n"], r=costs["r"], p=costs["p"],
        maxmem=2**28, dklen=32,
    )  # fmt: skip
    cipher = AES.new(secret, AES.MODE_GCM, nonce=bytes.fromhex(box["nonce"]))
    public = ["colonyos-key", 1, KEY.id, costs["n"], costs["r"], costs["p"], costs["salt"]]
    cipher.update(json.dumps(public, separators=(",", ":")).encode())
    text = cipher.decrypt_and_verify(bytes.fromhex(box["text"]), bytes.fromhex(box["tag"]))
    assert text.hex() == KEY.hex()


@pytest.mark.parametrize("text", [KEY.hex(), KEY.hex() + "\n", KEY.hex() + "\r\n", KEY.hex().upper()])
def test_plain_files_of_the_colonies_command_line_are_read(tmp_path: Path, text: str) -> None:
    assert load_key(write(tmp_path / KEY.id, text)) == KEY


@pytest.mark.parametrize("umask", [0o000, 0o277, 0o777])
def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        save_key(tmp_path / "k", KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert load_key(tmp_path / "k") == KEY


def test_nothing_is_overwritten_without_being_asked(tmp_path: Path) -> None:
    path = tmp_path / "k"
    save_key(path, KEY)
    other = PrivateKey.generate()
    with pytest.raises(FileExistsError, match="kept") as caught:
        save_key(path, other)
    assert caught.value.filename == str(path)
    assert load_key(path) == KEY
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        save_key(tmp_path / "dangling", other)
    save_key(path, other, overwrite=True)
    assert load_key(path) == other
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dangling", "k"]


def test_of_many_writers_one_wins_and_no_reader_sees_a_part(tmp_path: Path) -> None:
    path, start = tmp_path / "k", threading.Barrier(16)
    keys: list[PrivateKey] = []
    saved: list[PrivateKey] = []

    def create() -> None:
        start.wait()
        keys.append(load_or_create_key(path))

    def save() -> None:
        key = PrivateKey.generate()
        start.wait()
        try:
            save_key(path, key)
        except FileExistsError:
            return
        saved.append(key)

    threads = [threading.Thread(target=work) for work in [create] * 8 + [save] * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert saved in ([], [keys[0]])
    assert [file.name for file in tmp_path.iterdir()] == ["k"]


def test_load_or_create(tmp_path: Path) -> None:
    key = load_or_create_key(tmp_path / "plain")
    assert load_or_create_key(tmp_path / "plain") == key
    assert (tmp_path / "plain").read_text() == key.hex() + "\n"
    key = load_or_create_key(tmp_path / "sealed", passphrase="secret")
    assert load_or_create_key(tmp_path / "sealed", passphrase="secret") == key
    with pytest.raises(PassphraseNeededError):
        load_or_create_key(tmp_path / "sealed")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
@pytest.mark.parametrize("passphrase", [None, "secret"])
def test_files_that_others_can_get_at_are_refused(tmp_path: Path, mode: int, passphrase: str | None) -> None:
    path = write(tmp_path / "k", KEY.hex()) if passphrase is None else sealed_file(tmp_path / "k")
    path.chmod(mode)
    with pytest.raises(ExposedKeyFileError, match=f"mode {mode:o}.*chmod 600"):
        load_key(path, passphrase=passphrase)
    with pytest.raises(ExposedKeyFileError):
        load_or_create_key(path, passphrase=passphrase)
    assert "chmod 600" in list_keys(tmp_path)[0].problem
    path.chmod(0o400)
    assert load_key(path, passphrase=passphrase) == KEY


def test_a_wrong_passphrase(tmp_path: Path) -> None:
    path = sealed_file(tmp_path / "k")
    with pytest.raises(WrongPassphraseError, match="passphrase is wrong, or the file has been changed"):
        load_key(path, passphrase="Secret")
    with pytest.raises(PassphraseNeededError, match="encrypted"):
        load_key(path)
    for empty in ("", "\ud800"):
        with pytest.raises(ValueError, match="passphrase"):
            load_key(path, passphrase=empty)
        with pytest.raises(ValueError, match="passphrase"):
            save_key(tmp_path / "other", KEY, passphrase=empty)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"identity": "ab" * 32},
        {"scrypt_n": 32},
        {"scrypt_r": 2},
        {"scrypt_p": 2},
        {"scrypt_salt": "00" * 32},
        {"aes256gcm_nonce": "00" * 12},
        {"aes256gcm_text": "00" * 32},
        {"aes256gcm_tag": "00" * 16},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_field_can_be_exchanged(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(WrongPassphraseError):
        load_key(sealed_file(tmp_path / "k", **change), passphrase="secret")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": "gpg"}, "format"),
        ({"version": 2}, "version is 2"),
        ({"version": "1"}, "version"),
        ({"identity": "xy"}, "identity"),
        ({"identity": "AB" * 32}, "identity"),
        ({"scrypt": 5}, "scrypt"),
        ({"scrypt_n": 3}, "scrypt.n must be a power of 2"),
        ({"scrypt_n": 0}, "scrypt.n"),
        ({"scrypt_n": -16}, "scrypt.n"),
        ({"scrypt_n": 2**40}, "256 MiB"),
        ({"scrypt_n": 2**62, "scrypt_r": 2**62}, "256 MiB"),
        ({"scrypt_n": 2**200}, "scrypt.n"),
        ({"scrypt_r": 2**30}, "256 MiB"),
        ({"scrypt_p": 2**30}, "256 MiB"),
        ({"scrypt_n": 2**18, "scrypt_r": 8, "scrypt_p": 9}, "more work"),
        ({"scrypt_salt": "00"}, "scrypt.salt"),
        ({"scrypt_salt": "00" * 65}, "scrypt.salt"),
        ({"scrypt_extra": 1}, "extra"),
        ({"aes256gcm_text": "00" * 31}, "aes256gcm.text must be 64"),
        ({"aes256gcm_text": "zz" * 32}, "aes256gcm.text"),
        ({"aes256gcm_tag": None}, "aes256gcm.tag"),
        ({"surplus": True}, "surplus"),
    ],
    ids=str,
)
def test_structural_damage_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    path = sealed_file(tmp_path / "k", **change)
    with pytest.raises(DamagedKeyFileError) as caught:
        load_key(path, passphrase="secret")
    assert named in str(caught.value)
    assert str(path) in str(caught.value)
    assert list_keys(tmp_path)[0].problem == caught.value.problem


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"{", "damaged"),
        (b"{}", "format"),
        (b"[]", "neither"),
        (b"\xff\xfe\x00", "neither"),
        (b'{"format": "\xff"}', "damaged"),
        (b"hello", "neither"),
        (b"0" * 64, "zero"),
        (b"x" * 20000, "longer"),
        (seal(KEY, "secret", **CHEAP)[:-200], "damaged"),
    ],
    ids=range(11),
)
def test_what_is_no_key_file(tmp_path: Path, content: bytes, named: str) -> None:
    path = write(tmp_path / "k", content)
    with pytest.raises(DamagedKeyFileError, match=named):
        load_key(path)
    with pytest.raises(DamagedKeyFileError):
        load_or_create_key(path)
    assert path.read_bytes() == content


def test_a_key_that_is_not_that_of_the_identity(tmp_path: Path) -> None:
    class Impostor:
        id = PrivateKey.generate().id
        hex = KEY.hex

    write(tmp_path / "k", seal(Impostor(), "secret", **CHEAP))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(DamagedKeyFileError, match="not that of its identity"):
        load_key(tmp_path / "k", passphrase="secret")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(DamagedKeyFileError, match="not an ordinary file"):
        load_key(tmp_path / "pipe")
    with pytest.raises(DamagedKeyFileError, match="not an ordinary file"):
        load_key(tmp_path)


def test_errors_are_of_the_family_and_hold_no_key(tmp_path: Path) -> None:
    broken, passphrase = KEY.hex()[:-1] + "x", secrets.token_hex()
    path = write(tmp_path / "k", broken)
    with pytest.raises(InvalidKeyError) as caught:
        load_key(path, passphrase=passphrase)
    error = caught.value
    assert isinstance(error, KeyFileError)
    shown = "".join(traceback.format_exception(error)) + repr(error)
    assert broken not in shown
    assert passphrase not in shown
    assert error.__context__ is None
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.path) == (type(error), str(error), path)


def test_a_passphrase_for_a_plain_file_gets_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "k", KEY.hex())
    with caplog.at_level(logging.WARNING, "colonyos_gen"):
        assert load_key(path, passphrase="secret") == KEY
    assert "not encrypted" in caplog.text
    assert "secret" not in caplog.text


def test_a_folder_of_keys(tmp_path: Path) -> None:
    assert list_keys(tmp_path / "none") == []
    sealed_file(tmp_path / "b")
    write(tmp_path / "a", KEY.hex())
    write(tmp_path / ".hidden", KEY.hex())
    write(tmp_path / "README", "hello")
    (tmp_path / "folder").mkdir()
    (tmp_path / "z").symlink_to(tmp_path / "nowhere")
    entries = list_keys(tmp_path)
    assert [(entry.name, entry.encrypted, entry.identity == KEY.id, bool(entry.problem)) for entry in entries] == [
        ("README", False, False, True),
        ("a", False, True, False),
        ("b", True, True, False),
        ("z", False, False, True),
    ]  # fmt: skip


def test_plain_keys_need_no_pycryptodome(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['Crypto'] = None\n"
        "from colonyos_gen.keys import load_or_create_key, save_key\n"
        f"key = load_or_create_key({str(tmp_path / 'k')!r})\n"
        f"save_key({str(tmp_path / 's')!r}, key, passphrase='secret')\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'colonyos-gen[keys]'" in shown.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["k"]
