"""What an identity looks like."""

from __future__ import annotations

import re

from colonyos_gen_wire.constants import ID_LENGTH

_IDENTITY = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")


def is_identity(text: str) -> bool:
    """Whether some key can have the identity `text`; whoever is given another one is locked out."""
    return _IDENTITY.fullmatch(text) is not None
