"""What a schema must satisfy beyond its shape: one module for each group of rules, found by being here.

To add a rule, write a generator with `@rule` in the module it fits, or in a new one, and a failing example under
`tests/codegen/failures/<RULE_ID>/`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from colonyos_gen_codegen.rules.registry import RULES, run

__all__ = ["RULES", "run"]

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
