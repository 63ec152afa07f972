"""Types in Rust are built by cargo, and read and write every sample without losing anything: those of typify."""

from __future__ import annotations

from pathlib import Path

from tests.portable.running import Row, run
from tests.portable.samples import SCHEMA, Sample, given, graded, type_names

VERSION = "0.8.0"
_CRATE = """[package]
name = "reader"
version = "0.1.0"
edition = "2021"

[dependencies]
chrono = { version = "=0.4.42", features = ["serde"] }
regex = "=1.12.4"
regress = "=0.12.0"
serde = { version = "=1.0.228", features = ["derive"] }
serde_json = "=1.0.145"

[profile.dev]
debug = false

[workspace]
"""
_MAIN = """#[allow(warnings)]
mod types;

fn again<T: serde::de::DeserializeOwned + serde::Serialize>(value: serde_json::Value) -> String {
    match serde_json::from_value::<T>(value) {
        Ok(read) => serde_json::to_string(&read).unwrap(),
        Err(error) => serde_json::to_string(&error.to_string()).unwrap(),
    }
}

fn main() {
    for line in std::io::stdin().lines() {
        let mut sample: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let value = sample["value"].take();
        println!("{}", match sample["type"].as_str().unwrap() {
%s
            other => panic!("{other} is not known"),
        });
    }
}
"""


def install(folder: Path) -> None:
    """Put cargo-typify into `folder`."""
    run("cargo", "install", "-q", "--locked", "--debug", "--root", folder, f"cargo-typify@{VERSION}",
        cwd=folder, CARGO_TARGET_DIR=str(folder / "tools"), CARGO_PROFILE_DEV_DEBUG="0")  # fmt: skip


def typify(folder: Path, samples: list[Sample]) -> Row:
    """One row of the table."""
    row = Row("typify", VERSION)
    install(folder)
    crate = folder / "typify"
    (crate / "src").mkdir(parents=True, exist_ok=True)
    (crate / "schema.json").write_bytes(SCHEMA.read_bytes())
    run(folder / "bin/cargo-typify", "typify", "schema.json", "-o", "src/types.rs", cwd=crate)
    types = (crate / "src/types.rs").read_text()
    row.types = str(types.count("\npub struct ") + types.count("\npub enum "))
    names = type_names(crate / "src/types.rs", r"^pub struct (\w+)", samples)
    return graded(row, samples, read(crate, row, names, given(samples)))


def read(crate: Path, row: Row, names: dict[str, str], lines: str) -> str:
    """What the types in `crate` make of the lines: of each definition, the name that its type has there."""
    arms = "\n".join(
        f'            "{name}" => again::<types::{there}>(value),' for name, there in sorted(names.items())
    )
    output = built(crate, _MAIN % arms, lines)
    row.compiled = "cargo build"
    return output


def built(crate: Path, main: str, lines: str) -> str:
    """What a program writes that is given the lines."""
    (crate / "Cargo.toml").write_text(_CRATE)
    (crate / "src/main.rs").write_text(main)
    target = str(crate.parent / "target")  # one for all crates, which share what they depend on
    run("cargo", "build", "-q", cwd=crate, CARGO_TARGET_DIR=target)
    return run(Path(target, "debug/reader"), cwd=crate, given=lines)
