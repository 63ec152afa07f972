"""Files of `export NAME=VALUE` lines, by which one shell tells another how to use a server."""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path


def read_env_file(path: Path) -> dict[str, str]:
    """The variables that the file exports; none if it does not exist. Raises ValueError for anything else in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = ["?"]
        if not words:
            continue
        name, equals, value = words[-1].partition("=")
        # The line is not quoted: it may hold a key.
        if words[:-1] != ["export"] or not equals:
            raise ValueError(f"{path}, line {number}: expected export NAME=VALUE")
        variables[name] = value
    return variables


def write_env_file(path: Path, variables: dict[str, str]) -> None:
    """Write the file, readable by its owner only. What was in it stays until all of the new text is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
