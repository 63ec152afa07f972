"""Where the schema of ColonyOS itself is."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]

IN_A_CHECKOUT = (_CHECKOUT / "schema" / "colonyos.yaml").is_file() and (_CHECKOUT / "codegen").is_dir()
"""Whether this generator lies beside the schema that it came from."""
SCHEMA = _CHECKOUT / "schema" if IN_A_CHECKOUT else _PACKAGE / "colonyos"
"""That of the checkout, or the one that came with the installed generator."""
GENERATED = _CHECKOUT / "generated" if IN_A_CHECKOUT else Path("generated")
"""Where its output goes, if nobody says otherwise."""
