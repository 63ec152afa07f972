"""`export`: the schema, and the documents and vectors made from it, for people without a checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from colonyos_gen_codegen.cli.exits import EXIT_CLEAN, EXIT_USAGE, say
from colonyos_gen_codegen.rendering import service_of, texts
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry

DOCUMENTS = ("jsonschema", "openrpc", "protocol", "vectors")
"""The targets that are for other languages."""


def export(schema_root: Path, folder: Path) -> int:
    """Write it all into `folder`; returns the exit code. What is in the folder already is never overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return say(f"{folder} is there already; name an empty folder, or one that is not there", EXIT_USAGE)
    targets = registry()
    service = service_of(load(schema_root), draft=False)
    files = texts(service, {name: targets[name] for name in DOCUMENTS}, None, folder)
    shutil.copytree(schema_root, folder / "schema", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    for path in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        print(path)
    return EXIT_CLEAN
