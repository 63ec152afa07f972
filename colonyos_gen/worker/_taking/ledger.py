"""What a worker has in its hands, in a file that outlives it.

Each life of a worker has a file of its own, which is locked for as long as the life lasts. So a file that nobody has locked
is of a life that was killed, and what it lists is what that one left unfinished.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from colonyos_gen_wire import Process

from colonyos_gen._call.network.forks import without_forks

_WIDTH = 160
"""Bytes of a line. All have the same, so that each is written and struck out by one call."""
_ROUNDING_S = 0.001
"""Seconds by which the start of an attempt may differ between the reply to an assign and what is stored."""

_logger = logging.getLogger("colonyos_gen.worker")


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    processid: str
    retries: int
    started: float | None

    def is_of(self, process: Process) -> bool:
        """Whether `process` is at the attempt that was written down."""
        if (self.processid, self.retries) != (process.processid, process.retries):
            return False
        now = _seconds(process.starttime)
        return self.started is None or now is None or abs(self.started - now) <= _ROUNDING_S


@dataclass(frozen=True, slots=True)
class _Dead:
    """The file of a life that was killed, locked by this one as long as it is open."""

    path: Path
    handle: int
    entries: tuple[_Entry, ...]


class Ledger:
    """The file of this life, and those of lives that were killed. Where there can be none, nothing is known of any.

    Nothing is written through to the disk: a killed process loses nothing that it has written, and a machine that went down
    has been silent for so long that the server has taken back what ran there.

    Args:
        folder: Folder of the files of all lives with this key; None for none.
        name: Name of the worker in the log.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self.token: str = secrets.token_hex(8)
        """A word of this life's own."""
        self.is_shown: bool = False
        """Whether others may still see that word, so that a later life has to be told that this one is over."""
        self._name = name
        self._folder = folder
        self._path: Path | None = None
        self._handle: int | None = None
        self._free: list[int] = []
        self._used = 0
        self._dead: list[_Dead] = []
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._dead = list(_dead(folder))
            self._path = folder / self.token
            self._handle = _made(self._path)
        except OSError as error:
            self._give_up(error)

    @property
    def dead(self) -> list[str]:
        """The words of the lives that were killed."""
        return [each.path.name for each in self._dead]

    def look_for_dead(self) -> None:
        """Add the lives that were killed since the last look to `dead`."""
        if self._folder is not None and self._handle is not None:
            with contextlib.suppress(OSError):
                self._dead += _dead(self._folder, {self.token, *self.dead})

    @property
    def others_live(self) -> bool:
        """Whether others with this key live on this machine, or it is unknown, as there is no folder for all of them."""
        if self._folder is None or self._path is None or self._handle is None:
            return True
        known = {self._path, *(each.path for each in self._dead)}
        try:
            return any(_lives(each) for each in self._folder.iterdir() if each not in known)
        except OSError:
            return True

    def note(self, process: Process) -> int | None:
        """Write down that an attempt begins; its place in the file, None if it is not there."""
        if self._handle is None:
            return None
        line = msgspec.json.encode(_Entry(process.processid, process.retries, _seconds(process.starttime)))
        if len(line) >= _WIDTH:  # an id as no server makes it
            return None
        if not self._free:
            self._free.append(self._used)
            self._used += 1
        place = self._free.pop()
        self._write(place, line)
        return place

    def strike(self, place: int | None) -> None:
        """Strike out an attempt that has ended."""
        if place is not None and self._handle is not None:
            self._write(place, b"")
            self._free.append(place)

    def was_left(self, process: Process) -> bool:
        """Whether a life that was killed had `process` in its hands, and nobody has got it since."""
        return any(entry.is_of(process) for each in self._dead for entry in each.entries)

    def forget_dead(self) -> None:
        """All that was left has been dealt with, and no sign of those lives remains."""
        self._let_go(remove=True)

    def end(self) -> None:
        """Remove the file, unless it says something that a later life has to know."""
        self._let_go(remove=False)
        if self._handle is None:
            return
        if self._path is not None and not self.is_shown and len(self._free) == self._used:
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._close()

    def _write(self, place: int, line: bytes) -> None:
        assert self._handle is not None
        try:
            os.pwrite(self._handle, line.ljust(_WIDTH - 1) + b"\n", place * _WIDTH)
        except OSError as error:
            if self._path is not None:  # first, as one that nobody has locked is that of somebody killed
                with contextlib.suppress(OSError):
                    self._path.unlink()
            self._close()
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        _logger.info(
            "%s: what it runs is not written down (%s); if it is killed, that is left to its deadline",
            self._name,
            error,
        )

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            without_forks.handles.discard(handle)
            os.close(handle)

    def _let_go(self, *, remove: bool) -> None:
        for each in self._dead:
            if remove:
                with contextlib.suppress(OSError):
                    each.path.unlink()
            without_forks.handles.discard(each.handle)
            os.close(each.handle)
        self._dead = []


def _made(path: Path) -> int:
    """A new file, which is locked from the moment on at which others can see it. Raises OSError."""
    hidden = path.with_name(f".{path.name}")
    handle = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _lock(handle)
        hidden.rename(path)
    except BaseException:
        os.close(handle)
        with contextlib.suppress(OSError):
            hidden.unlink()
        raise
    without_forks.handles.add(handle)
    return handle


def _dead(folder: Path, known: Collection[str] = ()) -> Iterator[_Dead]:
    """Those whose files nobody has locked, but for `known` ones. They are locked now."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in known:
            continue
        try:
            handle = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            _lock(handle)
            is_there = os.fstat(handle).st_nlink > 0  # nobody has dealt with it meanwhile
            entries = tuple(_entries(os.pread(handle, os.fstat(handle).st_size, 0)))
        except OSError:  # as a rule, since it lives
            is_there, entries = False, ()
        if is_there:
            without_forks.handles.add(handle)
            yield _Dead(path, handle, entries)
        else:
            os.close(handle)


def _lives(path: Path) -> bool:
    """Whether somebody has locked a file."""
    if path.name.startswith("."):  # of one that has only begun
        return False
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _lock(handle)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _entries(content: bytes) -> Iterator[_Entry]:
    for line in content.splitlines():
        with contextlib.suppress(msgspec.DecodeError):  # as a rule, of what is struck out
            yield msgspec.json.decode(line, type=_Entry)


def _lock(handle: int) -> None:
    """Lock a file until it is closed, or this process ends in whatever way. Raises OSError."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        raise OSError("there are no locks here") from None
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
