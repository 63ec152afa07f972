"""`python -m tests.portable FOLDER`: installs the tools into the folder, runs them, and prints one table."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.portable import go, node, patterns, python, quicktype, rust
from tests.portable.running import Row, ToolError, need
from tests.portable.samples import samples

LANGUAGES = ("node", "go", "rust", "python", "csharp")


def main() -> int:
    """The exit code: 1 if anything was not right."""
    parser = argparse.ArgumentParser(prog="python -m tests.portable", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the tools go, and what they make")
    parser.add_argument(
        "--without", choices=["csharp"], action="append", default=[], help="what is not on this machine"
    )
    arguments = parser.parse_args()
    folder: Path = arguments.folder.resolve()
    need("node", "npm", "npx", "go", "cargo")
    started = time.monotonic()
    for name in LANGUAGES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    rows = [row for chain in _chains(folder, arguments.without) for row in chain]
    _print(rows)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if any(row.failed for row in rows) else 0


def _chains(folder: Path, without: list[str]) -> list[list[Row]]:
    """The rows of what runs side by side: what cargo builds takes about as long as all the rest."""
    known = samples()
    js, golang, crates = folder / "node", folder / "go", folder / "rust"

    def light() -> list[Row]:
        node.install(js)
        rows = [
            _row("ajv strict", lambda: node.ajv(js, known)),
            _row("json-schema-to-typescript", lambda: node.typescript(js, known)),
            _row("OpenRPC reference parser", lambda: node.openrpc(js)),
            _row("datamodel-code-generator", lambda: python.datamodel(folder / "python", known)),
            _row("go-jsonschema", lambda: go.go_jsonschema(golang, known)),
            _row("quicktype, TypeScript", lambda: quicktype.typescript(js, known)),
            _row("quicktype, Go", lambda: quicktype.go_(js, golang / "quicktype", known)),
            _row("patterns of errors, Node.js", lambda: patterns.node(js)),
            _row("patterns of errors, Go", lambda: patterns.go(golang / "patterns")),
        ]
        if "csharp" in without:
            return rows
        if shutil.which("mcs") is None or not quicktype.NEWTONSOFT.exists():
            missing = "not installed: apt install mono-mcs mono-runtime libnewtonsoft-json5.0-cil"
            return [*rows, Row("quicktype, C#", node.VERSIONS["quicktype"], failed=missing)]
        return [*rows, _row("quicktype, C#", lambda: quicktype.csharp(js, folder / "csharp", known))]

    def heavy() -> list[Row]:
        return [
            _row("typify", lambda: rust.typify(crates, known)),
            _row("patterns of errors, Rust", lambda: patterns.rust_(crates / "patterns")),
        ]

    with ThreadPoolExecutor(2) as pool:
        chains = [rows.result() for rows in (pool.submit(light), pool.submit(heavy))]
    last = _row("quicktype, Rust", lambda: quicktype.rust_(js, crates / "quicktype", known))
    return [*chains, [last]]


def _row(name: str, work: Callable[[], Row]) -> Row:
    try:
        return work()
    except ToolError as error:
        return Row(name, "", failed=str(error))


def _print(rows: list[Row]) -> None:
    head = (
        "tool",
        "version",
        "types",
        "compiled",
        "replies right",
        "requests right",
        "what the language holds",
    )
    cells = [(r.tool, r.version, r.types, r.compiled, r.replies, r.requests, r.note) for r in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    for line in (head, *cells):
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    for row in rows:
        if row.failed:
            print(f"\n{row.tool}: {row.failed}")


if __name__ == "__main__":
    sys.exit(main())
