"""Two schemas compared: every change of the protocol, whom it breaks, and what to do about it."""

from colonyos_gen_codegen.diff.comparing import Report, compare
from colonyos_gen_codegen.diff.registry import RULES

__all__ = ["RULES", "Report", "compare"]
