"""Reads the sources of a server that is written in Go."""

from colonyos_gen_codegen.drift.golang.reading import read

__all__ = ["read"]
