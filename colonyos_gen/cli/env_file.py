"""Files of `export NAME=VALUE` lines, by which one shell tells another how to use a server.

The first line says who has made the file. A server holds a lock on its file as long as it runs, and loses it however it ends,
so that a file that was left over is known. Shells, which know no locks, find a line that looks for the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shlex
import stat
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from colonyos_gen._secrets import Hidden
from colonyos_gen.config import ConfigError
from colonyos_gen.keys._private_file import place

_MADE = "# Made by `colonyos-gen serve`"
_BY = re.compile(rf"{re.escape(_MADE)} \(process (\d+)\), which removes it when it ends\.")
_FOR = re.compile(rf"{re.escape(_MADE)}, and kept for (\".*\")")
_GUARD = "kill -0 "


@dataclass(frozen=True, slots=True)
class Found:
    """What is at the path of a file."""

    ours: bool
    """Whether a server has made it, and nothing else."""
    live: bool = False
    """Whether that runs."""
    process: int = 0
    """Its process, if the file is to go with it."""
    kept_for: Path | None = None
    """The database that it is kept for otherwise."""


def read_env_file(path: Path) -> Hidden:
    """The variables that the file exports; none if it does not exist.

    Raises:
        ConfigError: The server that made it has ended.
        ValueError: There is something else in it.
    """
    found = look_at(path)
    if found is not None and found.process and not found.live:
        raise ConfigError(
            f"{path} is left over from a server that has ended (process {found.process}); start it again, or remove the file"
        )
    variables = dict[str, str]()
    problem = 0
    for number, line in enumerate("" if found is None else path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(_GUARD):
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = ["?"]
        if not words:
            continue
        name, equals, value = words[-1].partition("=")
        if words[:-1] != ["export"] or not equals:
            problem = number
            break
        variables[name] = value
    read = Hidden(variables)
    variables, line, words, name, value = (
        {},
        "",
        [],
        "",
        "",
    )  # for those who print the variables of a traceback
    if problem:
        # The line is not quoted: it may hold a key.
        raise ValueError(f"{path}, line {problem}: expected export NAME=VALUE")
    return read


def look_at(path: Path) -> Found | None:
    """What is there; None if nothing is. Raises OSError if it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return Found(ours=False) if path.is_symlink() else None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Found(ours=False)
        first, _, _ = os.read(handle, 8192).decode("utf-8", "replace").partition("\n")
        if by := _BY.fullmatch(first):
            process = int(by[1])
            return Found(ours=True, live=_is_live(handle, process), process=process)
        if kept := _FOR.fullmatch(first):
            with contextlib.suppress(ValueError):
                return Found(ours=True, live=_is_live(handle, 0), kept_for=Path(json.loads(kept[1])))
        return Found(ours=False)
    finally:
        os.close(handle)


def require_ours(path: Path, found: Found | None, kept_for: Path | None) -> None:
    """Nothing is overwritten but what a server has left over, or has kept for the same database.

    Raises:
        ConfigError: There is something else.
    """
    if found is None:
        return
    if not found.ours:
        problem = "exists, and was not made by `colonyos-gen serve`"
    elif found.kept_for is not None and found.kept_for != kept_for and os.path.lexists(found.kept_for):
        problem = f"has the keys of another server, that of {found.kept_for}"
    elif found.live:
        which = f"process {found.process}" if found.process else f"that of {found.kept_for}"
        problem = f"belongs to a server that runs ({which})"
    else:
        return
    raise ConfigError(f"{path} {problem}; it is left as it is. Name another file with --env-file")


@contextlib.contextmanager
def written(path: Path, variables: Mapping[str, str], kept_for: Path | None = None) -> Generator[None]:
    """The file, readable by its owner only, for as long as the block lasts, or longer if it is `kept_for` a database.

    Nobody ever sees a part of it. At the end it is removed, unless it is not what was written any more.

    Raises:
        ConfigError: There is a file already that is not ours to overwrite.
        OSError: It cannot be written.
    """
    variables = Hidden(variables)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_ours(path, look_at(path), kept_for)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(handle, _text(variables, kept_for))
            os.fsync(handle)
            _lock(handle)
            status = os.fstat(handle)
            _put(draft, path, kept_for)
        finally:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
        try:
            yield
        finally:
            if kept_for is None:
                _remove(path, status)
    finally:
        os.close(handle)


def _text(variables: Mapping[str, str], kept_for: Path | None) -> bytes:
    process = os.getpid()
    if kept_for is None:
        head = (
            f"{_MADE} (process {process}), which removes it when it ends.\n"
            f"{_GUARD}{process} 2>/dev/null || {{ "
            "echo 'colonyos-gen: the server of this file has ended; start it again' >&2; return 1; }\n"
        )
    else:
        head = f"{_MADE}, and kept for {json.dumps(str(kept_for))}\n"
    return "".join(
        [head, *(f"export {name}={shlex.quote(variables[name])}\n" for name in variables)]
    ).encode()


def _put(draft: Path, path: Path, kept_for: Path | None) -> None:
    """Put the file in its place. Of several servers that are after the same place one gets it."""
    try:
        place(draft, path)
    except FileExistsError:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    else:
        return
    try:
        require_ours(path, look_at(path), kept_for)
        with contextlib.suppress(FileNotFoundError):
            if _lock(handle) and os.path.samestat(os.fstat(handle), path.stat()):
                draft.replace(path)
                return
    finally:
        os.close(handle)
    raise ConfigError(f"{path} belongs to a server that starts just now. Name another file with --env-file")


def _remove(path: Path, status: os.stat_result) -> None:
    """Remove the file, if it is the one that was written, and nobody has written into it since."""
    try:
        now = path.lstat()
        if os.path.samestat(now, status) and (now.st_size, now.st_mtime_ns) == (
            status.st_size,
            status.st_mtime_ns,
        ):
            path.unlink()
            return
    except FileNotFoundError:
        return
    print(f"{path} is not removed: it is not what was written any more.", file=sys.stderr, flush=True)


def _lock(handle: int) -> bool:
    """Take the lock of a file until it is closed; true as well where there are no locks."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # file systems without locks
        return True
    return True


def _is_live(handle: int, process: int) -> bool:
    """Whether somebody has the lock; where there are no locks, whether there is the process."""
    try:
        import fcntl
    except ImportError:
        return process != 0
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return process != 0 and _runs(process)
    return False


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
