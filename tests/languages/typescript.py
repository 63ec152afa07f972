"""TypeScript: the package compiled and linted, the vectors, and a program against the embedded server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.codegen.targets.test_typescript_target import SMALL, make_awkward, rendered
from tests.languages.kit import ROOT, Row, need, server, step, vectors

_PROGRAM = Path(__file__).parent / "programs" / "typescript"
_INSTALL = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
_TSC = ["npx", "tsc", "--project"]


def run(work: Path) -> Iterator[Row]:
    """Every step, in `work`."""
    need("node", "npm", "npx")
    shutil.copytree(_PROGRAM, work, dirs_exist_ok=True)
    shutil.copytree(ROOT / "generated" / "typescript", work / "package")
    yield step("npm install", _INSTALL, work)
    yield step("tsc --strict, package", [*_TSC, "package"], work)
    yield step("tsc --strict, awkward", [*_TSC, _awkward(work)], work)
    yield step("tsc --strict, program", [*_TSC, "."], work)
    yield step("eslint", ["npx", "eslint", "--max-warnings", "0", "package/src", "program.ts"], work)
    yield vectors(["node", str(work / "package" / "dist" / "runtime" / "conformance.js")], work)
    with server() as variables:
        yield step("program", ["node", "dist/program.js"], work, variables)


def _awkward(work: Path) -> str:
    """The package of another schema, whose names and texts are in the way of the language."""
    shutil.copytree(SMALL, work / "schema")
    make_awkward(work / "schema")
    for path, text in rendered(work / "schema").items():
        file = work / "awkward" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return "awkward/typescript"
