"""Files that only their owner may read: written in one piece, and not read where others can."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from colonyos_gen.keys._errors import DamagedKeyFileError, ExposedKeyFileError

MAX_SIZE = 16384
"""Bytes that a key file may have. Ours have a few hundred."""
_NO_LINKS = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        errno.ENOSYS,
        errno.EOPNOTSUPP,
        errno.ENOTSUP,
        errno.EMLINK,
        errno.EXDEV,
        errno.EINVAL,
    }
)


def write_private(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write `path` so that nobody ever sees a part of it, and so that it is on the disk when this returns.

    It has mode 600 from its first moment on, whatever the umask. A folder that is missing is made, with mode 700.

    Raises:
        FileExistsError: There is such a file, and `overwrite` is false. Of several writers at once exactly one wins.
        OSError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as stream:
            if os.name != "nt":
                os.fchmod(handle, 0o600)
            stream.write(content)
            stream.flush()
            os.fsync(handle)
        if overwrite:
            draft.replace(path)
        else:
            place(draft, path)
    finally:
        del content  # which those who print the variables of a traceback would show
        with contextlib.suppress(OSError):  # of which the folder may be the reason
            draft.unlink()
    _sync_folder(path.parent)


def read_private(path: Path) -> bytes:
    """The contents of `path`, if nobody but its owner can read it. Not checked on Windows.

    The group of the owner may read a file that belongs to somebody else, such as a secret mounted into a container.

    Raises:
        ExposedKeyFileError: Others can read it.
        DamagedKeyFileError: It is no ordinary file, or far too long.
        OSError: It cannot be read.
    """
    # Not to wait for the writer of a pipe.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)  # of the file that is open, which nobody can exchange any more
        if not stat.S_ISREG(status.st_mode):
            raise DamagedKeyFileError(path, "it is not an ordinary file")
        if exposed := exposure(status):
            raise ExposedKeyFileError(
                path,
                f"{exposed} (mode {stat.S_IMODE(status.st_mode):03o}); if nobody has used it yet, chmod 600 it",
            )
        content = os.read(handle, MAX_SIZE + 1)
    finally:
        os.close(handle)
    if len(content) > MAX_SIZE:
        raise DamagedKeyFileError(path, f"it is longer than the {MAX_SIZE} bytes that a key file may have")
    return content


def exposure(status: os.stat_result) -> str:
    """Who can get at the file besides its owner, in words; empty if nobody can."""
    if os.name == "nt":
        return ""
    if status.st_mode & stat.S_IRWXO:
        return "everybody on this machine can get at it"
    if status.st_mode & stat.S_IRWXG and status.st_uid == os.geteuid():
        return "its group can get at it"
    return ""


def place(draft: Path, path: Path) -> None:
    """Let `draft`, which is complete, be `path` from now on, if there is nothing so far. Of several exactly one wins.

    The draft may be there afterwards. Where the file system has no hard links, `path` is empty for a moment.

    Raises:
        FileExistsError: There is something at `path`, and it is kept.
        OSError: It cannot be written.
    """
    try:
        if (exists := _link(draft, path)) is None:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            draft.replace(path)
            exists = False
    except FileExistsError:
        exists = True
    if exists:  # raised here, so that it names the one file that matters
        raise FileExistsError(errno.EEXIST, "there is such a file already, and it is kept", str(path))


def _link(draft: Path, path: Path) -> bool | None:
    """Whether there is something at `path`; None if that cannot be had by a hard link."""
    if not hasattr(os, "link"):
        return None
    try:
        os.link(draft, path)
    except FileExistsError:
        return True
    except OSError as error:
        # What file systems and containers without hard links say; what else is wrong will show again.
        if error.errno in _NO_LINKS:
            return None
        raise
    return False


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every file system can, and the file itself is complete
            os.fsync(handle)
    finally:
        os.close(handle)
