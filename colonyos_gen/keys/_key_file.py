"""Keys in files: encrypted with a passphrase, or as plain text that only their owner may read."""

from __future__ import annotations

import contextlib
import logging
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from colonyos_gen.crypto import InvalidKeyError, PrivateKey
from colonyos_gen.keys import _sealed as sealed
from colonyos_gen.keys._errors import (
    DamagedKeyFileError,
    KeyFileError,
    PassphraseNeededError,
    WrongPassphraseError,
)
from colonyos_gen.keys._private_file import read_private, write_private

BEING_MADE_S = 2.0
"""Seconds for which an empty file may be one that somebody is about to write."""

_logger = logging.getLogger("colonyos_gen")


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A file in a folder of keys."""

    path: Path
    encrypted: bool = False
    """Whether a passphrase is needed to use it."""
    identity: str = ""
    """Identity of the key, as the file says: nobody vouches for it before the key is used. Empty with a `problem`."""
    problem: str = ""
    """Why it cannot be used; empty if it can."""

    @property
    def name(self) -> str:
        """Name of the key, which is that of its file."""
        return self.path.name


def save_key(
    path: str | Path, key: str | PrivateKey, *, passphrase: str | None = None, overwrite: bool = False
) -> None:
    """Write `key` to `path`: encrypted with `passphrase`, or without one as its 64 hexadecimal characters.

    The file is complete from the moment in which it exists, and readable by its owner only (mode 600, whatever the umask).
    Missing folders are made. Encryption takes about half a second and 64 MiB.

    Raises:
        InvalidKeyError: `key` is no private key.
        FileExistsError: There is such a file, and `overwrite` is false. It stays as it is.
        ValueError: The passphrase is empty, or no text.
        ImportError: A passphrase is given, and pycryptodome is not installed.
        OSError: The file cannot be written.
    """
    try:
        key = PrivateKey.parse(key)
        content = f"{key.hex()}\n".encode() if passphrase is None else sealed.seal(key, passphrase)
        write_private(Path(path), content, overwrite=overwrite)
    finally:
        key, content, passphrase = (
            "",
            b"",
            None,
        )  # which those who print the variables of a traceback would show


def load_key(path: str | Path, *, passphrase: str | None = None) -> PrivateKey:
    """Read the key in `path`: one of `save_key`, or plain hexadecimal characters as the `colonies` command line keeps them.

    For a file that is not encrypted, `passphrase` is not used, and the logger `colonyos_gen` gets a warning.

    Raises:
        FileNotFoundError: There is no such file.
        ExposedKeyFileError: Others than its owner can read it.
        DamagedKeyFileError: It is no key file, or not any more.
        PassphraseNeededError: It is encrypted, and there is no `passphrase`.
        WrongPassphraseError: `passphrase` does not open it, or the encrypted part has been changed.
        ValueError: The passphrase is empty, or no text.
        ImportError: It is encrypted, and pycryptodome is not installed.
        OSError: It cannot be read.
    """
    path = Path(path)
    try:
        content = read_private(path)
        if not _is_sealed(content):
            if passphrase is not None:
                _logger.warning("%s is not encrypted; the passphrase for it is not used", path)
            return _plain_key(path, content)
        parsed = _parse(path, content)
        if passphrase is None:
            raise PassphraseNeededError(path, "it is encrypted; give its passphrase")
        return sealed.unseal(parsed, passphrase)
    except sealed.RefusedError:
        raise WrongPassphraseError(
            path, "the passphrase is wrong, or the file has been changed; the two cannot be told apart"
        ) from None
    except sealed.MalformedError as error:
        raise DamagedKeyFileError(path, f"it is damaged: {error}") from None
    finally:
        content, passphrase = b"", None  # as above


def load_or_create_key(path: str | Path, *, passphrase: str | None = None) -> PrivateKey:
    """The key in `path`, which is made if there is no such file.

    Of several programs that start at once, all get the same key. Raises what `load_key` and `save_key` do.
    """
    path = Path(path)
    try:
        with contextlib.suppress(FileNotFoundError):
            return _load_when_written(path, passphrase)
        key = PrivateKey.generate()
        try:
            save_key(path, key, passphrase=passphrase)
        except FileExistsError:
            return _load_when_written(path, passphrase)  # somebody else was faster
        return key
    finally:
        passphrase = None


def _load_when_written(path: Path, passphrase: str | None) -> PrivateKey:
    """The key in `path`, which is empty for a moment if it is made just now on a file system without hard links."""
    until = time.monotonic() + BEING_MADE_S
    while _is_empty(path) and time.monotonic() < until:
        time.sleep(0.01)
    try:
        return load_key(path, passphrase=passphrase)
    finally:
        passphrase = None


def _is_empty(path: Path) -> bool:
    status = path.stat()
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def list_keys(folder: str | Path) -> list[KeyEntry]:
    """The files in `folder`, by name, with the identities of their keys; no passphrase is needed.

    Files that cannot be used are in the list too, with the reason. Hidden files and folders are not. A folder that does not
    exist holds no keys.

    Raises:
        OSError: The folder cannot be read.
    """
    try:
        paths = sorted(Path(folder).iterdir())
    except FileNotFoundError:
        return []
    return [_entry(path) for path in paths if not path.name.startswith(".") and not path.is_dir()]


def read_identity(path: str | Path) -> str:
    """The identity of the key in `path`, as the file says; no passphrase is needed. Raises what `load_key` does."""
    path = Path(path)
    content = read_private(path)
    try:
        return _parse(path, content).identity if _is_sealed(content) else _plain_key(path, content).id
    finally:
        content = b""


def _entry(path: Path) -> KeyEntry:
    try:
        content = read_private(path)
        if _is_sealed(content):
            return KeyEntry(path, encrypted=True, identity=_parse(path, content).identity)
        return KeyEntry(path, identity=_plain_key(path, content).id)
    except KeyFileError as error:
        return KeyEntry(path, problem=error.problem)
    except OSError as error:
        return KeyEntry(path, problem=error.strerror or "it cannot be read")


def _is_sealed(content: bytes) -> bool:
    return content.lstrip()[:1] == b"{"


def _parse(path: Path, content: bytes) -> sealed.Sealed:
    try:
        return sealed.parse(content)
    except sealed.MalformedError as error:
        problem = str(error)
    raise DamagedKeyFileError(path, f"it is damaged: {problem}")


def _plain_key(path: Path, content: bytes) -> PrivateKey:
    text = content.decode("ascii", "replace").strip()
    content = b""
    if not text:
        raise DamagedKeyFileError(path, "it is empty; remove it, and a new key can take its place")
    try:
        return PrivateKey.parse(text)
    except InvalidKeyError as error:
        problem = str(error)
    text = ""
    # Raised out of the handler, so that the new error does not hold on to frames with the key in them.
    raise DamagedKeyFileError(path, f"it is neither an encrypted key nor a plain one: {problem}")
