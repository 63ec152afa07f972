"""Makes the model of a schema that has no findings."""

from __future__ import annotations

from codegen.build.service import build

__all__ = ["build"]
