"""Who prints the variables of a traceback, as pytest and error trackers do, shows no keys: no frame of ours holds one."""

from __future__ import annotations

import asyncio
import errno
import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client, Config, PrivateKey, Worker, connect
from colonyos_gen.cli.env_file import read_env_file, written
from colonyos_gen.keys import load_key, load_or_create_key, save_key
from colonyos_gen.server import Server

OURS = str(Path(__file__).parents[2] / "colonyos_gen")
KEYS = [PrivateKey.generate().hex() for _ in range(3)]
WRONG = KEYS[2][:-1] + "x"
ROLES = ("server_key", "colony_key", "member_key")
NO_NUMBER: Any = "long"
PASSPHRASE = "correct horse battery"
ENVIRONMENT = dict(
    zip(("COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_PRVKEY"), KEYS, strict=True)
) | {"COLONIES_KEY_PASSPHRASE": PASSPHRASE}


def given(*keys: str) -> dict[str, Any]:
    """Keys for the roles of a client."""
    return dict(zip(ROLES, keys, strict=True))


def wrong_for(role: str) -> dict[str, Any]:
    """Keys of which one is wrong."""
    return given(*KEYS) | {role: WRONG}


def serve(**options: Any) -> None:
    asyncio.run(Worker("w", **options).serve())


def kept(folder: Path) -> dict[str, str]:
    """Where keys are kept, and where there is no room for them."""
    return ENVIRONMENT | {"COLONIES_KEYS": str(folder), "COLONIES_COLONY_NAME": "dev"}


def made_with_wrong(kind: Callable[..., object], role: str) -> Callable[[Path], object]:
    return lambda _: kind(**wrong_for(role))


CASES: dict[str, Callable[[Path], object]] = {
    **{
        f"{kind.__name__} with a wrong {role}": made_with_wrong(kind, role)
        for kind in (Client, AsyncClient)
        for role in ROLES
    },
    "client without an address": lambda _: Client("nowhere", **given(*KEYS)),
    "client with a wrong number": lambda _: AsyncClient(**given(*KEYS), timeout=NO_NUMBER),
    "client of an environment": lambda _: Client.from_env(ENVIRONMENT, timeout="long", **given(*KEYS)),
    "client of a wrong environment": lambda _: AsyncClient.from_env(ENVIRONMENT | {"COLONIES_TLS": "?"}),
    "session with a wrong key": lambda _: connect(keys={"member": KEYS[0], "colony": WRONG}),
    "session with a wrong role": lambda _: connect(keys={"member": KEYS[0], "admin": KEYS[1]}),
    "session without an address": lambda _: connect(
        url="nowhere", keys={"member": KEYS[0], "colony": KEYS[1]}
    ),
    "session of a wrong environment": lambda _: connect(environ=ENVIRONMENT | {"COLONIES_SERVER_PORT": "?"}),
    "worker with a wrong number": lambda _: Worker(
        "w", prvkey=KEYS[0], colony_key=KEYS[1], concurrency=0, environ=ENVIRONMENT
    ),
    "worker with a wrong key": lambda _: Worker("w", prvkey=WRONG, colony_key=KEYS[1]),
    "worker of a wrong environment": lambda _: serve(environ=ENVIRONMENT | {"COLONIES_INSECURE": "?"}),
    "worker without a colony": lambda _: serve(environ=ENVIRONMENT),
    "worker with a key file": lambda folder: serve(
        environ=kept(folder), keyfile=save_plain(folder / "w", WRONG)
    ),
    "worker without room": lambda _: serve(
        environ={**kept(Path("/proc/none")), "COLONIES_PRVKEY": ""}, colony_key=KEYS[1]
    ),
    "server": lambda _: Server(server_key=KEYS[0], server_id="?"),
    "server with a wrong key": lambda _: Server(server_key=WRONG),
    "settings": lambda _: Config.from_env(ENVIRONMENT | {"COLONIES_SERVER_HOST": "a b"}),
    "settings with a wrong key": lambda _: Config.from_env(ENVIRONMENT | {"COLONIES_PRVKEY": WRONG}),
    "settings with quotes": lambda _: Config.from_env(ENVIRONMENT | {"COLONIES_PRVKEY": f"'{KEYS[0]}'"}),
    "too large a key": lambda _: PrivateKey.parse("f" * 64),
    "wrong key": lambda _: PrivateKey.parse(WRONG),
    "key file": lambda folder: load_key(save_plain(folder / "k", WRONG)),
    "key file with a passphrase": lambda folder: load_or_create_key(
        save_plain(folder / "k", WRONG), passphrase=PASSPHRASE
    ),
    "key that is there": lambda folder: save_key(save_plain(folder / "k", KEYS[1]), KEYS[0]),
    "key that cannot be written": lambda _: save_key(Path("/proc/none/k"), KEYS[0]),
    "key that is made and cannot be written": lambda _: load_or_create_key(
        "/proc/none", passphrase=PASSPHRASE
    ),
    "variables": lambda folder: read_env_file(
        save_plain(folder / "e", "\n".join(f"export {n}='{v}'" for n, v in ENVIRONMENT.items()) + "\nx")
    ),
    "variables that cannot be written": lambda folder: written(
        Path(save_plain(folder / "e", "x")), ENVIRONMENT
    ).__enter__(),
}


def save_plain(path: Path, text: str) -> Path:
    """A file with this text."""
    path.write_text(text)
    path.chmod(0o600)
    return path


def found_in(variables: Mapping[str, object]) -> list[str]:
    """Which variables show a key."""
    found: list[str] = []
    for name, value in variables.items():
        try:
            text = repr(value).lower()
        except AttributeError:  # what is not made yet
            text = object.__repr__(value)
        found += [name for each in (*KEYS, WRONG, "f" * 64, PASSPHRASE) if each in text]
    return found


@pytest.mark.parametrize("name", CASES)
def test_no_frame_of_ours_has_a_key(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_FULL_TRACEBACKS", "1")
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        CASES[name](tmp_path)
    shown = 0
    error: BaseException | None = caught.value
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                shown += 1
                told = found_in(frame.f_locals)
                assert not told, (frame.f_code, told)
        error = error.__cause__ or error.__context__
    assert shown


def test_a_full_disk_shows_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space") as caught:
        save_key(tmp_path / "k", KEYS[0])
    with pytest.raises(OSError, match="no space") as other, written(tmp_path / "e", ENVIRONMENT):
        pass
    for error in (caught.value, other.value):
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                assert not found_in(frame.f_locals)
    assert list(tmp_path.iterdir()) == []
