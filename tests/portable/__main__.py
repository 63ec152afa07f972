"""`python -m tests.portable FOLDER`: installs the tools into the folder, runs them, and prints one table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.portable import go, node
from tests.portable.running import Row, ToolError, need
from tests.portable.samples import samples


def main(folder: Path) -> int:
    """The exit code: 1 if anything was not right."""
    need("node", "npm", "npx", "go")
    started = time.monotonic()
    known = samples()
    for name in ("node", "go"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    node.install(folder / "node")
    rows: list[Row] = []
    tools: list[tuple[str, Callable[[], Iterable[Row]]]] = [
        ("ajv strict", lambda: [node.ajv(folder / "node", known)]),
        ("json-schema-to-typescript", lambda: [node.typescript(folder / "node", known)]),
        ("quicktype", lambda: node.quicktype(folder / "node")),
        ("OpenRPC reference parser", lambda: [node.openrpc(folder / "node")]),
        ("go-jsonschema", lambda: [go.go_jsonschema(folder / "go", known)]),
    ]
    for name, work in tools:
        try:
            rows.extend(work())
        except ToolError as error:
            rows.append(Row(name, "", failed=str(error)))
    _print(rows)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if any(row.failed for row in rows) else 0


def _print(rows: list[Row]) -> None:
    head = ("tool", "version", "types", "compiled", "replies right", "requests right")
    lines = [head, *((r.tool, r.version, r.types, r.compiled, r.replies, r.requests) for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    for row in rows:
        if row.failed:
            print(f"\n{row.tool}: {row.failed}")


sys.exit(main(Path(sys.argv[1]).resolve()))
