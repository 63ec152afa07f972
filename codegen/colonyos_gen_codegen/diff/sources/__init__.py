"""Finds the schema that an argument of the command line means: a folder, a revision, a document, what is installed."""

from colonyos_gen_codegen.diff.sources.naming import NEW, OLD, NoRelease, SourceError, side

__all__ = ["NEW", "OLD", "NoRelease", "SourceError", "side"]
