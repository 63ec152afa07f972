"""What an argument can be, and what it is."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from colonyos_gen_codegen.diff.nodes import Side
from colonyos_gen_codegen.diff.problem import NoRelease, SourceError
from colonyos_gen_codegen.diff.reading import read_document, read_schema
from colonyos_gen_codegen.diff.sources import archives, releases, revisions
from colonyos_gen_codegen.schema.findings import Finding
from colonyos_gen_codegen.schema.folder import SCHEMA
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.schema.shape import check_shape

__all__ = ["NEW", "OLD", "NoRelease", "SourceError", "side"]

OLD, NEW = "OLD", "NEW"
MANIFEST = "colonyos.yaml"
INSTALLED = "installed"
RELEASE = "last-release"
DOCUMENT = "colonyos.schema.json"
DISTRIBUTION = "colonyos-gen"
_IN_PACKAGE = "colonyos_gen_codegen/colonyos"
REMEDY = (
    "name a folder with a schema, a git revision, colonyos.schema.json or openrpc.json, a wheel, 'installed' or "
    "'last-release'"
)


def side(argument: str, which: str, near: Sequence[Path], new: str) -> Side:
    """The schema that `argument` means; `which` is OLD or NEW, `near` are places in the repository to ask,
    and `new` is what NEW says.

    Raises:
        SourceError: It means none, or one that cannot be read; the text names the argument, its value and the remedy.
    """
    path = Path(argument)
    if argument == INSTALLED:
        found = _of_folder(_installed(), which, argument)
        found.version = _release(_installed_version())
        return found
    if path.is_dir():
        return _in_folder(path, which, argument)
    if path.is_file() and not revisions.is_one(argument, near):  # a bare repository has a file HEAD
        return _in_file(path, which, argument)
    revision = releases.last_release(which, argument, new, near) if argument == RELEASE else argument
    return _at_revision(revision, which, argument, near)


def _in_folder(path: Path, which: str, argument: str) -> Side:
    for folder in (path, path / "schema"):  # the second of a checkout, or of what `export` wrote
        if (folder / MANIFEST).is_file():
            return _of_folder(folder, which, argument)
    if (path / DOCUMENT).is_file():
        return _in_file(path / DOCUMENT, which, argument)
    raise SourceError(which, argument, f"the folder holds no schema ({MANIFEST} is missing)", REMEDY)


def _in_file(path: Path, which: str, argument: str) -> Side:
    if path.suffix in {".whl", ".zip"}:
        with archives.unpacked(path, which, argument) as folder:
            found = _of_folder(folder, which, argument, prefix="", revision=path.name)
            found.version = _release(path.name.partition("-")[2].partition("-")[0])
            return found
    if path.suffix != ".json":
        raise SourceError(which, argument, "the file is neither a document nor a wheel", REMEDY)
    return read_document(path, which, argument)


def _at_revision(revision: str, which: str, argument: str, near: Sequence[Path]) -> Side:
    with revisions.checked_out(revision, which, argument, near) as (folder, prefix, version):
        found = _of_folder(folder, which, argument, prefix=prefix, revision=revision.partition(":")[0])
        found.version = version
        return found


def _of_folder(
    folder: Path, which: str, argument: str, *, prefix: str | None = None, revision: str = ""
) -> Side:
    schema = load(folder)
    findings = [*schema.findings, *check_shape(schema)]
    if which == OLD:  # it cannot be mended any more, so it is read as far as it can be
        findings = [finding for finding in findings if finding.rule == "FILE_READS"]
    _require_readable(findings, which, argument)
    shown = os.path.relpath(folder) if folder.resolve().is_relative_to(Path.cwd()) else str(folder)
    prefix = f"{Path(shown).as_posix()}/" if prefix is None else prefix
    try:
        return read_schema(schema, argument, prefix=prefix, revision=revision)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        _require_readable(check_shape(schema), which, argument)
        raise


def _require_readable(findings: Sequence[Finding], which: str, argument: str) -> None:
    fatal = [finding for finding in findings if finding.rule in {"FILE_READS", "META_SCHEMA"}]
    if fatal:
        more = f" (and {len(fatal) - 1} findings more)" if len(fatal) > 1 else ""
        raise SourceError(
            which, argument, f"the schema there is not readable: {fatal[0]}{more}", "see `lint`"
        )


def _installed_version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def _release(text: str) -> str | None:
    """A version, if it is a release."""
    return text if re.fullmatch(r"\d+\.\d+\.\d+", text) else None


def _installed() -> Path:
    """The schema that came with the installed package; in a checkout that is installed as such, its own."""
    places = (Path(entry, _IN_PACKAGE) for entry in sys.path)
    return next((place for place in places if (place / MANIFEST).is_file()), SCHEMA)
