"""Advice about spec files: `colonyos-gen lint FILE...`, or `lint_spec` from a program."""

from colonyos_gen.spec_lint._lint import RULES, Finding, lint_spec

__all__ = ["RULES", "Finding", "lint_spec"]
