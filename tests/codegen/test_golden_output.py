"""What the generator makes of a small schema that uses everything a schema can say, against files that were reviewed.

After a change to a target or its templates, rewrite the expected files and read what changed in them:

    UPDATE_EXPECTED=1 python -m pytest tests/codegen/test_golden_output.py

Python files are stored with `.txt` behind their names, which keeps tools from taking them for a part of this package.
"""

from __future__ import annotations

import difflib
import os
import shutil
from pathlib import Path

import pytest
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.output.writer import MANIFEST
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.targets import registry

from .test_random_schemas import round_trip

HERE = Path(__file__).parent
SMALL = HERE / "small"
EXPECTED = HERE / "small_expected"
GENERATED = HERE.parent.parent / "generated"
SUPPORT = (
    {
        f"python/colonyos_gen_wire/{name}.py"
        for name in ("base", "codec", "exact", "file_form", "file_reading", "go_form", "nulls", "shape")
    }
    | {
        f"go/{name}.go"
        for name in ("checking", "client", "cmd/conformance/main", "errors", "keys", "message")
    }
    | {"go/reading.go", "go/transport.go", "go/go.mod", "go/go.sum"}
    | {f"rust/src/{name}.rs" for name in ("call", "crypto", "error", "lib", "limits", "transport", "value")}
    | {"rust/src/bin/conformance/main.rs", "rust/Cargo.toml", "rust/Cargo.lock"}
)
"""Files that are the same for every schema."""


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    """Every file of every target, by path."""
    files = render(SMALL, registry(), None, HERE / "nowhere")
    del files[MANIFEST]
    return files


def is_support(path: str) -> bool:
    """Whether a file is the same for every schema."""
    return path in SUPPORT or path.startswith("typescript/src/runtime/")


def stored_as(path: str) -> Path:
    """Where the expected text of `path` is kept."""
    return EXPECTED / (f"{path}.txt" if path.endswith(".py") else path)


def test_output_is_as_reviewed(rendered: dict[str, str]) -> None:
    """Same files, same texts."""
    specific = {path: text for path, text in rendered.items() if not is_support(path)}
    if os.environ.get("UPDATE_EXPECTED"):
        shutil.rmtree(EXPECTED, ignore_errors=True)
        for path, text in specific.items():
            stored_as(path).parent.mkdir(parents=True, exist_ok=True)
            stored_as(path).write_text(text, encoding="utf-8")
    stored = {path for path in EXPECTED.rglob("*") if path.is_file()}
    assert {path.relative_to(EXPECTED) for path in stored} == {
        stored_as(path).relative_to(EXPECTED) for path in specific
    }
    changes: list[str] = []
    for path, text in specific.items():
        expected = stored_as(path).read_text(encoding="utf-8")
        changes += difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"expected {path}", f"rendered {path}", n=1, lineterm=""
        )
    assert not changes, "\n".join(changes)


def test_support_files_do_not_depend_on_the_schema(rendered: dict[str, str]) -> None:
    for path in sorted(filter(is_support, rendered)):
        checked_in = (GENERATED / path).read_text(encoding="utf-8")
        assert rendered[path] == checked_in, path


def test_every_file_says_where_it_comes_from(rendered: dict[str, str]) -> None:
    without = {path for path, text in rendered.items() if BANNER not in text}
    by_hand = {path for path in without if "copied as it is" in rendered[path]}
    assert without - by_hand == {"python/colonyos_gen_wire/py.typed", "go/go.sum", "rust/Cargo.lock"}


def test_output_is_tidy(rendered: dict[str, str]) -> None:
    """No trailing blanks, no tabs but in Go, no gaps of three lines, exactly one line end at the end."""
    for path, text in rendered.items():
        lines = text.split("\n")
        assert not [line for line in lines if line != line.rstrip()], path
        assert "\t" not in text or path.startswith("go/"), path
        assert "\n\n\n\n" not in text, path
        assert not text or (text.endswith("\n") and not text.endswith("\n\n")), path


def test_package_works(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "schema")
    assert round_trip(tmp_path, {}) == ""
