"""A person finds a place from the names of folders alone: no folder is a long list, and no file a long read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITTEN_BY_HAND = [ROOT / name for name in ("codegen", "colonyos_gen", "examples", "schema", "tests")]
MOST_MODULES = 14
"""In a folder, besides `__init__.py`: about a dozen."""
MOST_LINES = 400

LISTS = {
    "codegen/colonyos_gen_codegen/rules": "a module for each word of the schema, named by it",
    "codegen/colonyos_gen_codegen/targets/python/templates": "a template for each file of the generated package, named by it",
    "schema/rpc": "a file for each domain of the protocol",
    "schema/types": "a file for each domain of the protocol",
}
"""Folders whose list is the table of contents, and why."""


def written() -> list[Path]:
    """Modules, templates and descriptions; not what was recorded or is expected."""
    return [
        path
        for folder in WRITTEN_BY_HAND
        for path in folder.rglob("*")
        if path.suffix in {".py", ".jinja", ".yaml"} and "failures" not in path.parts
    ]


def test_folders_are_tables_of_contents() -> None:
    """Rooms within a room are better than a list; an exception that is none any more is taken off."""
    modules: dict[str, int] = {}
    for path in written():
        if path.name != "__init__.py":
            folder = path.parent.relative_to(ROOT).as_posix()
            modules[folder] = modules.get(folder, 0) + 1
    assert len(modules) > 60
    assert {folder for folder, count in modules.items() if count > MOST_MODULES} == LISTS.keys()


def test_modules_are_short() -> None:
    """What is longer has two subjects."""
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*written(), ROOT / "noxfile.py"]
        if path.suffix == ".py"
    }
    assert len(lines) > 400
    assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}
