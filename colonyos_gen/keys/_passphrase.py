"""Where a passphrase comes from: a file, the environment, or the person at the terminal. Never from an argument."""

from __future__ import annotations

import getpass
import logging
import os
import stat
import warnings
from collections.abc import Mapping
from pathlib import Path

from colonyos_gen.config import ConfigError
from colonyos_gen.keys._private_file import exposure

VARIABLE = "COLONIES_KEY_PASSPHRASE"
MAX_SIZE = 4096
"""Bytes that a file with a passphrase may have."""

_logger = logging.getLogger("colonyos_gen")


def passphrase_from_env(environ: Mapping[str, str] = os.environ) -> str | None:
    """What COLONIES_KEY_PASSPHRASE holds, white space included; None if it is empty or not set."""
    return environ.get(VARIABLE) or None


def read_passphrase_file(path: Path) -> str:
    """The passphrase in `path`: all of it, but for the end of the line.

    A file that others can read gets a warning to the logger `colonyos_gen`; containers mount secrets like that.

    Raises:
        ConfigError: It is empty, too long, not UTF-8, or has several lines.
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        content = stream.read(MAX_SIZE + 1)
    # A pipe, as the shell makes it of <(...), is nobody else's.
    if stat.S_ISREG(status.st_mode) and (exposed := exposure(status)):
        _logger.warning("%s, which holds a passphrase: %s; chmod 600 it", path, exposed)
    if len(content) > MAX_SIZE:
        raise ConfigError(f"{path} is longer than the {MAX_SIZE} bytes that a passphrase may have")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise ConfigError(f"{path} is not UTF-8, so it holds no passphrase")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or "\n" in text:
        raise ConfigError(f"{path} must hold a passphrase on a line of its own, and nothing else")
    return text


def ask(prompt: str) -> str:
    """Ask at the terminal, without showing the answer.

    Raises:
        ConfigError: There is no terminal, or no answer.
    """
    with warnings.catch_warnings():
        # Without a terminal it would read standard input, and show what is typed.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            answer = getpass.getpass(prompt)
        except (getpass.GetPassWarning, EOFError):
            answer = None
    if answer is None:
        raise ConfigError("there is no terminal to ask at")
    if not answer:
        raise ConfigError("nothing was entered")
    return answer


def find_passphrase(file: Path | None, prompt: str, *, twice: bool = False) -> str:
    """The passphrase in `file`, else in the environment, else from the terminal, where a new one is asked for `twice`.

    Raises:
        ConfigError: There is none to be had, or the two are not the same.
        OSError: `file` cannot be read.
    """
    if file is not None:
        return read_passphrase_file(file)
    if given := passphrase_from_env():
        return given
    try:
        answer = ask(f"{prompt}: ")
        again = ask(f"{prompt}, once more: ") if twice else answer
    except ConfigError as error:
        problem = str(error)
    else:
        if answer != again:
            raise ConfigError("the two passphrases are not the same")
        return answer
    raise ConfigError(f"a passphrase is needed, and {problem}: use --passphrase-file or {VARIABLE}")
