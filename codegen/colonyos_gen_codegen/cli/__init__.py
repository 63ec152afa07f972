"""The command line of the generator: `colonyos-gen schema`, and `python -m codegen` in a checkout."""

from colonyos_gen_codegen.cli.main import main

__all__ = ["main"]
