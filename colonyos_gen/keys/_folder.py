"""Where keys are kept, and what they may be called."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from colonyos_gen.config import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def key_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in COLONIES_KEYS, else `colonyos/keys` in XDG_CONFIG_HOME or in ~/.config. It need not exist.

    Raises:
        ConfigError: COLONIES_KEYS is a relative path, or there is no home folder.
    """
    if given := environ.get("COLONIES_KEYS", "").strip():
        folder = _home() / given[2:] if given.startswith("~/") else Path(given)
        if not folder.is_absolute():
            raise ConfigError(f"COLONIES_KEYS is {given!r}; give the whole path, from the root on")
        return folder
    # A relative XDG_CONFIG_HOME counts as none, by the specification of these folders.
    configured = Path(environ.get("XDG_CONFIG_HOME", "").strip())
    base = configured if configured.is_absolute() else _home() / ".config"
    return base / "colonyos" / "keys"


def key_path(name: str, folder: Path) -> Path:
    """The file of the key `name`. What has a slash in it is the path of a file itself.

    Raises:
        ValueError: A name has characters other than letters, digits, dot, dash and underscore, or starts with a dot.
    """
    if "/" in name or os.sep in name:
        return Path(name)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be the name of a key: up to 128 letters, digits, dots, dashes and underscores, with a "
            "letter or digit first; or give the path of a file, with a slash in it"
        )
    return folder / name


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ConfigError("there is no home folder here; set COLONIES_KEYS to a folder for keys") from None
