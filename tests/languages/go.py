"""Go: the package and a program that uses it, formatted, vetted and run with the race detector."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.languages.kit import ROOT, Failed, Row, need, server, step, vectors

_QUIET = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}


def run(work: Path) -> Iterator[Row]:
    """Compile it, feed it the vectors, and let the program make its calls."""
    need("go", "gofmt")
    package, program = work / "colonyos", work / "calls"
    shutil.copytree(ROOT / "generated" / "go", package)
    shutil.copytree(Path(__file__).parent / "programs" / "go", program)
    shutil.copy(package / "go.sum", program / "go.sum")
    for folder in (package, program):
        formatted = step(f"gofmt {folder.name}", ["gofmt", "-l", "-s", "."], folder)
        if formatted.said:
            raise Failed(f"gofmt would change files, the last of them {folder.name}/{formatted.said}")
        yield formatted
    yield step("download", ["go", "mod", "download"], package, _QUIET)
    yield step("go vet", ["go", "vet", "./..."], package, _QUIET)
    yield step(
        "build", ["go", "build", "-o", str(work / "conformance"), "./cmd/conformance"], package, _QUIET
    )
    yield vectors([str(work / "conformance")], work)
    yield _small(work)
    yield step("go vet calls", ["go", "vet", "./..."], program, _QUIET)
    # The race detector needs a C compiler.
    race = ["-race"] if shutil.which("gcc") or shutil.which("clang") else []
    yield step("build calls", ["go", "build", *race, "-o", str(work / "program"), "."], program, _QUIET)
    with server() as variables:
        yield step("signed calls", [str(work / "program")], work, variables, limit_s=120)


def _small(work: Path) -> Row:
    """What is made of the small schema, which uses everything that a schema can say."""
    out = work / "small"
    command = [sys.executable, "-m", "codegen", "generate", "--target", "go", "--out", str(out)]
    step("generate", [*command, "--schema", "tests/codegen/small"], ROOT)
    if step("gofmt", ["gofmt", "-l", "-s", "."], out / "go").said:
        raise Failed("gofmt would change what is made of the small schema")
    return step("go vet small schema", ["go", "vet", "./..."], out / "go", _QUIET)
