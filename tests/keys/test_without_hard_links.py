"""Key files on file systems and in containers that have no hard links."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from colonyos_gen import PrivateKey
from colonyos_gen.keys import DamagedKeyFileError, load_key, load_or_create_key, save_key


@pytest.fixture(params=["EPERM", "ENOTSUP", "ENOSYS", "EMLINK", "missing"], autouse=True)
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As FAT, some network file systems and Android say it."""

    def refuse(*_arguments: object, **_options: object) -> None:
        number = getattr(errno, request.param)
        raise OSError(number, os.strerror(number))

    if request.param == "missing":
        monkeypatch.delattr(os, "link")
    else:
        monkeypatch.setattr(os, "link", refuse)


def test_keys_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "me"
    key = load_or_create_key(path)
    assert load_or_create_key(path) == load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["me"]


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "me"
    path.write_text("diary")
    with pytest.raises(FileExistsError) as caught:
        save_key(path, PrivateKey.generate())
    assert caught.value.filename == str(path)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["diary"]


def test_of_many_all_get_the_same_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_or_create_key(tmp_path / "me").id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {load_key(tmp_path / "me").id}


def test_a_file_that_stays_empty_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As whoever dies in between leaves it."""
    monkeypatch.setattr("colonyos_gen.keys._key_file.BEING_MADE_S", 0.05)
    (tmp_path / "me").touch(0o600)
    with pytest.raises(DamagedKeyFileError, match="it is empty; remove it"):
        load_or_create_key(tmp_path / "me")
