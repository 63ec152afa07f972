"""Rust: the crate and a program that uses it, checked by clippy, documented and run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.languages.kit import ROOT, Row, need, server, step, vectors


def run(work: Path) -> Iterator[Row]:
    """Compile it, feed it the vectors, and let the program make its calls."""
    need("cargo")
    crate, program, built = work / "colonyos", work / "calls", work / "target"
    # What is compiled once is shared, and a warning is an error.
    strict = {"CARGO_TARGET_DIR": str(built), "RUSTDOCFLAGS": "-D warnings"}
    clippy = ["cargo", "clippy", "--all-targets", "--quiet"]
    shutil.copytree(ROOT / "generated" / "rust", crate)
    shutil.copytree(Path(__file__).parent / "programs" / "rust", program)
    # The program is built with the versions that the crate was tried with.
    shutil.copy(crate / "Cargo.lock", program / "Cargo.lock")
    yield step("cargo fetch", ["cargo", "fetch", "--locked", "--quiet"], crate)
    yield step("clippy", [*clippy, "--locked", "--", "-D", "warnings"], crate, strict)
    yield step("clippy small schema", [*clippy, "--", "-D", "warnings"], _small(work), strict)
    yield step("cargo doc", ["cargo", "doc", "--no-deps", "--locked", "--quiet"], crate, strict)
    yield step("build", ["cargo", "build", "--locked", "--quiet"], crate, strict)
    yield vectors([str(built / "debug" / "conformance")], work)
    yield step("clippy calls", [*clippy, "--", "-D", "warnings"], program, strict)
    yield step("build calls", ["cargo", "build", "--quiet"], program, strict)
    with server() as variables:
        yield step("signed calls", [str(built / "debug" / "calls")], work, variables, limit_s=120)


def _small(work: Path) -> Path:
    """What is made of the small schema, which uses everything that a schema can say."""
    out = work / "small"
    command = [sys.executable, "-m", "codegen", "generate", "--target", "rust", "--out", str(out)]
    step("generate", [*command, "--schema", "tests/codegen/small"], ROOT)
    return out / "rust"
