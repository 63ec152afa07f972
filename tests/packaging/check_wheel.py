"""Looks into a wheel: `python tests/packaging/check_wheel.py FILE`. It holds three import names, typed, and nothing else."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

GENERATOR = "colonyos_gen_codegen/"
"""Which reads templates, and a schema."""
DATA = (f"{GENERATOR}colonyos/colonyos.yaml", "colonyos_gen/conformance/vectors/rpc/process.json")
EXPECTED = {"colonyos_gen", "colonyos_gen_codegen", "colonyos_gen_wire"}


def main(wheel: Path) -> int:
    """Check, and say what is wrong."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    found = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    problems = [f"unexpected top-level name {name}" for name in sorted(found - EXPECTED)]
    problems += [f"{name} is missing" for name in sorted(EXPECTED - found)]
    problems += [
        f"{name}/py.typed is missing" for name in sorted(EXPECTED) if f"{name}/py.typed" not in names
    ]
    problems += [
        f"{name} does not belong into a wheel"
        for name in names
        if name.endswith(".pyc") or (name.endswith((".yaml", ".jinja")) and not name.startswith(GENERATOR))
    ]
    problems += [f"{name} is missing" for name in DATA if name not in names]
    for problem in problems:
        print(f"{wheel.name}: {problem}", file=sys.stderr)
    if not problems:
        print(f"{wheel.name}: {len(names)} files, import names {', '.join(sorted(found))}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
