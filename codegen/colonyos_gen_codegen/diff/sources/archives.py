"""The schema inside a wheel."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from colonyos_gen_codegen.diff.problem import SourceError

_INSIDE = "colonyos_gen_codegen/colonyos/"
"""Where a wheel of this project has its schema."""


@contextmanager
def unpacked(path: Path, which: str, argument: str) -> Generator[Path]:
    """A folder with the schema of a wheel, for a while.

    Raises:
        SourceError: It is no wheel, or one without a schema.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.startswith(_INSIDE)]
                if _INSIDE + "colonyos.yaml" not in names:
                    remedy = "name one of a release that has it, or a git revision"
                    raise SourceError(which, argument, "the wheel came without its schema", remedy)
                archive.extractall(folder, names)
        except (zipfile.BadZipFile, OSError) as error:
            raise SourceError(
                which, argument, f"not readable as a wheel ({error})", "name another"
            ) from error
        yield Path(folder, _INSIDE)
