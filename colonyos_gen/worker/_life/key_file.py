"""The key that a worker is known by, and the name that goes with it.

A key file is shared by lives of one worker, such as the old and the new one of an update: each has a lock on it that others
can have too. A worker that is given no name takes one whose file nobody has.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from colonyos_gen._call.network.forks import without_forks
from colonyos_gen.config import ConfigError
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.keys import key_folder, load_or_create_key, passphrase_from_env

_MOST_WORKERS = 1000
_PATIENCE_S = 1.0
"""Seconds for which a lock is waited for that others have for a moment."""

_logger = logging.getLogger("colonyos_gen.worker")


class KeyInUseError(ConfigError):
    """Another worker on this machine has the key file for itself."""


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key and a name, and where lives of workers with this key leave word for each other."""

    name: str
    key: PrivateKey
    lock: IO[bytes] | None = None
    """What shows other workers on this machine that somebody has the key."""
    lives: Path | None = None
    """Folder for what they leave; None where there is none."""

    def release(self) -> None:
        """Have it no more."""
        if self.lock is not None:
            self.lock.close()


def from_file(path: Path, name: str, passphrase: str | None, *, alone: bool = False) -> OwnKey:
    """The key in a file, which is made with a new one if there is none, and encrypted if there is a passphrase.

    Args:
        alone: Whether nobody else may have it at this moment.

    Raises:
        KeyInUseError: Another worker has it, though it should be alone, or has it for itself.
        InvalidKeyError: The file is damaged, others can read it, or the passphrase does not open it.
        OSError: It can be neither read nor written.
    """
    lock = _lock(path, alone=alone)
    try:
        return OwnKey(name, load_or_create_key(path, passphrase=passphrase), lock, _lives_beside(path))
    except BaseException:
        if lock is not None:
            lock.close()
        raise
    finally:
        passphrase = None  # which those who print the variables of a traceback would show


def from_folder(environ: Mapping[str, str], colonyname: str, name: str | None, executortype: str) -> OwnKey:
    """The key that is kept for a worker of this name; without a name, the first that no other worker of this type has.

    Raises:
        ConfigError: The folder cannot be used.
        KeyInUseError, InvalidKeyError: As `from_file`.
    """
    keys = key_folder(environ)
    try:
        return _from_folder(_workers(keys, colonyname), name, executortype, passphrase_from_env(environ))
    except OSError as error:
        raise ConfigError(
            f"the worker cannot keep its key in {keys} ({error.strerror or error}); "
            "set COLONIES_KEYS to a folder that it can write to"
        ) from error


def given(environ: Mapping[str, str], colonyname: str, name: str, key: PrivateKey) -> OwnKey:
    """A key that was given, and not by a file. Others may have been given it as well."""
    try:
        lives = _lives_beside(_workers(key_folder(environ), colonyname) / key.id)
    except ConfigError as error:
        _logger.debug("no folder for %s: %s", name, error)
        lives = None
    return OwnKey(name, key, None, lives)


def _workers(keys: Path, colonyname: str) -> Path:
    return keys / "workers" / _as_file(colonyname)


def _lives_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.lives")


def _from_folder(folder: Path, name: str | None, executortype: str, passphrase: str | None) -> OwnKey:
    try:
        if name is not None:
            return from_file(folder / _as_file(name), name, passphrase)
        for number in itertools.count(1):
            each = default_name(executortype, number)
            try:
                return from_file(folder / _as_file(each), each, passphrase, alone=True)
            except KeyInUseError:
                if number == _MOST_WORKERS:
                    raise
        raise AssertionError("counting does not end")
    finally:
        passphrase = None


def default_name(executortype: str, number: int = 1) -> str:
    """The name of the worker of this type on this machine: the same after a restart, and another one elsewhere."""
    name = f"{executortype}-{socket.gethostname()}".replace(":", "-")
    return name if number == 1 else f"{name}-{number}"


def _as_file(name: str) -> str:
    quoted = quote(name, safe=" ")
    return quoted.replace(".", "%2E") if quoted.strip(".") == "" else quoted


def _lock(path: Path, *, alone: bool) -> IO[bytes] | None:
    """A lock that others may have too, until it is let go or this process ends in whatever way; None where there are none.

    Raises KeyInUseError if somebody has it and this one is to be alone, or does not share it.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        return None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:  # a folder that cannot be written to, such as a mounted secret
        _logger.debug("no lock beside %s: %s", path, error)
        return None
    lock = os.fdopen(handle, "wb")
    without_forks.add(lock)
    try:
        if alone:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        limit = time.monotonic() + (0 if alone else _PATIENCE_S)
        while True:  # others have it for themselves for a moment, to see whether they are alone
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= limit:
                    raise
                time.sleep(0.01)
            else:
                return lock
    except BlockingIOError:
        lock.close()
        raise KeyInUseError(
            f"{path} is in use by a worker on this machine that does not share it, such as one of an earlier release; end "
            "that one first, or give this one another name, or another keyfile"
        ) from None
    except OSError as error:  # file systems without locks
        _logger.debug("no lock beside %s: %s", path, error)
        lock.close()
        return None
