"""What can change, and what that means: one module for each subject, found by being here.

To add a rule, declare it in the module that it fits, tell it there, and lay a pair of schemas down for it in
`tests/codegen/diff/pairs/`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
