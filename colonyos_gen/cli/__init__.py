"""The command line, `colonyos-gen`."""

from colonyos_gen.cli.main import main

__all__ = ["main"]
