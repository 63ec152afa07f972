"""Makes the model of a schema that has no findings."""

from __future__ import annotations

from colonyos_gen_codegen.build.service import build

__all__ = ["build"]
