"""Where vectors are, and reading them."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Any

from colonyos_gen_wire.methods import METHODS

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1] / "generated" / "vectors"

VECTORS = _CHECKOUT if _CHECKOUT.is_dir() else _PACKAGE / "vectors"
"""Those of the checkout, or those that came with the package."""


class VectorsError(Exception):
    """There are no vectors where some should be; says what is there."""


def load(folder: Path, only: str = "") -> list[dict[str, Any]]:
    """The vectors in a folder, those with an id that matches `only`, in the order of files. Raises `VectorsError`.

    Args:
        folder: The folder, with files in it or in folders of it.
        only: A pattern with `*` and `?`, for all of the id or a part of it; empty for all.
    """
    known = [method.msgtype for method in METHODS.values()]
    found: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".schema.json"):
            continue
        try:
            found += json.loads(path.read_text(encoding="utf-8"))["vectors"]
        except (ValueError, KeyError, TypeError) as error:
            raise VectorsError(f"{path} holds no vectors: {type(error).__name__}: {error}") from error
    if not found:
        raise VectorsError(f"{folder}: there are no vectors in it")
    chosen = [vector for vector in found if fnmatch.fnmatchcase(vector["id"], f"*{only}*")]
    if not chosen:
        raise VectorsError(f"none of the {len(found)} vectors in {folder} has an id like {only!r}")
    strange = [vector["message"] for vector in chosen if vector.get("message", known[0]) not in known]
    if strange:
        raise VectorsError(f"{folder} has vectors of {strange[0]}, a message that this package does not know")
    return chosen
