"""What a worker runs as `__main__`, and how a process of its pool imports that."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from importlib.machinery import PathFinder, SourcelessFileLoader
from multiprocessing import process, spawn
from pathlib import Path
from types import CodeType
from typing import Any

from colonyos_gen.worker._pool.places import MAIN, found

_MAIN_IN_CHILD = "__mp_main__"
"""Name of the program where it is imported, as `multiprocessing` has it; its main guard is false."""
_FOLDER = "init_main_from_folder"
_NO_FILES = ("<", "/dev/", "/proc/")
"""How names of programs begin that can be read only once."""


def is_in_a_file() -> bool:
    """Whether another process can read the program, unlike that of `python -c`, standard input or a notebook."""
    main = sys.modules[MAIN]
    if getattr(main, "__spec__", None) is not None:
        return True
    return not str(getattr(main, "__file__", None) or "<").startswith(_NO_FILES)


def preparation() -> dict[str, Any]:
    """What a new process has to know of this one to import its program."""
    data = dict(spawn.get_preparation_data("colonyos_gen.worker"))
    data["authkey"] = bytes(data["authkey"])
    if not is_in_a_file():
        data.pop("init_main_from_path", None)
    elif (
        data.get("init_main_from_name") == MAIN
    ):  # of a folder, or a zip file; `multiprocessing` would import nothing
        del data["init_main_from_name"]
        spec = sys.modules[MAIN].__spec__
        origin = os.path.dirname(str(spec.origin if spec is not None else ""))
        data[_FOLDER] = os.path.join(getattr(process, "ORIGINAL_DIR", None) or "", origin)
    return data


def import_program(data: dict[str, Any]) -> None:
    """Import the program that `data` is about, in a new process. Raises what that raises."""
    name, path = data.pop("init_main_from_name", None), data.pop("init_main_from_path", None)
    folder = data.pop(_FOLDER, None)
    spawn.prepare(data)
    if name is None and path is None and folder is None:
        return
    module = types.ModuleType(_MAIN_IN_CHILD)
    code: Any
    if path is not None:
        module.__file__ = path
        code = _code_of(path)
    else:
        spec = importlib.util.find_spec(str(name)) if folder is None else PathFinder.find_spec(MAIN, [folder])
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"there is no module {name or f'{MAIN} in {folder}'}")
        module.__spec__, module.__package__, module.__file__ = spec, spec.parent, spec.origin
        code = getattr(spec.loader, "get_code")(spec.name)  # noqa: B009
    sys.modules[_MAIN_IN_CHILD] = sys.modules[MAIN] = module
    with found.importing():
        exec(code, module.__dict__)


def _code_of(path: str) -> CodeType | None:
    if path.endswith(".pyc"):
        return SourcelessFileLoader(_MAIN_IN_CHILD, path).get_code(_MAIN_IN_CHILD)
    return compile(Path(path).read_bytes(), path, "exec")
